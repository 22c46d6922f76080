/*
 * A search is over in its time, its answer is checked, and a parser that may still be busy with it
 * is not asked again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "decide/jobs.h"
#include "decide/search.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "sandbox/wire.h"
#include "silent_fs.h"
#include "skip.h"

#define SLACK_MS 500 /* for a busy machine */

static struct gt_worker start_parser(void)
{
	struct gt_worker w = {.sock = -1};

	assert_int_equal(
		gt_worker_start(&w, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL, NULL),
		0);
	return w;
}

static void finds(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	struct gt_list argv;
	struct gt_look *l = calloc(1, sizeof(*l));

	(void)ctx;
	gt_list_init(&argv);
	if (!l || gt_strv_add(&argv.v, "env", 3) < 0 || gt_strv_add(&argv.v, "/x", 2) < 0 ||
	    gt_worker_call(parser, GT_JOB_LOOK, -1, &argv, gt_list_len(&argv), l, 1000, NULL) < 0)
		return;
	(void)gt_copy_str(ret->program.path, sizeof(ret->program.path),
			  gt_strv_at(&l->step.argv[0], 0));
	ret->program.kind = GT_PROG_GO;
	ret->var[GT_VAR_GOGC].count++;
	free(l);
}

/* As a parser that answers too late would have it. */
static void loses_the_parser(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	struct gt_list argv;

	(void)ctx;
	gt_list_init(&argv);
	ret->program.note = GT_NOTE_NOT_FOUND;
	(void)!gt_worker_call(parser, GT_JOB_LOOK, -1, &argv, gt_list_len(&argv), NULL, 0, NULL);
}

static void hangs(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	(void)ctx, (void)parser, (void)ret;
	for (volatile int on = 1; on;)
		;
}

static void dies(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	(void)ctx, (void)parser, (void)ret;
	_exit(1);
}

static void lies_about_the_kind(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	(void)ctx, (void)parser;
	memset(&ret->program.kind, 0x7f, sizeof(ret->program.kind));
}

static void writes_no_end(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	(void)ctx, (void)parser;
	memset(ret->var[GT_VAR_GOGC].value, 'x', sizeof(ret->var[GT_VAR_GOGC].value));
}

static void writes_no_error(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	(void)ctx, (void)parser;
	ret->error.code = 5;
}

static void test_search_rows(void **state)
{
	static const struct {
		const char *name;
		gt_search_fn fn;
		enum gt_prog_note note;
		bool answers, keeps_parser;
	} rows[] = {
		{"finds", finds, GT_NOTE_NONE, true, true},
		{"loses the parser", loses_the_parser, GT_NOTE_NOT_FOUND, true, false},
		{"hangs", hangs, GT_NOTE_TOOK_TOO_LONG, false, false},
		{"dies", dies, GT_NOTE_PARSER_DIED, false, false},
		{"kind", lies_about_the_kind, GT_NOTE_PARSER_DIED, false, false},
		{"no end", writes_no_end, GT_NOTE_PARSER_DIED, false, false},
		{"no error", writes_no_error, GT_NOTE_PARSER_DIED, false, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_worker parser = start_parser();
		struct gt_env_var var[GT_VAR_COUNT] = {[GT_VAR_GOGC] = {true, false, 6, "100"}};
		struct gt_found found = {.error.code = 1};
		struct gt_search s;
		int64_t begin = gt_now_ms();

		print_message("%s\n", rows[i].name);
		memcpy(found.var, var, sizeof(var));
		gt_search_start(&s, GT_PHASE_FIND, rows[i].fn, NULL, var, &parser);
		gt_search_await(&s, &found);
		assert_in_range(gt_now_ms() - begin, 0, GT_SEARCH_MS + SLACK_MS);
		assert_int_equal(found.program.note, rows[i].note);
		assert_int_equal(found.error.code, rows[i].answers ? 0 : 1);
		assert_string_equal(found.program.path, rows[i].fn == finds ? "/x" : "");
		assert_int_equal(found.var[GT_VAR_GOGC].count, rows[i].fn == finds ? 7 : 6);
		assert_string_equal(found.var[GT_VAR_GOGC].value, "100");
		assert_int_equal(parser.pid > 0, rows[i].keeps_parser);
		gt_worker_done(&parser);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void test_parser_is_started_again(void **state)
{
	struct gt_decision d = GT_DECISION_NONE;
	pid_t first;

	(void)state;
	assert_int_equal(gt_decide_parser(&d, NULL), 0);
	first = d.parser.pid;
	assert_true(first > 0);
	assert_int_equal(gt_decide_parser(&d, NULL), 0);
	assert_int_equal(d.parser.pid, first);
	gt_worker_done(&d.parser); /* as a search does that lost it */
	assert_int_equal(gt_decide_parser(&d, NULL), 0);
	assert_true(d.parser.pid > 0);
	gt_worker_end(&d.parser); /* nothing more is asked of this one */
	assert_int_equal(gt_decide_parser(&d, NULL), 0);
	assert_false(d.parser.ended);
	gt_decide_done(&d);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* What stands in DIR is never opened, or never read, or never closed. */
static void ask(const char *dir)
{
	char file[64];
	struct gt_program p = {0};
	int64_t begin = gt_now_ms();

	(void)snprintf(file, sizeof(file), "%s/prog", dir);
	assert_int_equal(gt_decide_program(NULL, file, &p, NULL), 0);
	assert_int_equal(p.note, GT_NOTE_TOOK_TOO_LONG);
	assert_string_equal(p.path, file);
	assert_in_range(gt_now_ms() - begin, GT_SEARCH_MS,
			GT_SEARCH_MS + GT_END_WAIT_MS + SLACK_MS);
	begin = gt_now_ms();
	assert_int_equal(gt_decide_program(dir, "/prog", &p, NULL), 0);
	assert_int_equal(p.note, GT_NOTE_TOOK_TOO_LONG);
	assert_in_range(gt_now_ms() - begin, GT_SEARCH_MS,
			GT_SEARCH_MS + GT_END_WAIT_MS + SLACK_MS);
}

static void test_program_on_a_silent_file_system(void **state)
{
	static const uint32_t silent[] = {FUSE_LOOKUP, FUSE_OPEN, FUSE_READ, FUSE_FLUSH};
	char dir[] = "/tmp/gotune-search-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < GT_ARRAY_LEN(silent); i++) {
		pid_t server = silent_fs_start(dir, silent[i]);

		if (server < 0) {
			rmdir(dir);
			SKIP("no file system of our own here: root and /dev/fuse");
		}
		print_message("opcode %u\n", silent[i]);
		ask(dir);
		assert_int_equal(silent_fs_stop(server, dir), 0);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search_rows),
		cmocka_unit_test(test_parser_is_started_again),
		cmocka_unit_test(test_program_on_a_silent_file_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
