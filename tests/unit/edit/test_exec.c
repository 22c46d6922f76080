/*
 * The variables of a container's program, for a process that is started beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"

static struct gt_plan plan; /* too large for a stack */

/* What gotune-runtime does with a process document. No edit: the document. */
static int edit(const char *doc, const struct gt_exec_wants *w, struct gt_buf *ret,
		struct gt_err *e)
{
	struct gt_outcome none[GT_SETTINGS_MAX];
	struct gt_places told = {0};
	const struct gt_edit what = {.plan = &plan};
	size_t len = strlen(doc);
	int r;

	gt_edit_exec_plan(w, &plan);
	r = gt_edit_places(doc, len, false, &plan, &told, e);
	if (r == 0)
		r = gt_edit_splice(doc, len, &what, &told, ret, none, e);
	if (r == 0 && !ret->p)
		gt_buf_add(ret, doc, len);
	return r;
}

/* GOMAXPROCS was added; GODEBUG was "netdns=go" and got an entry more. */
static struct gt_exec_wants wants(void)
{
	struct gt_exec_wants w = {.n = 2};

	(void)gt_copy_str(w.env[0].name, sizeof(w.env[0].name), "GOMAXPROCS");
	(void)gt_copy_str(w.env[0].value, sizeof(w.env[0].value), "2");
	(void)gt_copy_str(w.env[1].name, sizeof(w.env[1].name), "GODEBUG");
	(void)gt_copy_str(w.env[1].value, sizeof(w.env[1].value), "netdns=go,gctrace=1");
	w.env[1].has_expect = true;
	(void)gt_copy_str(w.env[1].expect, sizeof(w.env[1].expect), "netdns=go");
	return w;
}

static const struct {
	const char *name, *doc, *want; /* want NULL: as it was */
} rows[] = {
	{"none of them is there", "{\"env\":[\"PATH=/bin\"],\"args\":[\"x\"]}",
	 "{\"env\":[\"PATH=/bin\",\"GOMAXPROCS=2\",\"GODEBUG=netdns=go,gctrace=1\"],\"args\":[\"x\"]}"},
	{"no environment at all", "{\"args\":[\"x\"]}",
	 "{\"args\":[\"x\"],\"env\":[\"GOMAXPROCS=2\",\"GODEBUG=netdns=go,gctrace=1\"]}"},
	{"the value that was replaced", "{\"env\":[\"GODEBUG=netdns=go\"]}",
	 "{\"env\":[\"GODEBUG=netdns=go,gctrace=1\",\"GOMAXPROCS=2\"]}"},
	{"values of its own", "{\"env\":[\"GODEBUG=netdns=cgo\",\"GOMAXPROCS=\"]}", NULL},
	{"a value that was added is not replaced by itself",
	 "{\"env\":[\"GOMAXPROCS=3\",\"GODEBUG=x\"]}", NULL},
	{"a doubled variable",
	 "{\"env\":[\"GODEBUG=netdns=go\",\"GODEBUG=netdns=go\",\"GOMAXPROCS=1\"]}", NULL},
	{"names that only begin so", "{\"env\":[\"GOMAXPROCSX=9\",\"GOMAXPROCS\",\"GODEBUG=a\"]}",
	 "{\"env\":[\"GOMAXPROCSX=9\",\"GOMAXPROCS\",\"GODEBUG=a\",\"GOMAXPROCS=2\"]}"},
	{"a variable of something else",
	 "{\"user\":{\"env\":[\"GOMAXPROCS=9\"]},\"env\":[\"GODEBUG=a\"]}",
	 "{\"user\":{\"env\":[\"GOMAXPROCS=9\"]},\"env\":[\"GODEBUG=a\",\"GOMAXPROCS=2\"]}"},
};

static void test_exec_plan_table(void **state)
{
	const struct gt_exec_wants w = wants();
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *want = rows[i].want ? rows[i].want : rows[i].doc;
		struct gt_buf out = {0};
		struct gt_err e = {0};

		if (edit(rows[i].doc, &w, &out, &e) != 0 || strcmp(out.p, want) != 0) {
			print_error("%s: want %s, got %s %s\n", rows[i].name, want,
				    out.p ? out.p : "nothing", e.msg);
			ok = false;
		}
		gt_buf_done(&out);
	}
	assert_true(ok);
}

static void test_exec_plan_bad_documents(void **state)
{
	static const struct {
		const char *doc;
		int want;
	} bad[] = {
		{"", -EINVAL},
		{"[]", -EINVAL},
		{"{\"env\":[", -EINVAL},
		{"{\"env\":{}}", -EINVAL},
		{"{\"env\":[],\"env\":[]}", -EBADMSG},
		{"{\"Env\":[\"GOMAXPROCS=1\"]}", -EBADMSG},
	};
	const struct gt_exec_wants w = wants();

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		int r = edit(bad[i].doc, &w, &out, &e);

		if (r != bad[i].want || e.msg[0] == '\0')
			fail_msg("%s: want %d, got %d (%s)", bad[i].doc, bad[i].want, r, e.msg);
	}
}

static void test_exec_wants_valid(void **state)
{
	struct gt_exec_wants w = wants();

	(void)state;
	assert_true(gt_exec_wants_valid(&w));
	w.n = GT_VAR_COUNT + 1;
	assert_false(gt_exec_wants_valid(&w));
	w = wants();
	memset(w.env[1].value, 'x', sizeof(w.env[1].value));
	assert_false(gt_exec_wants_valid(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_plan_table),
		cmocka_unit_test(test_exec_plan_bad_documents),
		cmocka_unit_test(test_exec_wants_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
