/* Numbers as Go's print writes them. Pure. */
#include "number.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * How many digits are the runtime's: the year of another writer's "2026/11/28" or "2026-11-28" may
 * follow without a gap.
 */
static size_t own_digits(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_digit(s[i]))
		i++;
	if (i >= 4 && i + 3 < n && (s[i] == '/' || s[i] == '-') && is_digit(s[i + 1]) &&
	    is_digit(s[i + 2]) && s[i + 3] == s[i])
		i -= 4;
	return i;
}

size_t gt_take_number(const char *s, size_t n, double *ret)
{
	size_t len = own_digits(s, n);
	double v = 0;

	if (len == 0 || len > 20)
		return GT_NOT_THERE;
	for (size_t i = 0; i < len; i++)
		v = v * 10 + (s[i] - '0');
	*ret = v;
	return len;
}

static double power_of_ten(int e)
{
	double v = 1;

	for (int i = 0; i < (e < 0 ? -e : e) && i < 40; i++)
		v *= 10;
	return e < 0 ? 1 / v : v;
}

/* "+1.256092e+000", "0.88", "-3": Go's two spellings. Infinities and NaN are 0. */
size_t gt_take_real(const char *s, size_t n, double *ret)
{
	size_t i = n > 0 && (s[0] == '+' || s[0] == '-'), digits = 0;
	double v = 0, unit = 1;

	if (n >= i + 3 && (memcmp(s + i, "Inf", 3) == 0 || memcmp(s + i, "NaN", 3) == 0)) {
		*ret = 0;
		return i + 3;
	}
	for (; i < n && is_digit(s[i]) && digits < 24; i++, digits++)
		v = v * 10 + (s[i] - '0');
	if (digits > 0 && i + 1 < n && s[i] == '.' && is_digit(s[i + 1]))
		for (i++; i < n && is_digit(s[i]); i++)
			v += (s[i] - '0') * (unit /= 10);
	if (digits == 0)
		return GT_NOT_THERE;
	if (i + 3 < n && s[i] == 'e' && (s[i + 1] == '+' || s[i + 1] == '-') &&
	    is_digit(s[i + 2])) {
		int e = 0;
		size_t j = i + 2;

		for (; j < n && j < i + 6 && is_digit(s[j]); j++)
			e = e * 10 + (s[j] - '0');
		v *= power_of_ten(s[i + 1] == '-' ? -e : e);
		i = j;
	}
	*ret = s[0] == '-' ? -v : v;
	return i;
}

size_t gt_take_word(const char *s, size_t n, double *ret)
{
	if (n >= 4 && memcmp(s, "true", 4) == 0) {
		*ret = 1;
		return 4;
	}
	if (n >= 5 && memcmp(s, "false", 5) == 0) {
		*ret = 0;
		return 5;
	}
	return gt_take_number(s, n, ret);
}
