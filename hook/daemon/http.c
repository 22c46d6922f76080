/*
 * HTTP by libmicrohttpd, in the daemon's own loop: no thread. Effectful: listens, answers.
 *
 * Theory of operation. Whoever reaches the address is hostile: connections, their memory and the
 * time that they may take are bounded, and three pages are all that can be asked for. The
 * library waits by an epoll of its own, which the daemon's loop watches as one descriptor; a
 * connection that says nothing is ended by the part's tick.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "gotune/metrics.h"
#include "http.h"

#define CONNECTIONS 16
#define TIMEOUT_S   5u
#define CONN_MEMORY ((size_t)8192)
#define BACKLOG	    16
#define PAGE	    "/metrics"
#define ADDRESS_CAP GT_LISTEN_CAP

struct gt_http {
	struct gt_daemon *daemon;
	struct MHD_Daemon *mhd;
	struct gt_watch watch;
	gt_http_page_fn *page;
};

/* ---- the address ---- */

/* "HOST:PORT" or "[HOST]:PORT" apart. */
static bool split_address(const char *text, char host[ADDRESS_CAP], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;
	size_t len;

	if (!colon || gt_parse_u64(colon + 1, &port) < 0 || port > UINT16_MAX)
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	*ret_port = (uint16_t)port;
	return gt_copy(host, ADDRESS_CAP, text, len);
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >>
			       24 ==
		       127;
	return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static int parse_address(const char *text, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in *v4 = (void *)ret;
	struct sockaddr_in6 *v6 = (void *)ret;
	char host[ADDRESS_CAP];
	uint16_t port;

	*ret = (struct sockaddr_storage){0};
	if (!split_address(text, host, &port))
		return -EINVAL;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*ret_len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*ret_len = sizeof(*v6);
	return 0;
}

static int take_address(const char *address, bool anywhere, struct sockaddr_storage *ret,
			socklen_t *ret_len, struct gt_err *e)
{
	if (parse_address(address, ret, ret_len) < 0)
		return gt_err_set(
			e, -EINVAL,
			"cannot listen at %.64s: give ADDRESS:PORT in digits, as 127.0.0.1:9469",
			address);
	if (!anywhere && !is_loopback(ret))
		return gt_err_set(
			e, -EINVAL,
			"%.64s can be reached from other machines: listen at 127.0.0.1 or "
			"[::1], or add --listen-anywhere",
			address);
	return 0;
}

int gt_daemon_check_address(const char *address, bool anywhere, struct gt_err *e)
{
	struct sockaddr_storage a;
	socklen_t len = 0;

	return take_address(address, anywhere, &a, &len, e);
}

/* A socket that listens at ADDRESS, or -errno. */
static int listen_at(const char *address, bool anywhere, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_storage a;
	socklen_t len = 0;
	int on = 1, r = take_address(address, anywhere, &a, &len, e);

	if (r < 0)
		return r;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A restart takes the address of the one before. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&a, len) < 0 || listen(fd, BACKLOG) < 0)
		return gt_err_sys(e, -errno, "cannot listen at %.64s", address);
	return gt_take_fd(&fd);
}

/* ---- answers ---- */

/* BODY is freed by the library, if it takes it. */
static struct MHD_Response *response_of(char *body, size_t len, enum MHD_ResponseMemoryMode mode,
					const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, body, mode);

	if (r && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) != MHD_YES) {
		MHD_destroy_response(r);
		return NULL;
	}
	if (!r && mode == MHD_RESPMEM_MUST_FREE)
		free(body);
	return r;
}

static enum MHD_Result send_response(struct MHD_Connection *c, unsigned status,
				     struct MHD_Response *r)
{
	enum MHD_Result sent;

	if (!r)
		return MHD_NO; /* the connection is closed */
	sent = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return sent;
}

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	/* The library does not write through it. */
	char *body = (char *)(uintptr_t)text;

	return send_response(c, status,
			     response_of(body, strlen(text), MHD_RESPMEM_PERSISTENT,
					 "text/plain; charset=utf-8"));
}

