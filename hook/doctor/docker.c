/*
 * What the running dockerd has loaded, asked over its socket. Effectful: connects to the socket of
 * a daemon that is root's, and reads; changes nothing there.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "gotune/base.h"
#include "tools.h"

#define ANSWER_MAX (4u << 20)

/* Docker's api/types/system/info.go; names are matched as they are written there. */
static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_docker_info *i = ctx;

	if (ev->depth == 0 && ev->type != GT_JSON_MAP_START && ev->type != GT_JSON_MAP_END)
		return gt_err_set(e, -EINVAL, "no object");
	if (gt_json_at(ev, "Runtimes/gotune"))
		i->has_runtime = true;
	if (ev->type != GT_JSON_STRING)
		return 0;
	/* What does not fit is cut: for reading, but for the path, which then is no file. */
	if (gt_json_at(ev, "Runtimes/gotune/path"))
		(void)gt_copy(i->runtime_path, sizeof(i->runtime_path), ev->text, ev->len);
	else if (gt_json_at(ev, "DefaultRuntime"))
		(void)gt_copy(i->default_runtime, sizeof(i->default_runtime), ev->text, ev->len);
	else if (gt_json_at(ev, "ServerVersion"))
		(void)gt_copy(i->version, sizeof(i->version), ev->text, ev->len);
	return 0;
}

int gt_docker_info_parse(const char *doc, size_t len, struct gt_docker_info *ret, struct gt_err *e)
{
	struct gt_docker_info i = {0};
	int r = gt_json_walk(doc, len, 0, take, &i, NULL, e);

	if (r < 0)
		return r;
	*ret = i;
	return 0;
}

static int connect_to(const char *path, unsigned timeout_ms, struct gt_err *e)
{
	const struct timeval t = {.tv_sec = timeout_ms / 1000,
				  .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (!gt_copy_str(a.sun_path, sizeof(a.sun_path), path))
		return gt_err_set(e, -ENAMETOOLONG, "%s: too long", path);
	/* The time to send also bounds connect(2), which waits while the backlog is full. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) < 0 ||
	    connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return gt_err_sys(e, -errno, "cannot connect to %s", path);
	if (peer.uid != 0)
		return gt_err_set(e, -EPERM, "%s is not root's", path);
	return gt_take_fd(&fd);
}

int gt_docker_ask(const char *path, unsigned timeout_ms, struct gt_docker_info *ret,
		  struct gt_err *e)
{
	static const char request[] = "GET /info HTTP/1.0\r\nHost: docker\r\n\r\n";
	_cleanup_close_ int fd = connect_to(path, timeout_ms, e);
	_cleanup_free_ char *text = NULL;
	const char *body = NULL;
	size_t len = 0, body_len = 0;
	int r;

	if (fd < 0)
		return fd;
	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(request) - 1)
		return gt_err_set(e, -EIO, "%s takes no request", path);
	r = gt_read_all(fd, ANSWER_MAX, timeout_ms, &text, &len);
	if (r < 0)
		return gt_err_sys(e, r, "no answer from %s", path);
	r = gt_http_body(text, len, &body, &body_len);
	if (r < 0)
		return gt_err_set(e, r, "no valid answer from %s", path);
	r = gt_docker_info_parse(body, body_len, ret, e);
	return r < 0 ? gt_err_wrap(e, "the answer from %s", path) : 0;
}
