/*
 * L0 base. UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
 */
#ifndef GOTUNE_UTF8_H
#define GOTUNE_UTF8_H

#include "gotune/base.h"

/* How many bytes the character at S has (LEN > 0 bytes follow): 1..4, or 0 when it is none. Pure.
 */
unsigned gt_utf8_char(const char *s, size_t len);

/* How many bytes of S, from its start, are UTF-8: LEN when all are. Pure. */
size_t gt_utf8_valid_len(const char *s, size_t len);

/*
 * Makes one line of text of the C string S, in place: control characters, also those above 0x7f
 * (a terminal takes U+009B for an escape), and bytes that are no UTF-8 become '?'. Pure.
 */
void gt_utf8_plain(char *s);

#endif
