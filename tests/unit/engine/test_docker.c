/*
 * What is taken out of daemon.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/docker.h"
#include "gotune/base.h"

/* What someone else changed in between is kept, whatever it is. */
static void test_remove_rows(void **state)
{
	static const struct {
		const char *name, *text, *backup, *want; /* NULL: the file goes */
	} rows[] = {
		{"nothing of ours", "{\"a\": 1}", NULL, "{\"a\": 1}"},
		{"only ours, no copy",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/gotune-runtime\"}}}", NULL, NULL},
		{"another runtime came",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/gotune-runtime\"}, \"x\": {}}}", NULL,
		 "{\"runtimes\": {\"x\": {}}}"},
		{"runtimes was there, empty",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/gotune-runtime\"}}, \"n\": 1}",
		 "{\"runtimes\": {}}", "{\"runtimes\": {}, \"n\": 1}"},
		{"runtimes was null",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/gotune-runtime\"}}, \"n\": 1}",
		 "{\"runtimes\": null}", "{\"runtimes\": {}, \"n\": 1}"},
		{"the default was null", "{\"default-runtime\": \"gotune\", \"n\": 1}",
		 "{\"default-runtime\": null}", "{\"n\": 1}"},
		{"runtimes was not there",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/gotune-runtime\"}}, \"n\": 1}", "{}",
		 "{\"n\": 1}"},
		{"the default of before", "{\"default-runtime\": \"gotune\", \"n\": 1}",
		 "{\"default-runtime\": \"crun\"}", "{\"default-runtime\": \"crun\", \"n\": 1}"},
		{"a default that was chosen since",
		 "{\"default-runtime\": \"x\", \"runtimes\": {\"gotune\": "
		 "{\"path\": \"/gotune-runtime\"}}}",
		 "{\"default-runtime\": \"crun\"}", "{\"default-runtime\": \"x\"}"},
		{"an unsound copy is no help", "{\"default-runtime\": \"gotune\", \"n\": 1}", "{",
		 "{\"n\": 1}"},
		{"a runtime of that name that is not ours",
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/x\"}}}", NULL,
		 "{\"runtimes\": {\"gotune\": {\"path\": \"/x\"}}}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		bool remove;
		int r = gt_docker_remove(rows[i].text, strlen(rows[i].text), rows[i].backup,
					 rows[i].backup ? strlen(rows[i].backup) : 0, &out, &remove,
					 &e);

		if (r != 0 || remove != (rows[i].want == NULL) ||
		    (!remove && strcmp(out.p, rows[i].want) != 0))
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_remove_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
