/*
 * UTF-8, and what of it may be shown. Pure but for the heap of a buffer that is given.
 */
#include <string.h>

#include "gotune/base.h"

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

/* ---- what may be shown ---- */

/*
 * What a terminal obeys, or a reader does not see or sees in another place: the general categories
 * Cc (controls), Cf (format: bidirectional overrides, zero-width characters, interlinear
 * annotations, tags), Zl and Zp (separators of lines and paragraphs), and the property
 * Default_Ignorable_Code_Point (variation selectors, fillers, what is reserved for such). Source:
 * Unicode 15.0.0, extracted/DerivedGeneralCategory.txt and DerivedCoreProperties.txt. Sorted;
 * noncharacters at the end of a plane are not listed: gt_utf8_is_hidden computes them.
 */
static const struct range {
	uint32_t first, last;
} hidden[] = {
	{0x0000, 0x001f},   {0x007f, 0x009f},	{0x00ad, 0x00ad},   {0x034f, 0x034f},
	{0x0600, 0x0605},   {0x061c, 0x061c},	{0x06dd, 0x06dd},   {0x070f, 0x070f},
	{0x0890, 0x0891},   {0x08e2, 0x08e2},	{0x115f, 0x1160},   {0x17b4, 0x17b5},
	{0x180b, 0x180f},   {0x200b, 0x200f},	{0x2028, 0x202e},   {0x2060, 0x206f},
	{0x3164, 0x3164},   {0xfdd0, 0xfdef},	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
	{0xffa0, 0xffa0},   {0xfff0, 0xfffb},	{0x110bd, 0x110bd}, {0x110cd, 0x110cd},
	{0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

uint32_t gt_utf8_code(const char *s, unsigned n)
{
	static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)s[0] & lead_bits[n];

	for (unsigned i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

bool gt_utf8_is_hidden(uint32_t code)
{
	size_t low = 0, high = GT_ARRAY_LEN(hidden);

	if ((code & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > hidden[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < GT_ARRAY_LEN(hidden) && code >= hidden[low].first;
}

/* How many bytes the next character has, or 1 where there is none; and whether it may be shown. */
static unsigned measure(const char *s, size_t len, bool *ret_shown)
{
	unsigned n = gt_utf8_char(s, len);

	*ret_shown = n > 0 && !gt_utf8_is_hidden(gt_utf8_code(s, n));
	return n ? n : 1;
}

void gt_utf8_plain(char *s)
{
	size_t left = strlen(s);
	char *to = s;

	while (left > 0) {
		bool shown;
		unsigned n = measure(s, left, &shown);

		if (shown)
			memmove(to, s, n);
		else
			*to = '?';
		to += shown ? n : 1;
		s += n;
		left -= n;
	}
	*to = '\0';
}

void gt_utf8_add_plain(struct gt_buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		bool shown;
		unsigned n = measure(s + i, len - i, &shown);

		if (shown || s[i] == '\t' || s[i] == '\n')
			gt_buf_add(b, s + i, n);
		else
			gt_buf_add(b, "?", 1);
		i += n;
	}
}
