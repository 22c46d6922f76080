/*
 * An environment, read piece by piece: our variables alone are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/scan.h"

static struct gt_scan_env env;

/* TEXT has LEN bytes; it comes in pieces of EACH. */
static void feed(const char *text, size_t len, size_t each)
{
	memset(&env, 0, sizeof(env));
	for (size_t i = 0; i < len; i += each)
		gt_scan_env_feed(&env, text + i, len - i < each ? len - i : each);
}

static void test_env_in_pieces_of_any_size(void **state)
{
	static const char text[] =
		"PATH=/bin\0GOMAXPROCS=4\0GOMAXPROCS=5\0GOGC=\0XGOGC=9\0GODEBUG\0"
		"GOMEMLIMIT=1GiB\0=\0\0";

	(void)state;
	for (size_t each = 1; each <= sizeof(text); each++) {
		feed(text, sizeof(text) - 1, each);
		assert_true(env.var[GT_VAR_GOMAXPROCS].present);
		assert_string_equal(env.var[GT_VAR_GOMAXPROCS].value, "4"); /* the first counts */
		assert_int_equal(env.var[GT_VAR_GOMAXPROCS].count, 2);
		assert_true(env.var[GT_VAR_GOGC].present);
		assert_string_equal(env.var[GT_VAR_GOGC].value, "");
		assert_false(env.var[GT_VAR_GODEBUG].present); /* no value, no variable */
		assert_string_equal(env.var[GT_VAR_GOMEMLIMIT].value, "1GiB");
	}
}

static void test_env_too_long_values_are_not_looked_at(void **state)
{
	enum { MANY = 3000 };
	char text[MANY + 64] = "GOGC=";
	size_t n = strlen(text);

	(void)state;
	memset(text + n, '1', MANY);
	feed(text, n + MANY + 1, 7);
	assert_true(env.var[GT_VAR_GOGC].present);
	assert_true(env.var[GT_VAR_GOGC].too_long);
	assert_true(gt_env_var_valid(&env.var[GT_VAR_GOGC]));
	/* The longest that fits. */
	memset(text + n, '1', sizeof(env.var[0].value) - 1);
	memset(text + n + sizeof(env.var[0].value) - 1, 0, 8);
	feed(text, n + sizeof(env.var[0].value), 100);
	assert_false(env.var[GT_VAR_GOGC].too_long);
	assert_int_equal(strlen(env.var[GT_VAR_GOGC].value), sizeof(env.var[0].value) - 1);
}

static void test_env_what_has_no_end_is_no_entry(void **state)
{
	(void)state;
	feed("GOGC=5", 6, 6);
	assert_false(env.var[GT_VAR_GOGC].present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env_in_pieces_of_any_size),
		cmocka_unit_test(test_env_too_long_values_are_not_looked_at),
		cmocka_unit_test(test_env_what_has_no_end_is_no_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
