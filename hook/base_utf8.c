/*
 * UTF-8. Pure.
 */
#include "gotune/utf8.h"

#include <string.h>

/* RFC 3629, section 4: by lead byte, the length and what the second byte may be. */
static const struct lead {
	unsigned char first, last, second_min, second_max, len;
} leads[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

unsigned gt_utf8_char(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0], second;

	if (c < 0x80)
		return 1;
	for (unsigned i = 0; i < GT_ARRAY_LEN(leads); i++) {
		if (c < leads[i].first || c > leads[i].last)
			continue;
		if (len < leads[i].len)
			return 0;
		second = (unsigned char)s[1];
		if (second < leads[i].second_min || second > leads[i].second_max)
			return 0;
		for (unsigned j = 2; j < leads[i].len; j++) {
			if (((unsigned char)s[j] & 0xc0) != 0x80)
				return 0;
		}
		return leads[i].len;
	}
	return 0;
}

size_t gt_utf8_valid_len(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint64_t eight;
		unsigned n;

		/* Eight bytes of ASCII at once: most of a config.json. */
		if (len - i >= 8) {
			memcpy(&eight, s + i, 8);
			if (!(eight & 0x8080808080808080u)) {
				i += 8;
				continue;
			}
		}
		n = gt_utf8_char(s + i, len - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

static bool is_control(const char *s, unsigned n)
{
	unsigned char c = (unsigned char)*s;

	return n == 0 || c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

void gt_utf8_plain(char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		unsigned n = gt_utf8_char(s, left), step = n ? n : 1;

		if (is_control(s, n))
			memset(s, '?', step);
		s += step;
		left -= step;
	}
}
