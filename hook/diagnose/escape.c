/* The escapes of JSON strings. Pure. */
#include "form.h"

static unsigned hex4(const char *p)
{
	unsigned v = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = p[i];
		unsigned d = (c >= '0' && c <= '9') ? (unsigned)(c - '0')
						    : ((c | 32) >= 'a' && (c | 32) <= 'f'
							       ? (unsigned)((c | 32) - 'a' + 10)
							       : 99);

		if (d > 15)
			return 0xfffd;
		v = v << 4 | d;
	}
	return v;
}

static size_t put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 63));
	out[2] = (char)(0x80 | (c & 63));
	return 3;
}

size_t gt_unescape(const char *p, size_t n, char *out)
{
	static const char names[] = "nrtbf", bytes[] = "\n\r\t\b\f";
	size_t o = 0;

	for (size_t i = 0; i < n;) {
		const char *stop = memchr(p + i, '\\', n - i), *at;
		size_t run = stop ? (size_t)(stop - p) - i : n - i;

		memcpy(out + o, p + i, run);
		o += run;
		i += run;
		if (i + 1 >= n)
			break;
		at = strchr(names, p[i + 1]);
		if (p[i + 1] == 'u' && i + 6 <= n) {
			o += put_utf8(out + o, hex4(p + i + 2));
			i += 6;
			continue;
		}
		out[o++] = at && *at ? bytes[at - names] : p[i + 1];
		i += 2;
	}
	return o;
}
