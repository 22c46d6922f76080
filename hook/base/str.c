/*
 * Bounded strings, packed string vectors, a growing output buffer. Pure but for the buffer's heap.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gotune/base.h"

bool gt_copy(char *dst, size_t cap, const char *src, size_t len)
{
	size_t plain = strnlen(src, len);
	size_t n;

	if (cap == 0)
		return false;
	n = plain < cap - 1 ? plain : cap - 1;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return n == len;
}

bool gt_copy_str(char *dst, size_t cap, const char *src)
{
	return gt_copy(dst, cap, src, strlen(src));
}

bool gt_append(char *dst, size_t cap, const char *src)
{
	size_t have = strnlen(dst, cap);

	if (have >= cap)
		return false;
	return gt_copy_str(dst + have, cap - have, src);
}

bool gt_append_u64(char *dst, size_t cap, uint64_t v)
{
	char digits[21];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return gt_append(dst, cap, digits + i);
}

bool gt_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool gt_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

const char *gt_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool gt_is_plain(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if (*s < 0x20 || *s > 0x7e)
			return false;
	}
	return true;
}

void gt_strv_init(struct gt_strv *v)
{
	v->n = v->used = v->dropped = 0;
	v->buf[0] = '\0';
}

void gt_strv_copy(struct gt_strv *to, const struct gt_strv *from)
{
	to->n = from->n;
	to->used = from->used;
	to->dropped = from->dropped;
	memcpy(to->buf, from->buf, from->used);
}

static bool fits(const struct gt_strv *v, const char *s, size_t len)
{
	return len < GT_STRV_CAP && v->used + len + 1 <= GT_STRV_CAP && !memchr(s, '\0', len);
}

static void push(struct gt_strv *v, const char *s, size_t len)
{
	memcpy(v->buf + v->used, s, len);
	v->buf[v->used + len] = '\0';
	v->used += (uint32_t)len + 1;
	v->n++;
}

int gt_strv_add(struct gt_strv *v, const char *s, size_t len)
{
	if (!fits(v, s, len)) {
		v->dropped++;
		return memchr(s, '\0', len) ? -EINVAL : -E2BIG;
	}
	push(v, s, len);
	return 0;
}

int gt_strv_add_pair(struct gt_strv *v, const char *k, size_t klen, const char *s, size_t slen)
{
	if (!fits(v, k, klen) || !fits(v, s, slen) || klen + slen + 2 > GT_STRV_CAP - v->used) {
		v->dropped++;
		return memchr(k, '\0', klen) || memchr(s, '\0', slen) ? -EINVAL : -E2BIG;
	}
	push(v, k, klen);
	push(v, s, slen);
	return 0;
}

const char *gt_strv_next(const struct gt_strv *v, const char *prev)
{
	const char *next = prev ? prev + strlen(prev) + 1 : v->buf;

	return next < v->buf + v->used ? next : NULL;
}

const char *gt_strv_at(const struct gt_strv *v, uint32_t i)
{
	const char *s = gt_strv_next(v, NULL);

	while (s && i-- > 0)
		s = gt_strv_next(v, s);
	return s;
}

const char *gt_strv_pair(const struct gt_strv *v, const char *key)
{
	const char *found = NULL;

	for (const char *k = gt_strv_next(v, NULL), *s; k; k = gt_strv_next(v, s)) {
		s = gt_strv_next(v, k);
		if (!s)
			break;
		if (strcmp(k, key) == 0)
			found = s;
	}
	return found;
}

bool gt_strv_valid(const struct gt_strv *v)
{
	uint32_t nuls = 0;

	if (v->used > GT_STRV_CAP || (v->used > 0 && v->buf[v->used - 1] != '\0'))
		return false;
	for (uint32_t i = 0; i < v->used; i++)
		nuls += v->buf[i] == '\0';
	return nuls == v->n;
}

void gt_buf_done(struct gt_buf *b)
{
	free(b->p);
	*b = (struct gt_buf){0};
}

/* Makes room for LEN more bytes and a NUL. */
static bool reserve(struct gt_buf *b, size_t len)
{
	size_t need, cap;
	char *p;

	if (b->error)
		return false;
	if (__builtin_add_overflow(b->len, len, &need) || need >= SIZE_MAX / 2) {
		b->error = -ENOMEM;
		return false;
	}
	if (need < b->cap)
		return true;
	cap = need < 1024 ? 1024 : need + need / 2 + 1;
	p = realloc(b->p, cap);
	if (!p) {
		b->error = -ENOMEM;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void gt_buf_add(struct gt_buf *b, const char *s, size_t len)
{
	if (!reserve(b, len))
		return;
	memcpy(b->p + b->len, s, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void gt_buf_str(struct gt_buf *b, const char *s)
{
	gt_buf_add(b, s, strlen(s));
}

void gt_buf_fmt(struct gt_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->error = -ENOMEM;
	else if (reserve(b, (size_t)n)) {
		(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}
