/*
 * A handler without our comments is taken out of config.toml, or nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/containerd.h"
#include "gotune/base.h"

#define C2    "plugins.\"io.containerd.grpc.v1.cri\".containerd"
#define RUNC2 "[" C2 ".runtimes.runc]\nruntime_type = \"r\"\n"
#define OURS2                                              \
	"[" C2 ".runtimes.gotune]\nruntime_type = \"r\"\n" \
	"[" C2 ".runtimes.gotune.options]\nBinaryName = \"/b/gotune-runtime\"\n"
#define DEF(name) "[" C2 "]\ndefault_runtime_name = \"" name "\"\n"

static void test_take_out_rows(void **state)
{
	static const struct {
		const char *name, *text, *backup, *want; /* WANT NULL: refused */
	} rows[] = {
		{"nothing of ours", DEF("runc") RUNC2, NULL, DEF("runc") RUNC2},
		{"nothing at all", "", NULL, ""},
		{"the handler", RUNC2 OURS2, NULL, RUNC2},
		{"the handler in the middle", OURS2 RUNC2, NULL, RUNC2},
		{"the default of before", DEF("gotune") RUNC2 OURS2, DEF("runc"),
		 DEF("runc") RUNC2},
		{"no default before", DEF("gotune") RUNC2 OURS2, "", "[" C2 "]\n" RUNC2},
		{"no copy", DEF("gotune") RUNC2 OURS2, NULL, "[" C2 "]\n" RUNC2},
		{"the default of before is gone", DEF("gotune") RUNC2 OURS2, DEF("x"),
		 "[" C2 "]\n" RUNC2},
		{"a broken copy is no help", DEF("gotune") RUNC2 OURS2, "[", "[" C2 "]\n" RUNC2},
		{"the default alone", DEF("gotune") RUNC2, DEF("runc"), DEF("runc") RUNC2},
		{"a comment in our table stays", RUNC2 OURS2 "# mine\n", NULL, RUNC2 "# mine\n"},
		{"a list with brackets behind it", OURS2 "[x]\na = [\n[1],\n]\n", NULL,
		 "[x]\na = [\n[1],\n]\n"},
		{"of another program", "[" C2 ".runtimes.gotune.options]\nBinaryName = \"/x\"\n",
		 NULL, "[" C2 ".runtimes.gotune.options]\nBinaryName = \"/x\"\n"},
		{"and a default that names that",
		 DEF("gotune") "[" C2 ".runtimes.gotune.options]\nBinaryName = \"/x\"\n",
		 DEF("runc"),
		 DEF("gotune") "[" C2 ".runtimes.gotune.options]\nBinaryName = \"/x\"\n"},
		{"inline",
		 "[" C2 ".runtimes]\ngotune = {options = {BinaryName = \"/b/gotune-runtime\"}}\n",
		 NULL, NULL},
		{"dotted", "[" C2 ".runtimes]\ngotune.options.BinaryName = \"/b/gotune-runtime\"\n",
		 NULL, NULL},
		{"a text that looks like a header",
		 RUNC2 OURS2 "[x]\na = '''\n[" C2 ".runtimes.gotune]\n'''\n", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		const char *backup = rows[i].backup;
		int r = gt_containerd_take_out(rows[i].text, strlen(rows[i].text), backup,
					       backup ? strlen(backup) : 0, &out, &e);

		if (rows[i].want ? r != 0 || !gt_buf_is(&out, rows[i].want, strlen(rows[i].want))
				 : r != -EBADMSG)
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_take_out_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
