/*
 * As much of HTTP/1.x (RFC 9112) as an answer to a request of HTTP/1.0 needs. Pure.
 */
#include <string.h>
#include <strings.h>

#include "gotune/base.h"
#include "tools.h"

/* The end of the line at P (its '\r' or '\n'), or NULL; *ret_next is the next line. */
static const char *line_end(const char *p, const char *end, const char **ret_next)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	if (!nl)
		return NULL;
	*ret_next = nl + 1;
	return nl > p && nl[-1] == '\r' ? nl - 1 : nl;
}

/* "HTTP/1.x 200 ...": 0; -EREMOTEIO for another status. */
static int status_line(const char *p, size_t len)
{
	if (len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ')
		return -EBADMSG;
	if (len > 12 && p[12] != ' ')
		return -EBADMSG;
	return memcmp(p + 9, "200", 3) == 0 ? 0 : -EREMOTEIO;
}

/* The value of header NAME in the line [P, END), or NULL; *ret_len its length. */
static const char *value_of(const char *p, const char *end, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	if ((size_t)(end - p) <= n || strncasecmp(p, name, n) != 0 || p[n] != ':')
		return NULL;
	p += n + 1;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*ret_len = (size_t)(end - p);
	return p;
}

/* One header line. Chunks are not for who asked in HTTP/1.0. */
static int take_header(const char *p, const char *end, bool *has_length, uint64_t *length)
{
	char text[24];
	size_t len;
	const char *v = value_of(p, end, "Transfer-Encoding", &len);

	if (v)
		return -EBADMSG;
	v = value_of(p, end, "Content-Length", &len);
	if (!v)
		return 0;
	if (!gt_copy(text, sizeof(text), v, len) || gt_parse_u64(text, length) < 0)
		return -EBADMSG;
	*has_length = true;
	return 0;
}

int gt_http_body(const char *text, size_t len, const char **ret_body, size_t *ret_len)
{
	const char *end = text + len, *p = text, *next = text, *stop;
	bool has_length = false;
	uint64_t length = 0;
	int r;

	stop = line_end(p, end, &next);
	if (!stop)
		return -EAGAIN;
	r = status_line(p, (size_t)(stop - p));
	while (r == 0) {
		p = next;
		stop = line_end(p, end, &next);
		if (!stop)
			return -EAGAIN;
		if (stop == p)
			break;
		r = take_header(p, stop, &has_length, &length);
	}
	if (r < 0)
		return r;
	if (has_length && length > (uint64_t)(end - next))
		return -EBADMSG;
	*ret_body = next;
	*ret_len = has_length ? (size_t)length : (size_t)(end - next);
	return 0;
}
