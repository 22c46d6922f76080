/*
 * Byte order marks and UTF-16, as in RFC 2781. Pure but for the heap.
 */
#include "encoding.h"
#include "gotune/base.h"

#define UTF8_MARK "\xef\xbb\xbf"

static unsigned unit_at(const unsigned char *p, bool little)
{
	return little ? p[0] | (unsigned)p[1] << 8 : (unsigned)p[0] << 8 | p[1];
}

static void add_utf8(struct gt_buf *out, unsigned c)
{
	char s[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; c >>= 6)
		s[i] = (char)(0x80 | (c & 0x3f));
	s[0] = (char)(lead[n] | c);
	gt_buf_add(out, s, n);
}

static int decode_utf16(const unsigned char *p, size_t len, bool little, struct gt_buf *out)
{
	if (len % 2 != 0)
		return -EILSEQ;
	for (size_t i = 0; i < len; i += 2) {
		unsigned c = unit_at(p + i, little), low;

		if (c >= 0xdc00 && c < 0xe000)
			return -EILSEQ; /* the second half of a pair comes first */
		if (c >= 0xd800 && c < 0xdc00) {
			low = i + 2 < len ? unit_at(p + i + 2, little) : 0;
			if (low < 0xdc00 || low >= 0xe000)
				return -EILSEQ;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		add_utf8(out, c);
	}
	return out->error;
}

static bool begins(const char *raw, size_t len, const char *mark, size_t n)
{
	return len >= n && memcmp(raw, mark, n) == 0;
}

int gt_text_decode(const char *raw, size_t len, struct gt_buf *out, enum gt_encoding *ret)
{
	bool little = begins(raw, len, "\xff\xfe", 2), big = begins(raw, len, "\xfe\xff", 2);
	bool utf8 = begins(raw, len, UTF8_MARK, 3);

	*ret = little ? GT_UTF16_LE : big ? GT_UTF16_BE : utf8 ? GT_UTF8_MARKED : GT_UTF8;
	if (little || big)
		return decode_utf16((const unsigned char *)raw + 2, len - 2, little, out);
	gt_buf_add(out, raw + (utf8 ? 3 : 0), len - (utf8 ? 3 : 0));
	return out->error;
}

static void add_unit(struct gt_buf *out, unsigned c, bool little)
{
	const char s[2] = {(char)(little ? c : c >> 8), (char)(little ? c >> 8 : c)};

	gt_buf_add(out, s, 2);
}

/* The character at S, which has N bytes of valid UTF-8. */
static unsigned char_at(const char *s, unsigned n)
{
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned c = (unsigned char)s[0] & mask[n];

	for (unsigned i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

static int encode_utf16(const char *text, size_t len, bool little, struct gt_buf *out)
{
	add_unit(out, 0xfeff, little);
	for (size_t i = 0; i < len;) {
		unsigned n = gt_utf8_char(text + i, len - i), c;

		if (n == 0)
			return -EILSEQ;
		c = char_at(text + i, n);
		i += n;
		if (c >= 0x10000) {
			add_unit(out, 0xd800 + ((c - 0x10000) >> 10), little);
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		add_unit(out, c, little);
	}
	return out->error;
}

int gt_text_encode(const char *text, size_t len, enum gt_encoding as, struct gt_buf *out)
{
	if (as == GT_UTF16_LE || as == GT_UTF16_BE)
		return encode_utf16(text, len, as == GT_UTF16_LE, out);
	gt_buf_str(out, as == GT_UTF8_MARKED ? UTF8_MARK : "");
	gt_buf_add(out, text, len);
	return out->error;
}
