/*
 * One line of log at a time. Effectful: writes to stderr or to the system's log; no privilege.
 */
#include "gotune/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "gotune/file.h"
#include "gotune/str.h"

#define LINE_CAP 2048

/* The one mutable global of the library (see style: "no mutable globals but the log level"). */
static struct {
	const char *program;
	enum gt_log_to to;
	enum gt_log_level level;
} log_state = {"gotune", GT_LOG_STDERR, GT_LOG_INFO};

static const struct {
	int priority;
	const char *word; /* on stderr; an information needs none */
} levels[] = {
	[GT_LOG_ERROR] = {LOG_ERR, "error: "},
	[GT_LOG_WARNING] = {LOG_WARNING, "warning: "},
	[GT_LOG_INFO] = {LOG_INFO, ""},
	[GT_LOG_DEBUG] = {LOG_DEBUG, ""},
};

void gt_log_init(const char *program, enum gt_log_to to, enum gt_log_level level)
{
	if (to == GT_LOG_AUTO)
		to = isatty(STDERR_FILENO) ? GT_LOG_STDERR : GT_LOG_SYSLOG;
	log_state.program = program;
	log_state.to = to;
	log_state.level = level;
	if (to == GT_LOG_SYSLOG)
		openlog(program, LOG_PID, LOG_DAEMON);
}

static void make_plain(char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	}
}

/* One write(2) a line, so that lines of several processes do not mix. */
static void to_stderr(const char *word, const char *text)
{
	char line[LINE_CAP + 128];
	int n = snprintf(line, sizeof(line), "%s: %s%s\n", log_state.program, word, text);

	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	(void)!gt_write_all(STDERR_FILENO, line, (size_t)n); /* nowhere left to report it */
}

/* Cut at the end: it is for reading. */
static void GT_PRINTF(2, 0) format(char text[LINE_CAP], const char *fmt, va_list ap)
{
	(void)vsnprintf(text, LINE_CAP, fmt, ap);
	make_plain(text);
}

void gt_log(enum gt_log_level level, const char *fmt, ...)
{
	char text[LINE_CAP];
	va_list ap;

	if (log_state.to == GT_LOG_NONE || level > log_state.level)
		return;
	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	if (log_state.to == GT_LOG_SYSLOG)
		syslog(levels[level].priority, "%s", text);
	else
		to_stderr(levels[level].word, text);
}
