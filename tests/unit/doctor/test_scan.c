/*
 * doctor/scan.c: what hooks, CDI specs and engines' files do to the variables that we set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdio.h>

#include "doctor/tools.h"
#include "gotune/base.h"

#define PROCS  (1u << GT_VAR_GOMAXPROCS)
#define LIMIT  (1u << GT_VAR_GOMEMLIMIT)
#define GC     (1u << GT_VAR_GOGC)
#define DEBUG_ (1u << GT_VAR_GODEBUG)

static void test_scan_hook_rows(void **state)
{
	static const struct {
		const char *name, *doc;
		int r;
		bool complete, precreate;
		unsigned vars;
		const char *path;
	} rows[] = {
		{"ours",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x/oci-gotune-hook\"},\"when\":{\"always\":"
		 "true},\"stages\":[\"createRuntime\"]}",
		 0, true, false, 0, "/x/oci-gotune-hook"},
		{"precreate among others",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\"},\"when\":{},\"stages\":[\"poststop\","
		 "\"precreate\"]}",
		 0, true, true, 0, "/x"},
		{"precreate elsewhere is none",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\",\"args\":[\"precreate\"]},\"when\":{},"
		 "\"stages\":[\"poststop\"]}",
		 0, true, false, 0, "/x"},
		{"no stages",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\"},\"when\":{},\"stages\":[]}", 0,
		 false, false, 0, "/x"},
		{"no path",
		 "{\"version\":\"1.0.0\",\"hook\":{},\"when\":{},\"stages\":[\"poststop\"]}", 0,
		 false, false, 0, ""},
		{"no when",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\"},\"stages\":[\"poststop\"]}", 0,
		 false, false, 0, "/x"},
		{"another version is not judged", "{\"version\":\"0.1.0\",\"hook\":\"/x\"}", 0,
		 true, false, 0, ""},
		{"an injector, by its name",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/usr/bin/set-gomaxprocs\"},\"when\":{},"
		 "\"stages\":[\"prestart\"]}",
		 0, true, false, PROCS, "/usr/bin/set-gomaxprocs"},
		{"an injector, by its arguments",
		 "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\",\"args\":[\"x\",\"GOGC=50\",\"--"
		 "GoMemLimit\"]},\"when\":{},\"stages\":[\"prestart\"]}",
		 0, true, false, GC | LIMIT, "/x"},
		{"not JSON", "{\"version\":", -EINVAL, false, false, 0, ""},
		{"an array", "[1]", -EINVAL, false, false, 0, ""},
		{"empty", "", -EINVAL, false, false, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_hook_scan got = {0};
		int r = gt_scan_hook(rows[i].doc, strlen(rows[i].doc), &got, NULL);

		if (r != rows[i].r ||
		    (r == 0 &&
		     (got.complete != rows[i].complete || got.precreate != rows[i].precreate ||
		      got.vars != rows[i].vars || strcmp(got.path, rows[i].path) != 0)))
			fail_msg("%s: r %d complete %d precreate %d vars %x path %s", rows[i].name,
				 r, got.complete, got.precreate, got.vars, got.path);
	}
}

static void test_scan_cdi_rows(void **state)
{
	static const struct {
		const char *name, *doc;
		int r;
		unsigned vars;
	} rows[] = {
		{"for all devices", "{\"containerEdits\":{\"env\":[\"A=1\",\"GOMAXPROCS=2\"]}}", 0,
		 PROCS},
		{"for one device",
		 "{\"devices\":[{\"containerEdits\":{\"env\":[\"GODEBUG=x=1\"]}}]}", 0, DEBUG_},
		{"only a name is no variable", "{\"containerEdits\":{\"env\":[\"GOMAXPROCS\"]}}", 0,
		 0},
		{"a longer name", "{\"containerEdits\":{\"env\":[\"GOGCX=1\",\"XGOGC=1\"]}}", 0, 0},
		{"elsewhere", "{\"annotations\":{\"env\":[\"GOGC=1\"]}}", 0, 0},
		{"not JSON", "containerEdits:", -EINVAL, 0},
		{"no object", "\"GOGC=1\"", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		unsigned vars = 0;
		int r = gt_scan_cdi(rows[i].doc, strlen(rows[i].doc), &vars, NULL);

		if (r != rows[i].r || vars != rows[i].vars)
			fail_msg("%s: r %d vars %x", rows[i].name, r, vars);
	}
}

static void test_scan_spec_and_text(void **state)
{
	static const char spec[] = "{\"process\":{\"env\":[\"GOMEMLIMIT=1GiB\",\"GOGC=off\"]}}";
	unsigned vars = 0;

	(void)state;
	assert_int_equal(gt_scan_spec(spec, sizeof(spec) - 1, &vars, NULL), 0);
	assert_int_equal(vars, LIMIT | GC);
	assert_int_equal(gt_scan_text("  env:\n  - GOMAXPROCS=2\n"), PROCS);
	assert_int_equal(gt_scan_text("# GOMAXPROCS is set elsewhere, GOGC = 2"), 0);
}

static void scan_toml(const char *toml, struct gt_conf_scan *io)
{
	struct gt_buf json = {0};

	assert_int_equal(gt_toml_to_json(toml, strlen(toml), &json, NULL), 0);
	assert_int_equal(gt_scan_conf(json.p, json.len, io, NULL), 0);
	gt_buf_done(&json);
}

static void test_scan_conf_of_each_engine(void **state)
{
	struct gt_conf_scan *c = calloc(1, sizeof(*c));

	(void)state;
	assert_non_null(c);
	gt_conf_scan_init(c);
	scan_toml(
		"[containers]\nenv = [\"PATH=/\", \"GOMAXPROCS=1\"]\n[engine]\nhooks_dir = [\"/a\"]\n",
		c);
	assert_int_equal(c->vars, PROCS);
	scan_toml("[crio.runtime]\ndefault_env = [\"GOGC=50\"]\nhooks_dir = [\"/b\"]\n"
		  "min_injected_gomaxprocs = 4\n",
		  c);
	assert_int_equal(c->vars, PROCS | GC);
	assert_int_equal(c->min_injected, 4);
	scan_toml("[crio.runtime]\nmin_injected_gomaxprocs = 0\n", c); /* a later drop-in */
	assert_int_equal(c->min_injected, 0);
	scan_toml("[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
		  "base_runtime_spec = \"/etc/containerd/base.json\"\n",
		  c);
	assert_string_equal(gt_strv_at(&c->hooks_dir.v, 0), "/a");
	assert_string_equal(gt_strv_at(&c->crio_hooks_dir.v, 0), "/b");
	assert_int_equal(c->hooks_dir.v.n, 1);
	assert_int_equal(c->base_spec.v.n, 1);
	assert_string_equal(gt_strv_at(&c->base_spec.v, 0), "/etc/containerd/base.json");
	free(c);
}

static void test_scan_names(void **state)
{
	char text[64], small[12];

	(void)state;
	gt_scan_names(PROCS | GC, text, sizeof(text));
	assert_string_equal(text, "GOMAXPROCS, GOGC");
	gt_scan_names(PROCS | GC, small, sizeof(small));
	assert_true(strlen(small) < sizeof(small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan_hook_rows),
		cmocka_unit_test(test_scan_cdi_rows),
		cmocka_unit_test(test_scan_spec_and_text),
		cmocka_unit_test(test_scan_conf_of_each_engine),
		cmocka_unit_test(test_scan_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
