/*
 * What the parser says of a program that was exec'd, from the whole way: its jobs on a real file
 * and a stack made by hand, and each lie that must be seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>

#include "decide/jobs.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define SP 0x7ffc00000000ULL

static struct {
	struct gt_exec_ask ask;
	unsigned char stack[4096];
} in;
static struct gt_newcomer is;
static struct gt_stack_answer answer;

/* A stack with ARGV and ENV behind the question, whose length is returned. */
static size_t ask_about(const char *exe, const char *const *argv, const char *const *env)
{
	const char *const *const list[] = {argv, env};
	uint64_t *w = (uint64_t *)(void *)in.stack;
	size_t text = 1024;

	memset(&in, 0, sizeof(in));
	for (size_t i = 0; argv[i]; i++)
		w[0]++;
	w++;
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; list[k][i]; i++) {
			*w++ = SP + text;
			strcpy((char *)in.stack + text, list[k][i]);
			text += strlen(list[k][i]) + 1;
		}
		*w++ = 0;
	}
	*w++ = AT_NULL;
	(void)gt_copy_str(in.ask.exe, sizeof(in.ask.exe), exe);
	in.ask.stack = (struct gt_stack){.len = text, .sp = SP, .limit = UINT64_MAX};
	return sizeof(in.ask) + text;
}

static int do_job(enum gt_parse_job job, int fd, size_t len, void *ret, size_t ret_len)
{
	struct gt_err e = {0};

	memset(ret, 0, ret_len);
	return gt_parse_jobs[job].fn(fd, &in, len, ret, ret_len, &e);
}

static const char *const env[] = {"A=1", "GOGC=50", "GOGC=60", NULL};

/* By its name, and where one file is many programs by what it was called as. */
static void test_newcomer_kinds(void **state)
{
	static const struct {
		const char *exe, *argv[3];
		enum gt_exec_kind want;
	} row[] = {
		{"/bin/app", {"/bin/app", NULL}, GT_EXEC_OTHER},
		{"/bin/dash", {"sh", "-c", NULL}, GT_EXEC_LEADS_ON},
		{"/bin/app", {"sh", NULL}, GT_EXEC_OTHER},
		{"/bin/busybox", {"sh", NULL}, GT_EXEC_LEADS_ON},
		{"/bin/busybox", {"-sh", NULL}, GT_EXEC_LEADS_ON},
		{"/bin/busybox", {"/bin/busybox", "sh", NULL}, GT_EXEC_LEADS_ON},
		{"/bin/busybox.static", {"/usr/sbin/httpd", NULL}, GT_EXEC_OTHER},
		{"/bin/busybox", {"busybox", "httpd", NULL}, GT_EXEC_OTHER},
	};
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		size_t len = ask_about(row[i].exe, row[i].argv, env);

		assert_int_equal(do_job(GT_JOB_NEWCOMER, fd, len, &is, sizeof(is)), 0);
		if (is.kind != row[i].want)
			fail_msg("%s, called %s: %d", row[i].exe, row[i].argv[0], (int)is.kind);
		assert_true(gt_newcomer_valid(&is));
		assert_int_equal(is.program.kind, GT_PROG_OTHER);
		assert_int_equal(is.stack_error, 0);
		assert_string_equal(is.var[GT_VAR_GOGC].value, "50");
		assert_int_equal(is.var[GT_VAR_GOGC].count, 2);
		assert_false(is.var[GT_VAR_GODEBUG].present);
	}
}