static enum MHD_Result send_page(struct gt_http *h, struct MHD_Connection *c)
{
	const char *accept =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	bool openmetrics = accept && strstr(accept, "application/openmetrics-text");
	struct gt_buf out = {0};

	if (!h->page(h->daemon, openmetrics, &out) || out.error || !out.p) {
		gt_buf_done(&out);
		return send_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "no metrics now\n");
	}
	return send_response(
		c, MHD_HTTP_OK,
		response_of(out.p, out.len, MHD_RESPMEM_MUST_FREE,
			    openmetrics ? GT_METRICS_OPENMETRICS_TYPE : GT_METRICS_TEXT_TYPE));
}

/* For kubelet's probes: 200 or 503. */
static enum MHD_Result send_probe(struct MHD_Connection *c, bool is_well)
{
	return send_text(c, is_well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
			 is_well ? "ok\n" : "no\n");
}

static enum MHD_Result send_what(struct gt_http *h, struct MHD_Connection *c, const char *url)
{
	const struct gt_health *health = h->daemon->health;
	bool is_alive = gt_health_is_alive(health, gt_now_ms());

	if (strcmp(url, PAGE) == 0)
		return send_page(h, c);
	if (strcmp(url, "/healthz") == 0)
		return send_probe(c, is_alive);
	if (strcmp(url, "/readyz") == 0)
		return send_probe(c, is_alive && health->is_ready);
	return send_text(c, strcmp(url, "/") == 0 ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND,
			 "gotune: metrics are at " PAGE "\n");
}

/* Called when the headers are there, and again when the (unwanted) body is. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	static int seen;

	(void)version;
	(void)upload;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return send_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET alone\n");
	if (!*state) { /* nothing is answered before all is read */
		*state = &seen;
		return MHD_YES;
	}
	if (*upload_len > 0)
		return MHD_NO;
	return send_what(ctx, c, url);
}

/* ---- the loop ---- */

static void on_ready(struct gt_daemon *d, struct gt_watch *w, uint32_t events)
{
	struct gt_http *h = gt_watch_of(w, struct gt_http, watch);

	(void)d;
	(void)events;
	(void)MHD_run(h->mhd);
}

void gt_http_tick(struct gt_http *h)
{
	(void)MHD_run(h->mhd);
}

static struct MHD_Daemon *start(struct gt_http *h, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONN_MEMORY, MHD_OPTION_END);
}

static int watch(struct gt_http *h)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? gt_watch_add(h->daemon, &h->watch, info->epoll_fd, EPOLLIN, on_ready)
		    : -ENOSYS;
}

int gt_http_open(struct gt_daemon *d, const char *address, bool anywhere, gt_http_page_fn *page,
		 struct gt_http **ret, struct gt_err *e)
{
	_cleanup_close_ int fd = listen_at(address, anywhere, e);
	_cleanup_free_ struct gt_http *h = calloc(1, sizeof(*h));
	int r;

	if (fd < 0)
		return fd;
	if (!h)
		return gt_err_set(e, -ENOMEM, "out of memory");
	*h = (struct gt_http){.daemon = d, .watch.fd = -1, .page = page};
	h->mhd = start(h, fd);
	if (!h->mhd)
		return gt_err_set(e, -EIO, "libmicrohttpd does not start");
	(void)gt_take_fd(&fd); /* it is the library's now */
	r = watch(h);
	if (r < 0) {
		MHD_stop_daemon(h->mhd);
		return gt_err_sys(e, r, "cannot wait for libmicrohttpd");
	}
	*ret = GT_TAKE_PTR(h);
	return 0;
}

void gt_http_close(struct gt_daemon *d, struct gt_http *h)
{
	if (!h)
		return;
	gt_watch_drop(d, &h->watch);
	MHD_stop_daemon(h->mhd);
	free(h);
}
