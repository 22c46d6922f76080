/*
 * Bounded strings and a growing output buffer. Pure but for the buffer's heap.
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
