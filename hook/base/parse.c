/*
 * Numbers, yes and no, and Go's own reading of its environment. Pure; no privilege.
 */
#include <string.h>

#include "gotune/base.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* LEN decimal digits, at least one. *ret is untouched on failure. */
static int digits(const char *s, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(s[i]))
			return -EINVAL;
	}
	for (size_t i = 0; i < len; i++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int gt_parse_u64(const char *s, uint64_t *ret)
{
	return digits(s, strlen(s), ret);
}

int gt_parse_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t v;
	int64_t out;
	int r = gt_parse_u64(s + negative, &v);

	if (r < 0)
		return r;
	if (negative ? __builtin_sub_overflow(0, v, &out) : __builtin_add_overflow(0, v, &out))
		return -ERANGE;
	*ret = out;
	return 0;
}

int gt_parse_bool(const char *s, bool *ret)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"false", false}, {"1", true}, {"0", false}};

	for (size_t i = 0; i < GT_ARRAY_LEN(words); i++) {
		if (strcmp(s, words[i].word) == 0) {
			*ret = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

int gt_parse_go_bytes(const char *s, uint64_t *ret_bytes)
{
	/* Longest first: each but the last two ends in "B" as well. */
	static const struct {
		const char *suffix;
		unsigned shift;
	} units[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}, {"", 0}};
	uint64_t v;
	size_t u = 0;
	int r;

	while (!gt_has_suffix(s, units[u].suffix))
		u++; /* ends at "", which every string has */
	r = digits(s, strlen(s) - strlen(units[u].suffix), &v);
	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX >> units[u].shift)
		return -ERANGE;
	*ret_bytes = v << units[u].shift;
	return 0;
}

bool gt_go_accepts_gomaxprocs(const char *s, unsigned go_minor, uint32_t *ret)
{
	uint64_t v;

	/* Go src/runtime/proc.go procresize: atoi32 must succeed and the number be above 0. */
	if (*s == '+' && go_minor >= 26)
		s++;
	if (gt_parse_u64(s, &v) < 0 || v == 0 || v > INT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

int gt_go_check_gomemlimit(const char *s)
{
	uint64_t bytes;

	/* Go src/runtime/mgcpacer.go readGOMEMLIMIT. */
	if (*s == '\0' || strcmp(s, "off") == 0)
		return 0;
	return gt_parse_go_bytes(s, &bytes) < 0 ? -EINVAL : 0;
}

bool gt_parse_field(const char *text, const char *key, char *buf, size_t cap)
{
	size_t n = strlen(key);

	for (const char *l = text; l; l = strchr(l, '\n')) {
		l += *l == '\n';
		if (strncmp(l, key, n) != 0)
			continue;
		l += n;
		l += strspn(l, " \t");
		return gt_copy(buf, cap, l, strcspn(l, " \t\n"));
	}
	return false;
}

bool gt_parse_field_u64(const char *text, const char *key, uint64_t *ret)
{
	char word[24];

	return gt_parse_field(text, key, word, sizeof(word)) && gt_parse_u64(word, ret) == 0;
}
