/*
 * Launchers' command lines, as rows: the words, and what they finally run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/program.h"
#include "program/shell.h"
#include "program/steps.h"

struct row {
	const char *argv;
	enum gt_launch what;
	const char *next; /* NULL: none */
	const char *env;  /* NULL: none */
};
#define NONE(argv)                               \
	{                                        \
		argv, GT_LAUNCH_NONE, NULL, NULL \
	}
#define UNSURE(argv)                                  \
	{                                             \
		argv, GT_LAUNCH_UNCERTAIN, NULL, NULL \
	}
#define NEXT(argv, next)                         \
	{                                        \
		argv, GT_LAUNCH_NEXT, next, NULL \
	}
#define NEXT_ENV(argv, next, env)               \
	{                                       \
		argv, GT_LAUNCH_NEXT, next, env \
	}

static void check(const struct row *rows, size_t n)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct row *t = &rows[i];
		struct gt_list argv;
		static struct gt_launch_step step;
		char next[4096], env[4096];

		words(&argv, t->argv, '|');
		memset(&step, 0xa5, sizeof(step)); /* nothing may be left unset */
		gt_program_argv(&argv.v, &step);
		assert_true(step_valid(&step));
		uncommands(&step, next, sizeof(next));
		unwords(&step.env, env, sizeof(env));
		if (step.what == t->what && strcmp(next, t->next ? t->next : "") == 0 &&
		    strcmp(env, t->env ? t->env : "") == 0)
			continue;
		print_error("%s: got %d [%s] env [%s]\n", t->argv, (int)step.what, next, env);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_gt_program_argv_plain_programs(void **state)
{
	static const struct row rows[] = {
		NONE(""),
		NONE("/app"),
		NONE("app|--flag"),
		NONE("<>"),
		NONE("/usr/bin/python3|x"),
		NONE("/app/tini2"),
		NONE("/tini/app"),
		NONE("shell"),
		NONE("envoy|-c|x"),
		NONE("/bin/"),
		NONE("<>|/app"),
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_argv_options(void **state)
{
	static const struct row rows[] = {
		NEXT("tini|--|/app|-x", "/app|-x"),
		NEXT("/sbin/tini|/app", "/app"),
		NEXT("/sbin/docker-init|--|/app", "/app"),
		NEXT("tini-static|-g|-v|--|/app", "/app"),
		NEXT("tini|-gvv|-p|SIGTERM|--|/app", "/app"),
		NEXT("tini|-pSIGTERM|/app", "/app"),
		NEXT("tini|-e|143|/app|--|x", "/app|--|x"),
		NEXT("tini|--|--|/app", "--|/app"),
		UNSURE("tini|-x|/app"),
		UNSURE("tini|--version"),
		UNSURE("tini|-h"),
		UNSURE("tini|-p"),
		NONE("tini"),
		NONE("tini|--"),
		NEXT("/usr/libexec/catatonit|--|/app", "/app"),
		NEXT("catatonit|-g|/app", "/app"),
		NEXT("/run/podman-init|--|/app", "/app"),
		UNSURE("catatonit|-P"),
		NEXT("dumb-init|/app", "/app"),
		NEXT("dumb-init|-c|-v|--|/app", "/app"),
		NEXT("dumb-init|--rewrite|15:3|--single-child|/app", "/app"),
		NEXT("dumb-init|--rewrite=15:3|/app", "/app"),
		NEXT("dumb-init|-r|15:3|/app", "/app"),
		NEXT("dumb-init|-r15:3|/app", "/app"),
		UNSURE("dumb-init|--single|/app"),
		UNSURE("dumb-init|--verbose=1|/app"),
		UNSURE("dumb-init|--rewrite"),
		NEXT("nice|/app", "/app"),
		NEXT("nice|-n|5|/app", "/app"),
		NEXT("nice|-n5|/app", "/app"),
		NEXT("nice|-10|/app", "/app"),
		NEXT("nice|--adjustment=5|/app", "/app"),
		UNSURE("nice|--adjustments=5|/app"),
		NEXT("ionice|-c|2|-n|0|/app", "/app"),
		UNSURE("ionice|-p|1"),
		NEXT("nohup|/app", "/app"),
		UNSURE("nohup|--help"),
		NEXT("setsid|-w|/app", "/app"),
		NEXT("setsid|--fork|/app", "/app"),
		NEXT("stdbuf|-oL|-e|0|/app", "/app"),
		NEXT("stdbuf|--output=L|/app", "/app"),
		NEXT("timeout|30|/app", "/app"),
		NEXT("timeout|-k|5|-s|TERM|30s|/app|x", "/app|x"),
		NEXT("timeout|--foreground|30|/app", "/app"),
		NONE("timeout|30"),
		UNSURE("timeout|-t|30|/app"),
		NEXT("su-exec|nobody:nogroup|/app|x", "/app|x"),
		NONE("su-exec|nobody"),
		NEXT("gosu|1000|/app", "/app"),
		UNSURE("gosu|--version"),
		NEXT("setpriv|--reuid=1000|--regid|1000|--clear-groups|--|/app", "/app"),
		NEXT("setpriv|--no-new-privs|/app", "/app"),
		UNSURE("setpriv|--reset-env|/app"),
		UNSURE("setpriv|-d"),
		UNSURE("chroot|/x|/app"),
		NEXT("chpst|-u|app:app|-o|1024|/app", "/app"),
		UNSURE("chpst|-e|/env|/app"),
		UNSURE("chpst|-/|/root|/app"),
		NEXT("runuser|-u|app|--|/app|x", "/app|x"),
		UNSURE("runuser|app|-c|/app"),
		UNSURE("runuser|--user|app|/app"), /* the short form is what people use */
		NEXT("s6-setuidgid|abc|/app", "/app"),
		UNSURE("taskset|-c|0|/app"),
		UNSURE("sudo|/app"),
		UNSURE("/lib64/ld-linux-x86-64.so.2|/app"),
		UNSURE("/lib/ld-musl-x86_64.so.1|/app"),
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_argv_env(void **state)
{
	static const struct row rows[] = {
		NEXT("env|/app", "/app"),
		NONE("env"),
		NONE("env|A=1"),
		NEXT_ENV("env|A=1|B=x=y|/app|C=3", "/app|C=3", "A|1|B|x=y"),
		NEXT_ENV("/usr/bin/env|-v|--|GOMAXPROCS=4|app", "app", "GOMAXPROCS|4"),
		NEXT_ENV("env|A=|app", "app", "A|<>"),
		NEXT_ENV("env|PATH=/x|/app", "/app", "PATH|/x"),
		UNSURE("env|PATH=/x|app"),
		UNSURE("env|-i|/app"),
		UNSURE("env|-|/app"),
		UNSURE("env|-u|A|/app"),
		UNSURE("env|-S|/app x"),
		UNSURE("env|-C|/x|./app"),
		UNSURE("env|=x|/app"),
		UNSURE("env|--ignore-environment|/app"),
		UNSURE("env|-0"),
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_argv_shell(void **state)
{
	static const struct row rows[] = {
		NEXT("sh|-c|exec /app --flag", "/app|--flag"),
		NEXT("/bin/sh|-c|/app", "/app"),
		NEXT("bash|-c|  app  x\n", "app|x"),
		NEXT("dash|-ec|exec /app", "/app"),
		NEXT("ash|-e|-c|exec /app", "/app"),
		NEXT("bash|--norc|-c|exec /app", "/app"),
		NEXT("sh|-c|exec '/my app' \"a b\" c\\ d", "/my app|a b|c d"),
		NEXT("sh|-c|exec /app ''", "/app|<>"),
		NEXT("sh|-c|exec /app \"$@\"|sh|1|2", "/app|1|2"),
		NEXT("sh|-c|exec \"$@\"|sh|/app|x", "/app|x"),
		NEXT("sh|-c|\"$@\"|sh|/app", "/app"),
		UNSURE("sh|-c|exec \"$@\"|sh"),
		UNSURE("sh|-c|exec \"$@\""),
		NEXT("sh|-c|exec -- /app", "/app"),
		NEXT_ENV("sh|-c|GOGC=50 exec /app", "/app", "GOGC|50"),
		NEXT_ENV("sh|-c|GOGC=50 X='a b' /app", "/app", "GOGC|50|X|a b"),
		NEXT("sh|-c|umask 077; exec /app", "/app"),
		NEXT("sh|-c|exec /app; rm x", "/app"),
		NEXT("sh|-c|exec /app $PORT", "/app|?"),
		NEXT("sh|-c|exec /app *.x", "/app|*.x"),
		NEXT("sh|-c|exec /app --a=${A:-b}", "/app|--a=?"),
		NEXT("sh|-c|exec /app \\\n -x # note", "/app|-x"),
		NEXT("sh|-c|exec /a#b", "/a#b"),
		NEXT("sh|-c|exec tini -- /app", "tini|--|/app"),
		NEXT("sh|-c|exec tini -- $X", "tini|--|?"),
		NEXT("sh|-c|exec tini $X /app", "tini|?|/app"),
		NEXT("sh|-c|/app; true", "/app"),
		NEXT("sh|-c|/app\n/b", "/app ; /b"),
		UNSURE("sh|-c|$APP"),
		UNSURE("sh|-c|exec $APP"),
		UNSURE("sh|-c|exec \"$APP\""),
		UNSURE("sh|-c|exec ~/app"),
		UNSURE("sh|-c|exec /ap?"),
		UNSURE("sh|-c|exec {/a,/b}"),
		UNSURE("sh|-c|exec `x`"),
		UNSURE("sh|-c|exec $(x)"),
		NEXT("sh|-c|exec /app $(x)", "/app|?"),
		NEXT("sh|-c|/app &", "/app"),
		NEXT("sh|-c|/app > /log", "/app"),
		NEXT("sh|-c|a && exec /app", "/app"),
		NEXT("sh|-c|(/app)", "/app"),
		UNSURE("sh|-c|exec /app 'x"),
		UNSURE("sh|-c|exec /app \"x"),
		UNSURE("sh|-c|exec /app \\"),
		UNSURE("sh|-c|exec"),
		NEXT("sh|-c|exec -a x /app", "/app"),
		UNSURE("sh|-c|<>"),
		UNSURE("sh|-c|echo hi"),
		UNSURE("sh|-c|eval /app"),
		NEXT("sh|-c|! /app", "/app"),
		UNSURE("sh|-c|. /x"),
		NEXT("sh|-c|if true; then exec /app; fi", "/app"),
		NEXT("sh|-c|; exec /app", "/app"),
		UNSURE("sh|-c|exec ''"),
		NEXT("sh|-c|exec $@|sh|/app", "/app"),
		UNSURE("sh|-c|exec \"x$@\"|sh|/app"),
		NEXT("sh|-c|exec /app ${X:?no}", "/app|?"),
		NEXT("sh|-c|exec /app ${GOGC:=5}", "/app|?"),
		NEXT("sh|-c|exec /app $((GOGC=5))", "/app|?"),
		UNSURE("sh|-c|GOGC=$X exec /app"),
		UNSURE("sh|-c|PATH=/x exec app"),
		NEXT_ENV("sh|-c|PATH=/x exec /app", "/app", "PATH|/x"),
		UNSURE("sh|-c"),
		UNSURE("sh|-lc|exec /app"),
		UNSURE("sh|-i|-c|exec /app"),
		UNSURE("bash|--login|-c|exec /app"),
		UNSURE("sh|-s"),
		NONE("sh"),
		NONE("sh|-e"),
		NEXT("sh|/entry.sh|a|b", "/entry.sh|a|b"),
		NEXT("sh|-eu|--|./e.sh", "./e.sh"),
		UNSURE("sh|entry.sh"),
		UNSURE("sh|-c|exec /a\x01"),
		UNSURE("sh|-c|exec /a\x7f"),
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_argv_busybox(void **state)
{
	static const struct row rows[] = {
		NEXT("busybox|sh|-c|exec /app", "sh|-c|exec /app"),
		NEXT("/bin/busybox|nice|/app", "nice|/app"),
		NONE("busybox"),
		NONE("busybox|httpd|-f"),
		NONE("busybox|busybox|sh"),
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_argv_dropped_words(void **state)
{
	static struct gt_list argv;
	static struct gt_launch_step step;

	(void)state;
	words(&argv, "tini|--|/app", '|');
	argv.v.dropped = 1;
	gt_program_argv(&argv.v, &step);
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	words(&argv, "/app|x", '|');
	argv.v.dropped = 1;
	gt_program_argv(&argv.v, &step);
	assert_int_equal(step.what, GT_LAUNCH_NONE);
}

static void test_gt_program_argv_names_the_launcher(void **state)
{
	static struct gt_list argv;
	static struct gt_launch_step step;

	(void)state;
	words(&argv, "/sbin/tini|--|/app", '|');
	gt_program_argv(&argv.v, &step);
	assert_string_equal(step.name, "tini");
	words(&argv, "/app", '|');
	gt_program_argv(&argv.v, &step);
	assert_string_equal(step.name, "");
}

/* Launchers in Go, by the package of their main, whatever their file is called. */
static void test_gt_program_go_argv(void **state)
{
	static const struct {
		const char *main_path, *argv, *next; /* NULL: uncertain; "": no launcher */
	} rows[] = {
		{"example.com/app", "/app|--|/b", ""},
		{"", "/app|--|/b", ""},
		{"github.com/tianon/gosu", "/x|nobody|/app|y", "/app|y"},
		{"github.com/tianon/gosu", "/x|--version", NULL},
		{"github.com/tianon/gosu", "/x|nobody", NULL},
		{"github.com/buildpacks/lifecycle/cmd/launcher", "/x|--|/app|--|y", "/app|--|y"},
		{"github.com/buildpacks/lifecycle/cmd/launcher", "/x|web", NULL},
		{"github.com/buildpacks/lifecycle/cmd/launcher", "/x", NULL},
		{"github.com/buildpacks/lifecycle/cmd/launcher", "/x|--", NULL},
		{"github.com/buildpacks/lifecycle/cmd/launcher", "/x|--|--", NULL},
		{"github.com/segmentio/chamber/v2", "/x|exec|svc|--|/app|-y", "/app|-y"},
		{"k8s.io/release/images/build/go-runner", "/x|/app|y", "/app|y"},
		{"k8s.io/release/images/build/go-runner", "/x|--log-file=/l|/app", NULL},
		{"github.com/tektoncd/pipeline/cmd/entrypoint", "/x|-entrypoint|/app|--|y", NULL},
		{"github.com/canonical/pebble/cmd/pebble", "/x|run", NULL},
	};
	static struct gt_program p;
	static struct gt_launch_step step;
	struct gt_list argv;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		enum gt_launch want = !rows[i].next   ? GT_LAUNCH_UNCERTAIN
				      : *rows[i].next ? GT_LAUNCH_NEXT
						      : GT_LAUNCH_NONE;
		char next[256];

		assert_true(gt_copy_str(p.main_path, sizeof(p.main_path), rows[i].main_path));
		words(&argv, rows[i].argv, '|');
		memset(&step, 0xa5, sizeof(step));
		gt_program_go_argv(&p, &argv.v, &step);
		assert_true(step_valid(&step));
		uncommands(&step, next, sizeof(next));
		if (step.what != want || strcmp(next, rows[i].next ? rows[i].next : "") != 0 ||
		    step.predicted != (want != GT_LAUNCH_NONE))
			fail_msg("%s %s: %d [%s]", rows[i].main_path, rows[i].argv, (int)step.what,
				 next);
	}
	words(&argv, "", '|'); /* an exec without arguments */
	gt_program_go_argv(&p, &argv.v, &step);
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
}

/* What is certain by the arguments alone, and what was read from a text. */
static void test_gt_program_argv_predicted(void **state)
{
	static struct gt_list argv;
	static struct gt_launch_step step;

	(void)state;
	words(&argv, "tini|--|/app", '|');
	gt_program_argv(&argv.v, &step);
	assert_false(step.predicted);
	words(&argv, "sh|-c|exec /app", '|');
	gt_program_argv(&argv.v, &step);
	assert_true(step.predicted);
	words(&argv, "sh|/entry.sh", '|');
	gt_program_argv(&argv.v, &step);
	assert_true(step.predicted);
}

/* A vector that is full: no overflow, no certainty about words that are not there. */
static void test_gt_program_argv_many_and_long_words(void **state)
{
	static struct gt_list argv;
	static struct gt_launch_step step;
	char word[4000];

	(void)state;
	memset(word, 'x', sizeof(word));
	words(&argv, "tini|--|/app", '|');
	while (gt_strv_add(&argv.v, word, sizeof(word)) == 0)
		;
	argv.v.dropped = 0;
	gt_program_argv(&argv.v, &step);
	assert_int_equal(step.what, GT_LAUNCH_NEXT);
	assert_int_equal(step.argv[0].n, argv.v.n - 2);

	words(&argv, "sh|-c|exec /app \"$@\" \"$@\" \"$@\"|sh", '|');
	while (gt_strv_add(&argv.v, word, sizeof(word)) == 0)
		;
	argv.v.dropped = 0;
	gt_program_argv(&argv.v, &step);
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN); /* thrice does not fit */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_argv_plain_programs),
		cmocka_unit_test(test_gt_program_argv_options),
		cmocka_unit_test(test_gt_program_argv_env),
		cmocka_unit_test(test_gt_program_argv_shell),
		cmocka_unit_test(test_gt_program_argv_busybox),
		cmocka_unit_test(test_gt_program_argv_dropped_words),
		cmocka_unit_test(test_gt_program_argv_names_the_launcher),
		cmocka_unit_test(test_gt_program_go_argv),
		cmocka_unit_test(test_gt_program_argv_predicted),
		cmocka_unit_test(test_gt_program_argv_many_and_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
