/*
 * UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
 */
#ifndef GOTUNE_BASE_UTF8_H
#define GOTUNE_BASE_UTF8_H

#include "gotune/base/defs.h"
#include "gotune/base/str.h"

/* How many bytes the character at S has (LEN > 0 bytes follow): 1..4, or 0 when it is none. Pure.
 */
unsigned gt_utf8_char(const char *s, size_t len);

/* How many bytes of S, from its start, are UTF-8: LEN when all are. Pure. */
size_t gt_utf8_valid_len(const char *s, size_t len);

/* The code point of the character at S, whose N bytes gt_utf8_char has measured (1..4). Pure. */
uint32_t gt_utf8_code(const char *s, unsigned n);

/*
 * Must CODE not be shown as it is? True for what a terminal obeys (control characters, U+009B too)
 * and for what makes a reader see another text than what is there: bidirectional overrides,
 * zero-width and all other format characters, separators of lines and paragraphs, variation
 * selectors, tags, whatever else Unicode lets a font leave out, and noncharacters. Pure.
 */
bool gt_utf8_is_hidden(uint32_t code);

/*
 * Makes one line of text of the C string S, in place; it never grows. Each character that
 * gt_utf8_is_hidden names becomes one '?', and so does each byte that is no UTF-8: one a character,
 * so that columns stay columns. Letters of any script stay. Pure.
 *
 * Whatever somebody else wrote (an image, a user, a file that we quote) passes through here, or
 * through the stricter gt_cli_plain, before it reaches a terminal or a log.
 */
void gt_utf8_plain(char *s);

/* Appends LEN bytes of S to B as gt_utf8_plain makes them; a tab and a newline stay. For texts of
 * several lines. */
void gt_utf8_add_plain(struct gt_buf *b, const char *s, size_t len);

#endif
