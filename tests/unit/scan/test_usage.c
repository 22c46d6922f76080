/*
 * The kernel's counters, as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/scan.h"

static void test_listen_overflows_by_their_name(void **state)
{
	static const struct {
		const char *text;
		bool known;
		uint64_t v;
	} rows[] = {
		{"TcpExt: A ListenOverflows B\nTcpExt: 1 22 3\nIpExt: ListenOverflows\nIpExt: 9\n",
		 true, 22},
		{"TcpExt: ListenOverflows\nTcpExt: 5", true, 5},
		{"TcpExt: A B\nTcpExt: 1 2\n", false, 0},
		{"TcpExt: A ListenOverflows\nTcpExt: 1\n", false, 0}, /* fewer numbers than names */
		{"TcpExt: ListenOverflows\n", false, 0},
		{"TcpExt: ListenOverflows\nTcpExt: x\n", false, 0},
		{"TcpExt: ListenOverflowsX\nTcpExt: 4\n", false, 0},
		{"", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_scan_number n = {0};

		gt_scan_listen_overflows(rows[i].text, &n);
		if (n.known != rows[i].known || (n.known && n.v != rows[i].v))
			fail_msg("%s: %d %llu", rows[i].text, n.known, (unsigned long long)n.v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen_overflows_by_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
