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
		uncommands(&step, next, sizeof(next));
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

static void test_gt_program_script_predicted(void **state)
{
	static const struct row rows[] = {
		{"exec /app", "/app", NULL},
		{"exec /app\n", "/app", NULL},
		{"exec /app \"$@\"\n", "/app|one|two", NULL},
		{"exec \"$@\"\n", "one|two", NULL},
		{"exec $@\n", "one|two", NULL},
		{"exec \"${@}\"\n", "one|two", NULL},
		{"exec /app -a \"$@\" -b\n", "/app|-a|one|two|-b", NULL},
		{"\n# a comment; if (x)\n  # more\nset -e\nset -eux\nset -o pipefail\nset -euo pipefail\n"
		 "set +x\nexec /app # end\n",
		 "/app", NULL},
		{"umask 022\nulimit -n 4096\nmkdir -p /data \"/a b\"\necho \"starting $APP as ${USER:-me}\"\n"
		 "chown -R app:app $DATA\nprintf 'x\\n'\n[ -d /x ]\nexec /app",
		 "/app", NULL},
		{"cd /srv\nexec ./app", "/srv/./app", NULL},
		{"cd /srv\nexec app", "app", NULL},
		{"cd \"$DIR\"\nexec /app", "/app", NULL},
		{"exec /app \\\n  --a \\\n  --b\n", "/app|--a|--b", NULL},
		{"exec /app; rm -rf /x", "/app", NULL},
		{"exec /app\nif true; then", "/app", NULL},
		{"exec /app\nexec /b", "/app", NULL},
		{"exec /app\nexec $X", "/app", NULL},
		{"exec gosu app /app \"$@\"", "gosu|app|/app|one|two", NULL},
		{"exec gosu \"$U:$G\" env HOME=\"$H\" \"$@\"", "gosu|?:?|env|HOME=?|one|two", NULL},
		{"exec /app $OPTS --x", "/app|?|--x", NULL},
		{"\"/bin/ls\" -l\nexec -- '/app'", "/app", NULL},
		{"exec -a \"$0\" /app", "/app", NULL},
		{"exec -l /app", "/app", NULL},
		{"command exec /app", "/app", NULL},
		/* redirections, documents, lists, pipes */
		{"exec /app >>/log 2>&1 </dev/null", "/app", NULL},
		{"exec 2>&1\nexec &>/log\nexec /app", "/app", NULL},
		{"exec /app > >(tee /log)", "/app", NULL},
		{"cat <<X\nexec /b\nX\nexec /app", "/app", NULL},
		{"cat <<-'X' >/y\n\texec /b\n\tX\nexec /app", "/app", NULL},
		{"cat <<A <<B\nexec /b\nA\nexec /c\nB\nexec /app", "/app", NULL},
		{"cat <<X\nexec /b", NULL, NULL},
		{"true && exec /app", "/app", NULL},
		{"x ||\n  y\nexec /app | tee x", "/app", NULL},
		{"chown a /b || :\nexec /app", "/app", NULL},
		/* compound commands: each exec in them may be the one */
		{"if x; then exec /app; else exec /app; fi", "/app", NULL},
		{"if x; then\n exec /a\nfi\nexec /b", "/a ; /b", NULL},
		{"if x; then :; elif y; then exec /a; else exec /b; fi", "/a ; /b", NULL},
		{"case $X in\n a|b) exec /a ;;\n (c) ;;\n *) exec /b ;;\nesac\nexec /c",
		 "/a ; /b ; /c", NULL},
		{"case \"$1\" in *.yml | -*) exec /a;; esac; exec /b", "/a ; /b", NULL},
		{"for i in exec /b; do x; done\nexec /app", "/app", NULL},
		{"for ((i=0;i<3;i++)); do x; done\nexec /app", "/app", NULL},
		{"while read -r x; do y; done < <(env)\nexec /app", "/app", NULL},
		{"until x; do sleep 1; done\n(exec /b)\n{ exec /c; }\nexec /app", "/b ; /c ; /app",
		 NULL},
		{"[[ $X < y && ( a || b ) ]] && exec /a\nexec /b", "/a ; /b", NULL},
		{"((n++))\nexec /app", "/app", NULL},
		{"f() { exec /a; }\nexec /b", "/a ; /b", NULL},
		{"function f {\n x\n}\nfunction g() { y; }\nexec /app", "/app", NULL},
		{"f() { exec \"$@\"; }\nf \"$@\"", "one|two", NULL},
		{"x=$(echo ' # ) ' \"`exec /b`\" )\nexec /app", "/app", NULL},
		{"trap 'exec /b' TERM\nexec /app", "/app", NULL},
		{"exit 1\nexec /app", NULL, NULL},
		{"[ x ] || exit 1\nexec /app", "/app", NULL},
		/* the meanings of "$@" */
		{"set -- /app \"$@\"\nexec \"$@\"", "one|two ; /app|one|two", NULL},
		{"if x; then set -- one \"$@\"; fi\nexec \"$@\"", "one|two", NULL},
		{"set -- gosu app \"$@\"\nexec \"$@\"", "one|two ; gosu|app|one|two", NULL},
		{"shift\nexec \"$@\"", "one|two ; two", NULL},
		{"shift\nset -- /app \"$@\"\nexec \"$@\"", "one|two ; two ; /app|one|two", NULL},
		{"set a\nexec \"$@\"", "one|two ; a", NULL},
		{"set -eu -o pipefail -- a\nexec \"$@\"", "one|two ; a", NULL},
		/* variables */
		{"BIN=/app\nexec \"$BIN\" -x", "/app|-x", NULL},
		{"D=/opt\nexec ${D}/bin/app", "/opt/bin/app", NULL},
		{"A=a\nB=$A/b\nexec /$B", "/a/b", NULL},
		{"A=1\nB='x y' C=\"$HOME\"\nexport D=4 E\nexport F=\"$A\"\nexec /app", "/app",
		 "D|4|F|1"},
		{"export GOMAXPROCS=4\nexec /app", "/app", "GOMAXPROCS|4"},
		{"export \"GOMEMLIMIT=1GiB\" 'GOGC=50'\nexec /app", "/app",
		 "GOMEMLIMIT|1GiB|GOGC|50"},
		{"export GOMAXPROCS\nexec /app", "/app", NULL},
		{"GODEBUG=gctrace=1 exec /app", "/app", "GODEBUG|gctrace=1"},
		{"GOGC=50 /init\nexec /app", "/app", NULL},
		{"export PATH=/x:/y\nexec /app", "/app", "PATH|/x:/y"},
		{"export \"$V\"=\"$(cat /f)\"\nexec /app", "/app", NULL},
		{"eval k=\"\\$$n\"\nexec /app", "/app", NULL},
		/* without an exec: what is no utility */
		{"/app", "/app", NULL},
		{"mkdir -p /x && /app \"$@\"", "/app|one|two", NULL},
		{"/a; /b", "/a ; /b", NULL},
		{"/app &\nchild=$!\nwait $child", "/app", NULL},
		{"f() { /a; }\nf", "/a", NULL},
		{"GOGC=50 /app", "/app", "GOGC|50"},
		{"if [ x ]; then echo y | sed s/x/y/ >/z; fi\n/app", "/app", NULL},
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_gt_program_script_unpredictable(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"# exec /app",
		"exec",
		"exec ''",
		"exec > /log",
		"mkdir /x",
		/* a program that is not known */
		"exec $APP",
		"exec \"$APP\"",
		"exec ${APP:-/app}",
		"exec `x`",
		"exec $(x)",
		"exec /a*",
		"exec ~/app",
		"exec \"$1\"",
		"exec \"$@\"x",
		"exec \"${CMD[@]}\"",
		"if x; then exec $X; fi; exec /app",
		"BIN=/a\nBIN=/b\nexec $BIN",
		"[ x ] || BIN=/a\nexec $BIN",
		"BIN=/a\nread BIN\nexec $BIN",
		"for BIN in /a; do exec $BIN; done",
		"BIN+=/a\nexec $BIN",
		/* what may lead elsewhere, unseen */
		". /env\nexec /app",
		"source /env\nexec /app",
		"eval x\nexec /app",
		"alias a=b\nexec /app",
		"exec() { x; }\nexec /app",
		"enable -n exec\nexec /app",
		"exec -c /app",
		"export PATH=/x\nexec app",
		"PATH=/x\nexec app",
		"PATH=/x:$PATH\nexec app",
		"PATH=/x\nexec \"$@\"",
		"cd srv\nexec ./app",
		"cd \"$X\"\nexec ./app",
		"cd\nexec ./app",
		"cd -\nexec ./app",
		"[ x ] && cd /x\nexec ./app",
		"popd\nexec ./app",
		/* the arguments */
		"while x; do shift; done\nexec \"$@\"",
		"shift 2\nexec \"$@\"",
		"while x; do set -- /a; done\nexec \"$@\"",
		"f() { exec \"$@\"; }\nf /b \"$@\"",
		"f() { shift; exec \"$@\"; }\nf \"$@\"",
		"set -- $X\nexec \"$@\"",
		/* our variables, with values that are not known */
		"unset GOGC\nexec /app",
		"read GOGC\nexec /app",
		"printf -v GOGC 1\nexec /app",
		"GOGC=50\nexec /app",
		"GOGC=$X\nexec /app",
		"export GOGC=$X\nexec /app",
		"export GOGC=\"$X\"\nexec /app",
		"export \"GOGC=$X\"\nexec /app",
		"export -n GOGC\nexec /app",
		"export GOGC=`x`\nexec /app",
		"GOGC=$X exec /app",
		"if x; then export GOGC=5; fi\nexec /app",
		/* broken, or too much for us */
		"exec /app 'x",
		"exec /app \"x",
		"echo 'a\nexec /app",
		"echo \"${X\nexec /app",
		"exec /app\r\n",
		"echo\0331\nexec /app",
		"fi\nexec /app",
		")\nexec /app",
		"done\nexec /app",
		"exec /app \\",
		"case x",
		"x (y)\nexec /app",
		"[[ x\nexec /app",
		"exec /app <",
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "#!/bin/bash\n%s", texts[i]);
		inspect(text, strlen(text), "/entry.sh one two");
		assert_true(step.predicted);
		if (step.what == GT_LAUNCH_UNCERTAIN && step.n_argv == 0 && step.env.n == 0)
			continue;
		print_error("%s: predicted: %s\n", texts[i], gt_strv_at(&step.argv[0], 0));
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* "$0" is the script itself, which may be started again by it. */
static void test_gt_program_script_itself(void **state)
{
	static const char text[] = "#!/bin/bash\n[ x ] && exec gosu app \"$0\" \"$@\"\n"
				   "exec gosu b \"$BASH_SOURCE\"\n";
	char next[256];

	(void)state;
	inspect(text, sizeof(text) - 1, "/e.sh one");
	uncommands(&step, next, sizeof(next));
	assert_string_equal(next, "gosu|app|/e.sh|one ; gosu|b|/e.sh");
}

/* More commands, and more meanings of "$@", than are followed. */
static void test_gt_program_script_too_many(void **state)
{
	static const char many[] =
		"#!/bin/sh\nif x; then exec /a; exec /b; exec /c; exec /d; exec /e; "
		"exec /f; fi\nexec /g\n";
	static const char few[] =
		"#!/bin/sh\nif x; then exec /a; exec /b; exec /c; exec /d; exec /e; "
		"fi\nexec /f\n";
	static const char sets[] = "#!/bin/sh\nset -- a\nset -- b\nset -- c\nset -- d\nset -- e\n"
				   "set -- f\nset -- g\nexec \"$@\"\n";

	(void)state;
	inspect(few, sizeof(few) - 1, "/e.sh");
	assert_int_equal(step.n_argv, 6);
	inspect(many, sizeof(many) - 1, "/e.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
	inspect(sets, sizeof(sets) - 1, "/e.sh");
	assert_int_equal(step.what, GT_LAUNCH_UNCERTAIN);
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
		{"#!/usr/bin/env -S bash -e", GT_LAUNCH_NEXT},
		{"#!/usr/bin/env -S sh", GT_LAUNCH_NEXT},
		{"#!/usr/bin/env -S bash -l", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/env -S A=1 bash", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/dumb-init /bin/sh", GT_LAUNCH_NEXT},
		{"#!/usr/bin/dumb-init", GT_LAUNCH_UNCERTAIN},
		{"#!/usr/bin/dumb-init -- /bin/sh", GT_LAUNCH_UNCERTAIN},
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
		assert_true(step.what == GT_LAUNCH_UNCERTAIN || step.n_argv > 0);
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
		cmocka_unit_test(test_gt_program_script_predicted),
		cmocka_unit_test(test_gt_program_script_unpredictable),
		cmocka_unit_test(test_gt_program_script_itself),
		cmocka_unit_test(test_gt_program_script_too_many),
		cmocka_unit_test(test_gt_program_script_interpreter),
		cmocka_unit_test(test_gt_program_script_name),
		cmocka_unit_test(test_gt_program_script_sizes),
		cmocka_unit_test(test_gt_program_script_random_bytes),
		cmocka_unit_test(test_gt_program_is_script_rows),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
