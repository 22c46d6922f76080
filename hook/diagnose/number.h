/* Numbers as Go's print writes them. */
#ifndef GOTUNE_DIAGNOSE_NUMBER_H
#define GOTUNE_DIAGNOSE_NUMBER_H

#include "gotune/base.h"

#define GT_NOT_THERE SIZE_MAX

/* What S begins with: how many bytes it has, GT_NOT_THERE: it is none. A whole number. */
size_t gt_take_number(const char *s, size_t n, double *ret);
/* In one of Go's two spellings; infinities and NaN are 0. */
size_t gt_take_real(const char *s, size_t n, double *ret);
/* true, false or a whole number. */
size_t gt_take_word(const char *s, size_t n, double *ret);

#endif
