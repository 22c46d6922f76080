/*
 * One line of log at a time, to syslog or to stderr. Only main/ and cli/ log.
 */
#ifndef GOTUNE_BASE_LOG_H
#define GOTUNE_BASE_LOG_H

#include "gotune/base/defs.h"

enum gt_log_to {
	GT_LOG_AUTO,   /* stderr when it is a terminal, else syslog (facility daemon) */
	GT_LOG_STDERR, /* always stderr */
	GT_LOG_SYSLOG,
	GT_LOG_NONE,
};
enum gt_log_level { GT_LOG_ERROR, GT_LOG_WARNING, GT_LOG_INFO, GT_LOG_DEBUG };

/* PROGRAM prefixes each line and must outlive the program. Lines above LEVEL are dropped. */
void gt_log_init(const char *program, enum gt_log_to to, enum gt_log_level level);

/* Do lines go to stderr? */
bool gt_log_is_on_stderr(void);

/* Stderr is given up: lines that went there go to syslog from now on. */
void gt_log_leave_stderr(void);

/* A log line is one line that reads as it stands, whatever an image put into it: gt_utf8_plain. */
void gt_log(enum gt_log_level level, const char *fmt, ...) GT_PRINTF(2, 3);

#endif
