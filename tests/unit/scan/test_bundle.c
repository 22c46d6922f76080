/*
 * Where runtimes say that a bundle is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "../../../hook/scan/internal.h"

static void test_bundle_of_a_runtimes_state(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} rows[] = {
		{"{\"config\":{\"labels\":[\"a=b\",\"bundle=/run/b\"]}}", "/run/b"},
		{"{\"bundle\":\"/run/c\",\"pid\":4}", "/run/c"},
		{"{\"config\":{\"labels\":[\"bundle=\"]}}", NULL},
		{"{\"config\":{\"labels\":[\"bundle=relative\"]}}", NULL},
		{"{\"config\":{\"labels\":[\"xbundle=/run/b\"]}}", NULL},
		{"{\"config\":{\"bundle\":\"/run/b\"}}", NULL},
		{"{\"bundle\":5}", NULL},
		{"{", NULL},
		{"", NULL},
	};
	char got[GT_PATH_CAP];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int r = gt_scan_bundle_of(rows[i].text, strlen(rows[i].text), got);

		if ((r == 0) != (rows[i].want != NULL) ||
		    (r == 0 && strcmp(got, rows[i].want) != 0))
			fail_msg("%s: %d", rows[i].text, r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle_of_a_runtimes_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
