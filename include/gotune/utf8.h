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

#endif
