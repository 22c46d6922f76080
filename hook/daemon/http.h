/*
 * Answers GET over HTTP: one page, made anew for who asks.
 */
#ifndef GOTUNE_DAEMON_HTTP_H
#define GOTUNE_DAEMON_HTTP_H

#include "part.h"

/* Appends the page. OPENMETRICS: who asks reads that. False: there is none now. */
typedef bool gt_http_page_fn(struct gt_daemon *d, bool openmetrics, struct gt_buf *out);

struct gt_http;

/*
 * Listens at ADDRESS ("127.0.0.1:9469", "[::1]:9469"), and answers in D's loop. ANYWHERE: also at
 * an address that others than this machine reach. -EINVAL: no such address, or not one of this
 * machine's; -EADDRINUSE, ...; the message says what to do. Needs socket(2): before the phase is
 * entered.
 */
GT_MUST_CHECK int gt_http_open(struct gt_daemon *d, const char *address, bool anywhere,
			       gt_http_page_fn *page, struct gt_http **ret, struct gt_err *e);

/* What libmicrohttpd has to do because time has passed: that often, at least. */
#define GT_HTTP_TICK_MS 2500
void gt_http_tick(struct gt_http *h);

void gt_http_close(struct gt_daemon *d, struct gt_http *h); /* H may be NULL */

#endif
