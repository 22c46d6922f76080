/*
 * Numbers and lists from text. All pure; all reject what they do not understand: no
 * leading space, no sign, nothing after the number, no overflow.
 */
#ifndef GOTUNE_BASE_PARSE_H
#define GOTUNE_BASE_PARSE_H

#include "gotune/base/defs.h"

/* Decimal digits only. 0, -EINVAL (not a number) or -ERANGE (beyond 64 bits). */
GT_MUST_CHECK int gt_parse_u64(const char *s, uint64_t *ret);

/* As gt_parse_u64, with an optional '-'. */
GT_MUST_CHECK int gt_parse_i64(const char *s, int64_t *ret);

/* "true" or "false", nothing else; also "1" and "0" for environment variables. */
GT_MUST_CHECK int gt_parse_bool(const char *s, bool *ret);

/*
 * Bytes in GOMEMLIMIT's grammar: digits with an optional B, KiB, MiB, GiB or TiB; at most 2^63-1
 * (Go's runtime/string.go parseByteCount: anything else is fatal to a Go program at its start).
 */
GT_MUST_CHECK int gt_parse_go_bytes(const char *s, uint64_t *ret_bytes);

/*
 * What a Go runtime of minor version GO_MINOR (1.x) makes of GOMAXPROCS=S: true and *ret when it is
 * used, false when it is silently ignored (Go src/runtime/string.go atoi32; `+3` since 1.26).
 */
bool gt_go_accepts_gomaxprocs(const char *s, unsigned go_minor, uint32_t *ret);

/* What Go makes of GOMEMLIMIT=S: 0 = a limit or off, -EINVAL = the program dies at its start. */
GT_MUST_CHECK int gt_go_check_gomemlimit(const char *s);

/* A set of CPU numbers. */
#define GT_CPUS_MAX 4096
struct gt_cpus {
	uint64_t bits[GT_CPUS_MAX / 64];
};

/*
 * The kernel's list format (Documentation/admin-guide/kernel-parameters.rst, "cpu lists"):
 * "0-3,8,10-14:2/4"; white space around the whole is allowed; "" is the empty set. -EINVAL, or
 * -E2BIG for a CPU number of GT_CPUS_MAX or more. *ret is untouched on failure.
 */
GT_MUST_CHECK int gt_cpus_parse(const char *s, struct gt_cpus *ret);
void gt_cpus_set(struct gt_cpus *c, unsigned cpu);
bool gt_cpus_has(const struct gt_cpus *c, unsigned cpu);
unsigned gt_cpus_count(const struct gt_cpus *c);
void gt_cpus_and(struct gt_cpus *a, const struct gt_cpus *b); /* a &= b */

/* Writes the list form ("0-3,8"); false when CAP was too small (the text then ends in "..."). */
bool gt_cpus_format(const struct gt_cpus *c, char *buf, size_t cap);

/*
 * The word after KEY at the start of a line of TEXT: "KEY:\tWORD ...", as /proc/PID/status and
 * /proc/stat have it. False when there is no such line, or the word does not fit BUF. Pure.
 */
bool gt_parse_field(const char *text, const char *key, char *buf, size_t cap);
/* The same, of a number as gt_parse_u64 takes it; *ret is untouched on failure. Pure. */
bool gt_parse_field_u64(const char *text, const char *key, uint64_t *ret);

/* fnmatch(3)-like glob without locale, brackets or escapes: '*' any run, '?' any byte. Linear. */
bool gt_glob(const char *pattern, const char *s);

/* FNV-1a, 64 bits, finished by a mixer: stable across versions and machines. Used for canaries. */
uint64_t gt_hash(const char *s, uint64_t seed);

#endif
