/*
 * Scripts, as rows: the text, the words it was started with, and what it finally runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/program.h"
#include "program/steps.h"

/* V as words that end in '|'. */
static void unwords(const struct gt_strv *v, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (const char *w = gt_strv_next(v, NULL); w; w = gt_strv_next(v, w)) {
		(void)gt_append(buf, cap, w);
		(void)gt_append(buf, cap, "|");
	}
}

static struct gt_launch_step step;

static void inspect(const char *text, size_t len, const char *argv)
{
	_cleanup_close_ int fd = memfd_create("script", MFD_CLOEXEC);
	static struct gt_list v;

	assert_int_equal(write(fd, text, len), (ssize_t)len);
	words(&v, argv, ' ');
	memset(&step, 0xa5, sizeof(step)); /* nothing may be left unset */
	gt_program_script(fd, &v.v, &step);
	assert_true(step_valid(&step));
	assert_true(step.what == GT_LAUNCH_NEXT || step.what == GT_LAUNCH_UNCERTAIN);
}

struct row {
	const char *text; /* after the interpreter line */
	const char *next; /* NULL: uncertain */
	const char *env;
};

/* Started as /entry.sh one two. */
static void check(const struct row *rows, size_t n)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct row *t = &rows[i];
		char text[2048], next[1024], env[1024];

		(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s", t->text);
		inspect(text, strlen(text), "/entry.sh one two");
		unwords(&step.argv, next, sizeof(next));
		unwords(&step.env, env, sizeof(env));
		assert_string_equal(step.name, "entry.sh");
		if ((step.what == GT_LAUNCH_NEXT) == (t->next != NULL) &&
		    strcmp(next, t->next ? t->next : "") == 0 &&
		    strcmp(env, t->env ? t->env : "") == 0)
			continue;
		print_error("%s: got %d [%s] env [%s]\n", t->text, (int)step.what, next, env);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_gt_program_script_certain(void **state)
{
	static const struct row rows[] = {
		{"exec /app", "/app|", NULL},
		{"exec /app\n", "/app|", NULL},
		{"exec /app \"$@\"\n", "/app|one|two|", NULL},
		{"exec \"$@\"\n", "one|two|", NULL},
		{"exec /app -a \"$@\" -b\n", "/app|-a|one|two|-b|", NULL},
		{"\n# a comment; if (x)\n  # more\nset -e\nset -eux\nset -o pipefail\nset -euo pipefail\n"
		 "set +x\nexec /app # end\n",
		 "/app|", NULL},
		{"umask 022\nulimit -n 4096\nmkdir -p /data \"/a b\"\necho \"starting $APP as ${USER:-me}\"\n"
		 "chown -R app:app $DATA\nprintf 'x\\n'\n[ -d /x ]\nexec /app",
		 "/app|", NULL},
		{"A=1\nB='x y' C=\"$HOME\"\nexport D=4 E\nexport F=\"$A\"\nexec /app", "/app|",
		 "D|4|"},
		{"export GOMAXPROCS=4\nexec /app", "/app|", "GOMAXPROCS|4|"},
		{"export \"GOMEMLIMIT=1GiB\" 'GOGC=50'\nexec /app", "/app|",
		 "GOMEMLIMIT|1GiB|GOGC|50|"},
		{"export GOMAXPROCS\nexec /app", "/app|", NULL},
		{"GODEBUG=gctrace=1 exec /app", "/app|", "GODEBUG|gctrace=1|"},
		{"GOGC=50 /init\nexec /app", "/app|", NULL},
		{"cd /srv\nexec ./app", "/srv/./app|", NULL},
		{"cd /srv\nexec app", "app|", NULL},
		{"cd \"$DIR\"\nexec /app", "/app|", NULL},
		{"cd /srv\nexec \"$@\"", "one|two|", NULL},
		{"export PATH=/x:/y\nexec /app", "/app|", "PATH|/x:/y|"},
		{"exec /app \\\n  --a \\\n  --b\n", "/app|--a|--b|", NULL},
		{"exec /app; rm -rf /x", "/app|", NULL},
		{"exec /app\nif true; then", "/app|", NULL},
		{"exec gosu app /app \"$@\"", "gosu|app|/app|one|two|", NULL},
		{"exec env A=1 \"$@\"", "env|A=1|one|two|", NULL},
		{"exec /app $OPTS --x", "/app|$|", NULL},
		{"exec /app \"$@\"x", "/app|$|", NULL},
		{"exec /app \"$1\"", "/app|$|", NULL},
		{"exec /app $@", "/app|$|", NULL},
		{"\"/bin/ls\" -l\nexec -- '/app'", "/app|", NULL},
		{"/bin/migrate --a=b 'x|y' \"a&b\" c\\;d\nexec /app", "/app|", NULL},
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_script_uncertain(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"# exec /app",
		"/app",
		"/app \"$@\"",
		"exec",
		"exec ''",
		"exec $APP",
		"exec \"$APP\"",
		"exec ${APP:-/app}",
		"exec `x`",
		"exec $(x)",
		"exec /a*",
		"exec ~/app",
		"exec \"$1\"",
		"exec $@",
		"exec -a n /app",
		"exec > /log",
		"exec /app > /log",
		"exec /app 2>&1",
		"exec /app &",
		"exec /app | tee x",
		"exec /app || true",
		"true && exec /app",
		"(exec /app)",
		"{ exec /app; }",
		"if true; then exec /app; fi",
		"if x; then\n y\nfi\nexec /app",
		"for i in a; do x; done\nexec /app",
		"while :; do x; done\nexec /app",
		"case x in x) ;; esac\nexec /app",
		"f() { x; }\nexec /app",
		"function f\nexec /app",
		". /env\nexec /app",
		"source /env\nexec /app",
		"eval x\nexec /app",
		"trap x INT\nexec /app",
		"exit 1\nexec /app",
		"return\nexec /app",
		"set -- a b\nexec \"$@\"",
		"set a\nexec \"$@\"",
		"set -a\nexec /app",
		"set\nexec /app",
		"set -o\nexec /app",
		"set -o allexport\nexec /app",
		"set -o x\nexec /app",
		"shift\nexec \"$@\"",
		"alias a=b\nexec /app",
		"unset GOGC\nexec /app",
		"read GOGC\nexec /app",
		"command exec /x\nexec /app",
		"builtin x\nexec /app",
		"! x\nexec /app",
		"[[ x ]]\nexec /app",
		"printf -v GOGC 1\nexec /app",
		"kill 1\nexec /app",
		"readonly A=1\nexec /app",
		"declare -x A=1\nexec /app",
		"GOGC=50\nexec /app",
		"GOGC=$X\nexec /app",
		"export GOGC=$X\nexec /app",
		"export GOGC=\"$X\"\nexec /app",
		"export \"GOGC=$X\"\nexec /app",
		"export $X\nexec /app",
		"export -n GOGC\nexec /app",
		"export \"$@\"\nexec /app",
		"export GOGC=`x`\nexec /app",
		"GOGC=$X exec /app",
		"A=$((GOGC=5))\nexec /app",
		"echo ${GOGC:=5}\nexec /app",
		"echo ${GOGC=5}\nexec /app",
		"echo ${X?}\nexec /app",
		"echo ${X%y}\nexec /app",
		"echo \"${X\nexec /app",
		"echo $(x)\nexec /app",
		"$X\nexec /app",
		"$X y\nexec /app",
		"export PATH=/x\nexec app",
		"PATH=/x\nexec app",
		"PATH=/x:$PATH\nexec app",
		"PATH=/x\nexec \"$@\"",
		"cd srv\nexec ./app",
		"cd \"$X\"\nexec ./app",
		"cd\nexec ./app",
		"cd -\nexec ./app",
		"chdir /x\nexec ./app",
		"pushd /x\nexec ./app",
		"exec \"$@\"x",
		"exec /app \"`x`\"",
		"cat <<X\nexec /app\nX\nexec /b",
		"echo x > /y\nexec /app",
		"x & y\nexec /app",
		"x; ; exec /app",
		";; exec /app",
		"exec /app 'x",
		"exec /app \"x",
		"echo 'a\nexec /app",
		"exec tini -- $X",
		"exec env $X \"$@\"",
		"exec /app $",
		"exec /app\r\n",
		"A=1 export GOGC=5\nexec /app",
		"A=1 set -- x\nexec \"$@\"",
		"echo\0331\nexec /app",
		"GOGC=50 :\nexec /app",
		"A=1 eval x\nexec /app",
		"time x\nexec /app",
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "#!/bin/bash\n%s", texts[i]);
		inspect(text, strlen(text), "/entry.sh one two");
		if (step.what == GT_LAUNCH_UNCERTAIN && step.argv.n == 0 && step.env.n == 0)
			continue;
		print_error("%s: taken for certain: %s\n", texts[i], gt_strv_at(&step.argv, 0));
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_gt_program_script_interpreter(void **state)
{
	static const struct {
		const char *line;
		enum gt_launch what;
	} rows[] = {
		{"#!/bin/sh", GT_LAUNCH_NEXT},
		{"#! /bin/sh ", GT_LAUNCH_NEXT},
		{"#!/bin/sh\t-e", GT_LAUNCH_NEXT},
		{"#!/bin/bash -eu", GT_LAUNCH_NEXT},
		{"#!/usr/bin/dash", GT_LAUNCH_NEXT},
		{"#!/bin/ash", GT_LAUNCH_NEXT},
		{"#!/bin/busybox sh", GT_LAUNCH_NEXT},
		{"#!/usr/bin/env bash", GT_LAUNCH_NEXT},
		{"#!/usr/bin/env sh", GT_LAUNCH_NEXT},
		{"#!/usr/bin/env", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/env -S bash -e", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/env bash -e", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/env A=1", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/busybox", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/busybox awk", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/python3", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/zsh", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/sh -c", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/sh -l", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/bash --login", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/sh -e -u", GT_LAUNCH_UNCERTAIN},
		{"#!/bin/sh\r", GT_LAUNCH_UNCERTAIN},
		{"#!sh", GT_LAUNCH_UNCERTAIN},
		{"#!", GT_LAUNCH_UNCERTAIN},
		{"#", GT_LAUNCH_UNCERTAIN},
		{"", GT_LAUNCH_UNCERTAIN},
		{"echo", GT_LAUNCH_UNCERTAIN},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s\nexec /app\n", rows[i].line);
		inspect(text, strlen(text), "/entry.sh");
		if (step.what != rows[i].what)
			fail_msg("%s: got %d", rows[i].line, (int)step.what);
		inspect(rows[i].line, strlen(rows[i].line), "/entry.sh"); /* no more than that */
		assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	}
}

static void test_gt_program_script_name(void **state)
{
	(void)state;
	inspect("#!/bin/sh\nexec /app", 19, "/x/\033[1m\xc3");
	assert_string_equal(step.name, "?[1m?");
	inspect("#!/bin/sh\nexec /app", 19, "");
	assert_string_equal(step.name, "");
}

static void test_gt_program_script_sizes(void **state)
{
	static char text[70000];
	const size_t max = 64 << 10;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, "#!/bin/sh\n", 10);
	memcpy(text + max - 9, "exec /app", 9);
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_NEXT);
	inspect(text, max + 1, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	text[100] = '\0';
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	memset(text + 10, 'x', 5000); /* a word that is too long */
	text[5010] = '\n';
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	memcpy(text + 10, "x ", 2);
	for (size_t i = 10; i < 410; i += 2) /* too many words */
		memcpy(text + i, "x ", 2);
	text[410] = '\n';
	text[5009] = '\n';
	memset(text + 411, '\n', 4600);
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	memset(text + 200, ' ', 211);
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_NEXT);
	memset(text, '#', sizeof(text)); /* an interpreter line without an end */
	text[1] = '!';
	inspect(text, max, "/entry.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
}

/* Any bytes: an answer, and never a crash. */
static void test_gt_program_script_random_bytes(void **state)
{
	static const char alphabet[] = "exec /app\"$@\"'\\\n;#{}()=&|<>`!$~*?[ABab01:-\0\xff\t";
	uint64_t s = 88172645463325252u;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		char text[200] = "#!/bin/sh\n";
		size_t len = 10 + i % 180;

		for (size_t k = 10; k < len; k++) {
			s ^= s << 13;
			s ^= s >> 7;
			s ^= s << 17;
			text[k] = alphabet[(s >> 8) % (sizeof(alphabet) - 1)];
		}
		inspect(text, len, "/entry.sh one two");
		assert_true(step.what == GT_LAUNCH_UNCERTAIN || step.argv.n > 0);
	}
}

static void test_gt_program_is_script_rows(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {{"#!/bin/sh\n", true},
		    {"#!", true},
		    {"#", false},
		    {"", false},
		    {"# !", false},
		    {"\x7f"
		     "ELF",
		     false}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int fd = memfd_create("script", MFD_CLOEXEC);
		size_t len = strlen(rows[i].text);

		assert_int_equal(write(fd, rows[i].text, len), (ssize_t)len);
		if (gt_program_is_script(fd) != rows[i].want)
			fail_msg("[%s]", rows[i].text);
	}
	assert_false(gt_program_is_script(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_script_certain),
		cmocka_unit_test(test_gt_program_script_uncertain),
		cmocka_unit_test(test_gt_program_script_interpreter),
		cmocka_unit_test(test_gt_program_script_name),
		cmocka_unit_test(test_gt_program_script_sizes),
		cmocka_unit_test(test_gt_program_script_random_bytes),
		cmocka_unit_test(test_gt_program_is_script_rows),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
