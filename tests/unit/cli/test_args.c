/*
 * Arguments: what is taken, in which order, and what each mistake is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "gotune/base.h"

static const struct gt_cli_command command = {
	.name = "try",
	.options = GT_OPT_BIT(GT_OPT_PID) | GT_OPT_BIT(GT_OPT_SET) | GT_OPT_BIT(GT_OPT_FORMAT) |
		   GT_OPT_BIT(GT_OPT_SYSROOT),
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one thing: gotune try THING",
};
static const struct gt_cli_command check = {.name = "policy check"}, show = {.name = "policy show"};
static const struct gt_cli_command *const commands[] = {&command, &check, &show};
static const struct gt_cli_list list = {commands, GT_ARRAY_LEN(commands)};

#define ARGS_MAX 8
static int parse(const char *const words[ARGS_MAX], struct gt_cli_args *ret, struct gt_err *e)
{
	static char text[ARGS_MAX][256];
	char *argv[ARGS_MAX + 2] = {text[0]};
	int argc = 1;

	(void)snprintf(text[0], sizeof(text[0]), "try");
	for (unsigned i = 0; i < ARGS_MAX - 1 && words[i]; i++, argc++) {
		(void)snprintf(text[argc], sizeof(text[argc]), "%s", words[i]);
		argv[argc] = text[argc];
	}
	return gt_cli_parse(&command, argc, argv, ret, e);
}

static void test_gt_cli_parse_takes_options_anywhere(void **state)
{
	static const struct {
		const char *name, *words[ARGS_MAX];
	} rows[] = {
		{"before", {"--pid", "7", "--format", "json", "B"}},
		{"after", {"B", "--pid", "7", "--format", "json"}},
		{"around", {"--pid=7", "B", "--format=json"}},
		{"twice, the last counts",
		 {"--pid=9", "--format=table", "B", "--pid=7", "--format=json"}},
		{"two dashes", {"--pid=7", "--format=json", "--", "B"}},
	};

	(void)state;
	for (unsigned posix = 0; posix < 2; posix++) {
		if (posix)
			assert_int_equal(setenv("POSIXLY_CORRECT", "1", 1), 0);
		for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
			struct gt_cli_args a;
			struct gt_err e = {0};

			if (parse(rows[i].words, &a, &e) != 0)
				fail_msg("%s: %s", rows[i].name, e.msg);
			if (a.pid != 7 || !a.json || a.n_pos != 1 || strcmp(a.pos[0], "B") != 0)
				fail_msg("%s: pid %lld, json %d, %u operands", rows[i].name,
					 (long long)a.pid, a.json, a.n_pos);
		}
		assert_int_equal(unsetenv("POSIXLY_CORRECT"), 0);
	}
}

static void test_gt_cli_parse_refuses_with_advice(void **state)
{
	static const struct {
		const char *name, *words[ARGS_MAX], *want;
	} rows[] = {
		{"no operand", {NULL}, "give one thing: gotune try THING"},
		{"two operands", {"a", "b"}, "b is too much; give one thing: gotune try THING"},
		{"two after dashes",
		 {"--", "a", "b"},
		 "b is too much; give one thing: gotune try THING"},
		{"empty operand", {""}, "an argument is empty; give one thing: gotune try THING"},
		{"unknown", {"a", "--nope"}, "unknown option --nope; see gotune try --help"},
		{"unknown first", {"--nope", "a"}, "unknown option --nope; see gotune try --help"},
		{"another command's",
		 {"a", "--rootfs", "x"},
		 "unknown option --rootfs; see gotune try --help"},
		{"short", {"-x", "a"}, "unknown option -x; see gotune try --help"},
		{"no argument", {"a", "--pid"}, "--pid needs its argument: --pid N"},
		{"bad format", {"a", "--format", "xml"}, "--format xml: give table or json"},
		{"pid zero", {"a", "--pid=0"}, "--pid 0: give the number of a live process"},
		{"pid word", {"a", "--pid=x"}, "--pid x: give the number of a live process"},
		{"pid sign", {"a", "--pid=-1"}, "--pid -1: give the number of a live process"},
		{"pid huge",
		 {"a", "--pid=99999999999999999999"},
		 "--pid 99999999999999999999: give the number of a live process"},
		{"set without value",
		 {"a", "--set", "io.gotune.gogc"},
		 "--set io.gotune.gogc: give an annotation of ours, as io.gotune.gomaxprocs=4"},
		{"set of another prefix",
		 {"a", "--set", "team=pay"},
		 "--set team=pay: give an annotation of ours, as io.gotune.gomaxprocs=4"},
		{"set without key",
		 {"a", "--set", "io.gotune.=1"},
		 "--set io.gotune.=1: give an annotation of ours, as io.gotune.gomaxprocs=4"},
		{"empty path", {"a", "--sysroot="}, "--sysroot: give a path"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_cli_args a;
		struct gt_err e = {0};
		int r = parse(rows[i].words, &a, &e);

		if (r != -EINVAL || strcmp(e.msg, rows[i].want) != 0)
			fail_msg("%s: %d, \"%s\"", rows[i].name, r, e.msg);
	}
}

static void test_gt_cli_parse_help_wins(void **state)
{
	static const char *const rows[][ARGS_MAX] = {{"--help"},
						     {"-h"},
						     {"a", "b", "--help"},
						     {"--nope", "--help"},
						     {"--pid", "--help"}};
	struct gt_cli_args a;
	struct gt_err e = {0};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (parse(rows[i], &a, &e) != 0 || !a.help)
			fail_msg("row %zu: %s", i, e.msg);
	}
	/* Behind "--" it is an operand like any other. */
	assert_int_equal(parse((const char *const[ARGS_MAX]){"--", "--help"}, &a, &e), 0);
	assert_false(a.help);
	assert_string_equal(a.pos[0], "--help");
}

