/*
 * One line of log at a time. Effectful: writes to stderr or to the system's log; no privilege.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "gotune/base.h"

#define LINE_CAP     2048
#define SEND_WAIT_US 200000

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
}

bool gt_log_is_on_stderr(void)
{
	return log_state.to == GT_LOG_STDERR;
}

void gt_log_leave_stderr(void)
{
	if (log_state.to == GT_LOG_STDERR)
		log_state.to = GT_LOG_SYSLOG;
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

/*
 * Not syslog(3): it waits for ever for a log daemon that has stopped reading, and a container's
 * start with it. The form is the same as glibc's, RFC 3164. What cannot be sent in time is lost.
 */
static void to_syslog(int priority, const char *text)
{
	const struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	const struct timeval wait = {.tv_usec = SEND_WAIT_US};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char line[LINE_CAP + 128], when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return;
	if (localtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm); /* fits */
	n = snprintf(line, sizeof(line), "<%d>%s %s[%d]: %s", LOG_DAEMON | priority, when,
		     log_state.program, (int)getpid(), text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		n = (int)sizeof(line) - 1;
	(void)!send(fd, line, (size_t)n, MSG_NOSIGNAL); /* nowhere left to report it */
}

/* Cut at the end: it is for reading. */
static void GT_PRINTF(2, 0) format(char text[LINE_CAP], const char *fmt, va_list ap)
{
	(void)vsnprintf(text, LINE_CAP, fmt, ap);
	gt_utf8_plain(text);
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
		to_syslog(levels[level].priority, text);
	else
		to_stderr(levels[level].word, text);
}