static void test_newcomer_without_a_stack(void **state)
{
	static const char *const none[] = {NULL}, *const argv[] = {"sh", NULL};
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	size_t len = ask_about("/bin/sh", argv, none);

	(void)state;
	in.ask.stack.len = 0;
	assert_int_equal(do_job(GT_JOB_NEWCOMER, fd, sizeof(in.ask), &is, sizeof(is)), 0);
	assert_int_equal(is.kind, GT_EXEC_LEADS_ON);
	assert_int_equal(is.stack_error, -ENODATA);
	/* One that is not what the ABI says: nothing is known of its variables. */
	(void)ask_about("/bin/sh", argv, env);
	memset(in.stack, 0xff, 8);
	assert_int_equal(
		do_job(GT_JOB_NEWCOMER, fd, sizeof(in.ask) + in.ask.stack.len, &is, sizeof(is)), 0);
	assert_int_equal(is.stack_error, -EINVAL);
	assert_true(gt_newcomer_valid(&is));
	/* Lengths that do not agree. */
	len = ask_about("/bin/sh", argv, env);
	assert_int_equal(do_job(GT_JOB_NEWCOMER, fd, len - 1, &is, sizeof(is)), -EINVAL);
	assert_int_equal(do_job(GT_JOB_NEWCOMER, fd, sizeof(in.ask) - 1, &is, sizeof(is)), -EINVAL);
	assert_int_equal(do_job(GT_JOB_STACK, -1, len + 1, &answer, sizeof(answer)), -EINVAL);
}

static void test_newcomer_lies(void **state)
{
	static const char *const argv[] = {"app", NULL};
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	size_t len = ask_about("/bin/app", argv, env);
	struct gt_newcomer lie;

	(void)state;
	assert_int_equal(do_job(GT_JOB_NEWCOMER, fd, len, &is, sizeof(is)), 0);
	assert_true(gt_newcomer_valid(&is));
#define LIE(member, value)                                              \
	do {                                                            \
		lie = is;                                               \
		lie.member = (value);                                   \
		if (gt_newcomer_valid(&lie))                            \
			fail_msg(#member " = " #value " was believed"); \
	} while (0)
	LIE(kind, GT_EXEC_LEADS_ON + 1);
	LIE(kind, (enum gt_exec_kind)UINT32_MAX);
	LIE(stack_error, 1);
	LIE(stack_error, -4096);
	LIE(program.kind, GT_PROG_KIND_COUNT);
	LIE(program.note, GT_NOTE_COUNT);
	LIE(program.can_exec, GT_YES + 1);
	LIE(program.loads_later, GT_YES + 1);
	lie = is;
	memset(lie.program.go, 'x', sizeof(lie.program.go));
	assert_false(gt_newcomer_valid(&lie));
	lie = is;
	memset(lie.var[GT_VAR_COUNT - 1].value, 'x', sizeof(lie.var[0].value));
	assert_false(gt_newcomer_valid(&lie));
	lie = is;
	memset(&lie.var[1].present, 2, 1);
	assert_false(gt_newcomer_valid(&lie));
}

static void test_stack_answer_lies(void **state)
{
	static const char *const argv[] = {"app", NULL};
	size_t len = ask_about("/bin/app", argv, env);
	uint32_t used;

	(void)state;
	in.ask.job.n_env = 1;
	(void)gt_copy_str(in.ask.job.env[0].name, sizeof(in.ask.job.env[0].name), "GOMAXPROCS");
	(void)gt_copy_str(in.ask.job.env[0].value, sizeof(in.ask.job.env[0].value), "3");
	assert_int_equal(do_job(GT_JOB_STACK, -1, len, &answer, sizeof(answer)), 0);
	assert_true(answer.stack.changed);
	assert_null(answer.stack.image); /* an address of the parser's means nothing here */
	assert_true(gt_stack_answer_valid(&answer, &in.ask.stack));
	used = answer.arena.a.used;
	answer.arena.a.used = used - 8; /* less was sent than is to be written */
	assert_false(gt_stack_answer_valid(&answer, &in.ask.stack));
	answer.arena.a.used = used + 8;
	assert_false(gt_stack_answer_valid(&answer, &in.ask.stack));
	answer.arena.a.used = used;
	answer.stack.addr += 16;
	assert_false(gt_stack_answer_valid(&answer, &in.ask.stack));
	answer.stack = (struct gt_stack_new){0};
	assert_true(gt_stack_answer_valid(&answer, &in.ask.stack));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newcomer_kinds),
		cmocka_unit_test(test_newcomer_without_a_stack),
		cmocka_unit_test(test_newcomer_lies),
		cmocka_unit_test(test_stack_answer_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
