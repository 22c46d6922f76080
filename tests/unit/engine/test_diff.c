/*
 * The unified diff, against hunks as diff(1) writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/job.h"
#include "gotune/base.h"
#include "gotune/engine.h"

static void test_diff_rows(void **state)
{
	static const struct {
		const char *name, *old, *new, *want;
	} rows[] = {
		{"a new file", NULL, "a\nb\n", "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"a file that goes", "a\n", NULL, "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"},
		{"the same", "a\n", "a\n", "--- f\n+++ f\n"},
		{"one line", "a\nb\nc\n", "a\nx\nc\n",
		 "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"context of three", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
		 "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
		{"six lines between: one hunk", "a\n1\n2\n3\n4\n5\n6\nb\n",
		 "A\n1\n2\n3\n4\n5\n6\nB\n",
		 "--- f\n+++ f\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
		{"seven lines between: two hunks", "a\n1\n2\n3\n4\n5\n6\n7\nb\n",
		 "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		 "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
		 "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
		{"no newline at the end of the old", "a", "a\nb\n",
		 "--- f\n+++ f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"},
		{"nor of the new", "a\nb\n", "a\nc",
		 "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"},
		{"a tab stays, and letters", "\ta\xc3\xa9\n", "\tb\xc3\xa9\n",
		 "--- f\n+++ f\n@@ -1 +1 @@\n-\ta\xc3\xa9\n+\tb\xc3\xa9\n"},
		{"what a terminal would obey or hide", "\033[2Ja\xe2\x80\xae\r\n\xff\n",
		 "\033[2Ja\xe2\x80\xae\r\n\xff\nb\n",
		 "--- f\n+++ f\n@@ -1,2 +1,3 @@\n ?[2Ja??\n ?\n+b\n"},
		{"an empty file that is filled", "", "a\n", "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};

		gt_diff(&out, "f", rows[i].old, rows[i].old ? strlen(rows[i].old) : 0, rows[i].new,
			rows[i].new ? strlen(rows[i].new) : 0);
		if (out.error || strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_diff_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
