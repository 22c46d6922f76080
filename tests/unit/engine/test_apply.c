/*
 * Carrying out changes: all or none, and only over what was read.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/job.h"
#include "gotune/base.h"
#include "gotune/engine.h"

/* A root with a/one = "1\n", and a job on it. */
struct place {
	char dir[64];
	struct gt_engine_job *job;
	struct gt_err e;
};

static void write_text(const struct place *p, const char *path, const char *text)
{
	_cleanup_close_ int fd = openat(p->job->root, path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(gt_write_all(fd, text, strlen(text)), 0);
}

/* Holds PATH exactly TEXT? NULL: it is not there. */
static void expect(const struct place *p, const char *path, const char *text)
{
	struct gt_file f = {0};
	struct gt_err e;

	assert_int_equal(gt_file_read(p->job->root, path, &f, &e), 0);
	assert_int_equal(f.exists, text != NULL);
	assert_string_equal(f.text, text ? text : "");
	gt_file_done(&f);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->job = calloc(1, sizeof(*p->job));
	assert_non_null(p->job);
	(void)gt_copy_str(p->dir, sizeof(p->dir), "/tmp/gotune-apply-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->job->dir = p->dir;
	p->job->root = gt_root_open(p->dir, &p->e);
	assert_true(p->job->root >= 0);
	assert_int_equal(mkdirat(p->job->root, "a", 0755), 0);
	write_text(p, "a/one", "1\n");
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const left[] = {"a/one", "a/two", "x", "b/c/two", "blocked/two"};
	static const char *const dirs[] = {"b/c", "b", "a", "blocked"};
	struct place *p = *state;

	for (unsigned i = 0; i < GT_ARRAY_LEN(left); i++)
		(void)unlinkat(p->job->root, left[i], 0);
	for (unsigned i = 0; i < GT_ARRAY_LEN(dirs); i++)
		(void)unlinkat(p->job->root, dirs[i], AT_REMOVEDIR);
	assert_int_equal(rmdir(p->dir), 0); /* nothing else is left: no temporary file */
	gt_engine_job_done(p->job);
	close(p->job->root);
	free(p->job);
	free(p);
	return 0;
}

static void change(struct place *p, const char *path, const char *text)
{
	struct gt_file f;

	assert_int_equal(gt_file_read(p->job->root, path, &f, &p->e), 0);
	if (text)
		assert_int_equal(gt_change_to(p->job, &f, text, strlen(text), &p->e), 0);
	else
		assert_int_equal(gt_change_remove(p->job, &f, &p->e), 0);
}

static void test_apply_changes_makes_and_removes(void **state)
{
	struct place *p = *state;
	struct stat st;

	change(p, "/a/one", "one\n");
	change(p, "/b/c/two", "2\n");
	assert_int_equal(gt_changes_apply(p->job, &p->e), 0);
	expect(p, "/a/one", "one\n");
	expect(p, "/b/c/two", "2\n");
	assert_int_equal(fstatat(p->job->root, "a/one", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(p->job->root, "b/c/two", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	gt_engine_job_done(p->job);
	change(p, "/b/c/two", NULL);
	change(p, "/a/one", NULL);
	assert_int_equal(gt_changes_apply(p->job, &p->e), 0);
	expect(p, "/b/c/two", NULL);
	/* The directory that was not made by us stays, though it is empty. */
	assert_int_equal(faccessat(p->job->root, "a", F_OK, 0), 0);
}

static void test_apply_second_fails_first_is_taken_back(void **state)
{
	struct place *p = *state;

	change(p, "/b/c/two", "2\n");
	change(p, "/a/one", "one\n");
	change(p, "/blocked/two", "2\n");
	write_text(p, "blocked", ""); /* a file where a directory is needed */
	assert_int_equal(gt_changes_apply(p->job, &p->e), -ENOTDIR);
	assert_non_null(strstr(p->e.msg, "/blocked/two: Not a directory. Nothing was changed"));
	expect(p, "/a/one", "1\n");
	assert_int_equal(faccessat(p->job->root, "b", F_OK, 0), -1);
	assert_int_equal(unlinkat(p->job->root, "blocked", 0), 0);
}

static void test_apply_over_what_someone_else_changed(void **state)
{
	struct place *p = *state;

	change(p, "/x", "x\n");
	change(p, "/a/one", "one\n");
	write_text(p, "a/one", "1, and more\n");
	assert_int_equal(gt_changes_apply(p->job, &p->e), -ESTALE);
	assert_non_null(strstr(p->e.msg, "/a/one was changed by someone else"));
	expect(p, "/a/one", "1, and more\n");
	expect(p, "/x", NULL);
	gt_engine_job_done(p->job);
	change(p, "/x", "x\n");
	write_text(p, "x", "theirs\n");
	assert_int_equal(gt_changes_apply(p->job, &p->e), -EEXIST);
	expect(p, "/x", "theirs\n");
	gt_engine_job_done(p->job);
	change(p, "/a/one", NULL);
	assert_int_equal(unlinkat(p->job->root, "a/one", 0), 0);
	assert_true(gt_changes_apply(p->job, &p->e) < 0);
}

static void test_change_to_the_same_is_none(void **state)
{
	struct place *p = *state;

	change(p, "/a/one", "1\n");
	change(p, "/a/two", NULL);
	assert_int_equal(p->job->n_change, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_apply_changes_makes_and_removes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_apply_second_fails_first_is_taken_back, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_apply_over_what_someone_else_changed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_change_to_the_same_is_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
