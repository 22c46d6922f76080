/*
 * Docker's json-file, the CRI's log format, and lines with a time before them (kubectl logs
 * --timestamps, docker logs -t). Other JSON: form_json.c. Pure.
 *
 * Sources: moby's daemon/logger/jsonfilelog/jsonlog, Kubernetes' pkg/kubelet/kuberuntime/logs. Go's
 * encoding/json spells '>' as \u003e, so gc lines are escaped.
 */
#include "form.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "2026-11-28T18:50:29.156088230Z" or with +00:00: its length; 0: it is none. */
static size_t time_len(const char *p, size_t n)
{
	static const char form[] = "0000-00-00T00:00:00";
	size_t i;

	if (n < sizeof(form))
		return 0;
	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? !is_digit(p[i]) : p[i] != form[i])
			return 0;
	while (i < n && i < 38 && p[i] != ' ')
		i++;
	return i < n && p[i] == ' ' ? i : 0;
}

/* {"log":"...\n","stream":"stderr","time":"..."}: searched from its end, for the text may hold all.
 */
static bool unwrap_docker(const char *line, size_t n, char *scratch, struct gt_unwrapped *r)
{
	static const char head[] = "{\"log\":\"", mid[] = "\",\"stream\":\"std",
			  last[] = "\"time\":\"";
	const char *end, *from, *t;

	if (n < 40 || memcmp(line, head, sizeof(head) - 1) != 0 || line[n - 1] != '}')
		return false;
	from = line + n - (n < 400 ? n - sizeof(head) + 1 : 400);
	end = memmem(from, (size_t)(line + n - from), mid, sizeof(mid) - 1);
	t = end ? memmem(end, (size_t)(line + n - end), last, sizeof(last) - 1) : NULL;
	/* Docker's own line ends with the time. */
	if (!t || memchr(t + 8, '"', (size_t)(line + n - t) - 8) != line + n - 2)
		return false;
	(void)gt_copy(r->stream, sizeof(r->stream), end + 12, 6);
	(void)gt_copy(r->time, sizeof(r->time), t + 8,
		      strcspn(t + 8, "\"") < 36 ? strcspn(t + 8, "\"") : 36);
	r->form = GT_LF_DOCKER;
	r->len = gt_unescape(line + 8, (size_t)(end - line) - 8, scratch);
	r->text = scratch;
	r->partial = r->len == 0 || scratch[r->len - 1] != '\n';
	if (!r->partial)
		r->len--;
	return true;
}

/* TIME stderr F|P TEXT; conmon's last piece may lack the blank before its empty text. */
static bool unwrap_cri(const char *line, size_t n, size_t at, struct gt_unwrapped *r)
{
	const char *p = line + at + 1;
	size_t left = n - at - 1;

	if (left < 8 || (memcmp(p, "stderr ", 7) != 0 && memcmp(p, "stdout ", 7) != 0) ||
	    (p[7] != 'F' && p[7] != 'P') || (left > 8 && p[8] != ' ' && p[8] != ':'))
		return false;
	(void)gt_copy(r->stream, sizeof(r->stream), p, 6);
	r->form = GT_LF_CRI;
	r->partial = p[7] == 'P';
	p += 8;
	left -= 8;
	if (left > 0 && *p == ':') { /* more tags */
		while (left > 0 && *p != ' ') {
			p++;
			left--;
		}
	}
	r->text = left > 0 ? p + 1 : p;
	r->len = left > 0 ? left - 1 : 0;
	return true;
}

static size_t token_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < 256 && p[i] > ' ')
		i++;
	return i;
}

/* "HOST IDENT[PID]: " of journalctl's short forms; 0: it is none. */
static size_t writer_len(const char *p, size_t n)
{
	size_t host = token_len(p, n), ident;

	if (host == 0 || host + 1 >= n || p[host] != ' ')
		return 0;
	ident = token_len(p + host + 1, n - host - 1);
	if (ident < 4 || host + 1 + ident >= n || memcmp(p + host + ident - 1, "]:", 2) != 0)
		return 0;
	return host + 1 + ident + 1;
}

/* "Nov 28 18:50:29 HOST IDENT[PID]: ": journalctl's own form. */
static size_t short_len(const char *p, size_t n)
{
	size_t at, len;

	if (n < 24 || p[3] != ' ' || p[6] != ' ' || p[9] != ':' || p[12] != ':' || !is_digit(p[14]))
		return 0;
	at = 7 + token_len(p + 7, n - 7) + 1;
	len = at < n ? writer_len(p + at, n - at) : 0;
	return len > 0 ? at + len : 0;
}

/* "[pod/POD/CONTAINER] " (kubectl logs --prefix), "SERVICE  | " (docker compose logs), or a
 * journal's: its length; 0: there is none. */
static size_t prefix_len(const char *p, size_t n)
{
	size_t len = token_len(p, n), at = len;

	if (len == 0 || len >= n)
		return 0;
	if (len > 5 && memcmp(p, "[pod/", 5) == 0 && p[len - 1] == ']')
		return len + 1;
	while (at < n && p[at] == ' ')
		at++;
	if (at > len && at + 1 < n && p[at] == '|' && p[at + 1] == ' ')
		return at + 2;
	return short_len(p, n);
}

/* A line in colours without them. */
static size_t drop_colours(const char *p, size_t n, char *out)
{
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = i + 2;

		if (p[i] != '\033' || i + 1 >= n || p[i + 1] != '[') {
			out[o++] = p[i];
			continue;
		}
		while (k < n && (is_digit(p[k]) || p[k] == ';'))
			k++;
		i = k;
	}
	return o;
}

/* What a tool put before R's text, and the time that may follow it. */
static void drop_prefix(struct gt_unwrapped *r)
{
	size_t len = prefix_len(r->text, r->len), at;

	r->text += len;
	r->len -= len;
	at = r->len > 20 && is_digit(r->text[0]) ? time_len(r->text, r->len) : 0;
	if (at == 0)
		return;
	(void)gt_copy(r->time, sizeof(r->time), r->text, at);
	if (unwrap_cri(r->text, r->len, at, r))
		return;
	r->form = GT_LF_TIMED;
	r->text += at + 1;
	r->len -= at + 1;
	len = writer_len(r->text, r->len);
	r->text += len;
	r->len -= len;
}

void gt_unwrap(const char *line, size_t n, char *scratch, struct gt_unwrapped *r)
{
	*r = (struct gt_unwrapped){.text = line, .len = n};
	if (n > 8 && line[0] == '{' &&
	    (unwrap_docker(line, n, scratch, r) || gt_unwrap_json(line, n, scratch, r)))
		return;
	if (n > 0 && memchr(line, '\033', n < 256 ? n : 256)) {
		r->len = drop_colours(line, n, scratch);
		r->text = scratch;
	}
	if (r->len > 8 && r->text[0] > ' ')
		drop_prefix(r);
}