static void test_gt_cli_parse_collects_set(void **state)
{
	struct gt_cli_args a;
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(parse((const char *const[ARGS_MAX]){"B", "--set", "io.gotune.gogc=60",
							     "--set=io.gotune.godebug=a=1,b=2",
							     "--set", "io.gotune.profile="},
			       &a, &e),
			 0);
	assert_int_equal(a.set.v.n, 6);
	assert_string_equal(gt_strv_pair(&a.set.v, "io.gotune.gogc"), "60");
	assert_string_equal(gt_strv_pair(&a.set.v, "io.gotune.godebug"), "a=1,b=2");
	assert_string_equal(gt_strv_pair(&a.set.v, "io.gotune.profile"), "");
}

static void test_gt_cli_find_commands(void **state)
{
	static const struct {
		const char *a, *b;
		int index, words;
	} rows[] = {
		{"try", NULL, 0, 1},	       {"try", "x", 0, 1},	{"policy", "check", 1, 2},
		{"policy", "show", 2, 2},      {"policy", NULL, -1, 0}, {"policy", "sho", -1, 0},
		{"policy check", NULL, -1, 0}, {"trying", NULL, -1, 0}, {"", NULL, -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char name[8] = "gotune", one[32], two[32];
		char *argv[] = {name, one, rows[i].b ? two : NULL, NULL};
		const struct gt_cli_command *c;
		int words = 0;

		(void)snprintf(one, sizeof(one), "%s", rows[i].a);
		(void)snprintf(two, sizeof(two), "%s", rows[i].b ? rows[i].b : "");
		c = gt_cli_find(&list, rows[i].b ? 3 : 2, argv, &words);
		if (c != (rows[i].index < 0 ? NULL : commands[rows[i].index]) ||
		    words != rows[i].words)
			fail_msg("%s %s: %s, %d words", rows[i].a, rows[i].b ? rows[i].b : "",
				 c ? c->name : "none", words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_cli_parse_takes_options_anywhere),
		cmocka_unit_test(test_gt_cli_parse_refuses_with_advice),
		cmocka_unit_test(test_gt_cli_parse_help_wins),
		cmocka_unit_test(test_gt_cli_parse_collects_set),
		cmocka_unit_test(test_gt_cli_find_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
