/*
 * The kept form of the policy: it is used as long as no file has changed, and in no other case; and
 * whatever is wrong with it, what counts is what the files say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "policy/ahead.h"
#include "policy/cache.h"

static char dir[] = "/tmp/gotune-cache-XXXXXX";
static int root = -1, records = -1;
static unsigned n_asked;

static int open_records(void *ctx)
{
	n_asked++;
	return *(int *)ctx;
}

static struct gt_policy_cache cache = {open_records, &records, true};

static const char *path_of(const char *name)
{
	static char path[2][256];
	static unsigned i;

	i = 1 - i;
	assert_true(snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name) < 256);
	return path[i];
}

#define ETC(name) path_of("etc/gotune/" name)
#define RUN(name) path_of("run/" name)

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) < 0)
			(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	if (d)
		(void)closedir(d);
}

/* A policy file, a directory with one drop-in, nothing kept. */
static int set_up(void **state)
{
	(void)state;
	ahead_s = 60;
	cache.may_write = true;
	n_asked = 0;
	empty(RUN(""));
	empty(ETC("policy.d"));
	empty(ETC(""));
	(void)mkdir(ETC("policy.d"), 0755);
	put(ETC("policy.json"), "{\"mode\": \"audit\", \"rules\": [{\"name\": \"r\"}]}");
	put(ETC("policy.d/10.json"), "{\"on_error\": \"fail\"}");
	return 0;
}

static int make_machine(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || mkdir(path_of("etc"), 0755) < 0 || mkdir(ETC(""), 0755) < 0 ||
	    mkdir(path_of("run"), 0700) < 0)
		return -1;
	root = gt_root_open(dir, NULL);
	records = open(RUN(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 || records < 0 ? -1 : 0;
}

static int remove_machine(void **state)
{
	(void)state;
	empty(RUN(""));
	empty(ETC("policy.d"));
	empty(ETC(""));
	return rmdir(RUN("")) < 0 || rmdir(ETC("")) < 0 || rmdir(path_of("etc")) < 0 ||
			       rmdir(dir) < 0
		       ? -1
		       : 0;
}

static void add_row(void *ctx, const char *key, const char *value, const char *source)
{
	gt_buf_fmt(ctx, "%s=%s <%s\n", key, value, source);
}

/* Was P mapped from the file NAME? */
static bool is_kept_form(const struct gt_policy *p, const char *name)
{
	struct stat st;

	return stat(path_of(name), &st) == 0 && p->own.len == (size_t)st.st_size;
}

/* Loads the policy of FILE (NULL: the machine's), which is what the files say; was it kept? */
static bool load_kept(const char *file)
{
	struct gt_policy p = {0}, q = {0};
	struct gt_buf a = {0}, b = {0};
	bool kept;

	assert_int_equal(gt_policy_load(root, file, &cache, &p, NULL), 0);
	assert_int_equal(gt_read_policy(root, file, &q, NULL), 0);
	gt_policy_rows(&p, add_row, &a);
	gt_policy_rows(&q, add_row, &b);
	assert_string_equal(a.p, b.p);
	assert_int_equal(p.broken, q.broken);
	assert_int_equal(p.n_layer, q.n_layer);
	/* Compiled anew it has no head, and its length is not a file's. */
	kept = p.own.p && memcmp(p.own.p, "gotune\n", 7) == 0;
	if (kept && !file)
		assert_true(is_kept_form(&p, "run/policy.cache"));
	gt_buf_done(&a);
	gt_buf_done(&b);
	gt_policy_done(&p);
	gt_policy_done(&q);
	return kept;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void test_what_the_files_say_is_kept(void **state)
{
	struct stat st;

	(void)state;
	assert_false(load_kept(NULL));
	assert_int_equal(stat(RUN("policy.cache"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(load_kept(NULL));
	assert_true(load_kept(NULL));
}

static void test_without_files_nothing_is_read(void **state)
{
	struct gt_policy p = {0};

	(void)state;
	empty(ETC("policy.d"));
	empty(ETC(""));
	assert_int_equal(gt_policy_load(root, NULL, &cache, &p, NULL), 0);
	assert_null(p.own.p);
	assert_string_equal(p.default_profile, "balanced");
	gt_policy_done(&p);
	assert_false(load_kept(NULL));
	assert_int_equal(n_asked, 0);
	assert_false(exists(RUN("policy.cache")));
	/* An empty directory of drop-ins is kept track of, too. */
	assert_int_equal(mkdir(ETC("policy.d"), 0755), 0);
	assert_false(load_kept(NULL));
	assert_true(load_kept(NULL));
	put(ETC("policy.d/1.json"), "{\"mode\": \"off\"}");
	assert_false(load_kept(NULL));
}

static void test_nothing_is_written_where_it_may_not_be(void **state)
{
	int none = -ENOENT;

	(void)state;
	cache.may_write = false;
	assert_false(load_kept(NULL));
	assert_false(exists(RUN("policy.cache")));
	cache.may_write = true;
	cache.ctx = &none;
	assert_false(load_kept(NULL));
	cache.ctx = &records;
	assert_false(exists(RUN("policy.cache")));
	assert_false(load_kept(NULL));
	cache.may_write = false; /* but it may be read */
	assert_true(load_kept(NULL));
}

/* A change after it was read could bear the same time. */
static void test_young_files_are_not_kept(void **state)
{
	(void)state;
	for (ahead_s = -10; ahead_s < 3; ahead_s++) {
		assert_false(load_kept(NULL));
		assert_false(exists(RUN("policy.cache")));
	}
	ahead_s = 4;
	assert_false(load_kept(NULL));
	assert_true(load_kept(NULL));
}

/* Each of them counts, the directory too. */
static void test_one_young_file_is_enough(void **state)
{
	struct gt_policy_key k = {.dir = {.ctime_s = 97}, .n_file = 2};

	(void)state;
	k.file[0].ctime_s = k.file[1].ctime_s = 97;
	assert_true(gt_policy_key_is_settled(&k, 100));
	k.dir.ctime_s = 98;
	assert_false(gt_policy_key_is_settled(&k, 100));
	k.dir.ctime_s = 0; /* there is none */
	assert_true(gt_policy_key_is_settled(&k, 100));
	k.file[1].ctime_s = 200;
	assert_false(gt_policy_key_is_settled(&k, 100));
}

/* ---- changes ---- */

static void same_size(void)
{
	put(ETC("policy.json"), "{\"mode\": \"audit\", \"rules\": [{\"name\": \"s\"}]}");
}

static void old_time(void)
{
	struct stat st;

	assert_int_equal(stat(ETC("policy.json"), &st), 0);
	same_size();
	assert_int_equal(utimensat(AT_FDCWD, ETC("policy.json"),
				   (struct timespec[]){st.st_atim, st.st_mtim}, 0),
			 0);
}

static void replaced(void)
{
	put(ETC("new"), "{\"mode\": \"audit\"}");
	assert_int_equal(rename(ETC("new"), ETC("policy.json")), 0);
}

static void removed(void)
{
	assert_int_equal(unlink(ETC("policy.json")), 0);
}

static void chmodded(void)
{
	assert_int_equal(chmod(ETC("policy.json"), 0666), 0);
}

static void drop_in_changed(void)
{
	put(ETC("policy.d/10.json"), "{\"mode\": \"off\"}");
}

static void drop_in_added(void)
{
	put(ETC("policy.d/20.json"), "{\"mode\": \"off\"}");
}

static void drop_in_removed(void)
{
	assert_int_equal(unlink(ETC("policy.d/10.json")), 0);
}

static void drop_in_renamed(void)
{
	assert_int_equal(rename(ETC("policy.d/10.json"), ETC("policy.d/20.json")), 0);
}

static void drop_ins_swapped(void)
{
	put(ETC("policy.d/20.json"), "{\"on_error\": \"continue\"}");
	(void)load_kept(NULL);
	assert_int_equal(renameat2(AT_FDCWD, ETC("policy.d/10.json"), AT_FDCWD,
				   ETC("policy.d/20.json"), RENAME_EXCHANGE),
			 0);
}

static void no_drop_ins(void)
{
	empty(ETC("policy.d"));
	assert_int_equal(rmdir(ETC("policy.d")), 0);
}

static void became_a_link(void)
{
	assert_int_equal(rename(ETC("policy.json"), ETC("other")), 0);
	put(ETC("other"), "{\"mode\": \"off\"}");
	assert_int_equal(symlink("other", ETC("policy.json")), 0);
}

static void became_broken(void)
{
	put(ETC("policy.json"), "{");
}

static void became_a_directory(void)
{
	removed();
	assert_int_equal(mkdir(ETC("policy.json"), 0755), 0);
}

static void test_each_change_counts(void **state)
{
	static const struct {
		const char *name;
		void (*change)(void);
		bool broken;
	} rows[] = {
		{"same size", same_size, false},
		{"same size, old time", old_time, false},
		{"replaced", replaced, false},
		{"removed", removed, false},
		{"anybody may write", chmodded, true},
		{"drop-in changed", drop_in_changed, false},
		{"drop-in added", drop_in_added, false},
		{"drop-in removed", drop_in_removed, false},
		{"drop-in renamed", drop_in_renamed, false},
		{"drop-ins swapped", drop_ins_swapped, false},
		{"no drop-ins", no_drop_ins, false},
		{"a link", became_a_link, false},
		{"broken", became_broken, true},
		{"a directory", became_a_directory, true},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		(void)set_up(state);
		assert_false(load_kept(NULL));
		assert_true(load_kept(NULL));
		rows[i].change();
		if (load_kept(NULL))
			fail_msg("%s: the old form was used", rows[i].name);
		if (load_kept(NULL) == rows[i].broken)
			fail_msg("%s: %s", rows[i].name, rows[i].broken ? "kept" : "not kept");
	}
}

/* A link whose target changes, as Kubernetes' ..data is. */
static void test_links_are_followed(void **state)
{
	(void)state;
	put(ETC("a"), "{\"mode\": \"off\"}");
	put(ETC("b"), "{\"mode\": \"audit\"}");
	assert_int_equal(symlink("a", ETC("data")), 0);
	assert_int_equal(unlink(ETC("policy.json")), 0);
	assert_int_equal(symlink("data", ETC("policy.json")), 0);
	assert_false(load_kept(NULL));
	assert_true(load_kept(NULL));
	assert_int_equal(symlink("b", ETC("data2")), 0);
	assert_int_equal(rename(ETC("data2"), ETC("data")), 0);
	assert_false(load_kept(NULL));
	assert_true(load_kept(NULL));
}

/* ---- what is wrong with the kept form ---- */

static void poke(off_t at, unsigned char byte)
{
	int fd = open(RUN("policy.cache"), O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static off_t size_now(void)
{
	struct stat st;

	assert_int_equal(stat(RUN("policy.cache"), &st), 0);
	return st.st_size;
}

static void other_magic(void)
{
	poke(0, 'G');
}

static void other_build(void)
{
	poke(8, 0x5a);
	poke(9, 0xa5);
}

static void other_head(void)
{
	poke(17, 0);
}

static void other_length(void)
{
	poke(24, 1);
}

static void other_count_of_files(void)
{
	poke(32 + 56, 3);
}

static void bad_block(void)
{
	poke(4096 + 8, 3); /* where the profiles are: no multiple of 8 */
}

static void cut(void)
{
	assert_int_equal(truncate(RUN("policy.cache"), size_now() - 1), 0);
}

static void grown(void)
{
	assert_int_equal(truncate(RUN("policy.cache"), size_now() + 4096), 0);
}

static void head_alone(void)
{
	assert_int_equal(truncate(RUN("policy.cache"), 4096), 0);
}

static void nothing(void)
{
	assert_int_equal(truncate(RUN("policy.cache"), 0), 0);
}

static void too_large(void)
{
	assert_int_equal(truncate(RUN("policy.cache"), 64 << 20), 0);
}

static void readable(void)
{
	assert_int_equal(chmod(RUN("policy.cache"), 0644), 0);
}

static void another_users(void)
{
	if (geteuid() == 0)
		assert_int_equal(chown(RUN("policy.cache"), 1, 1), 0);
	else
		readable();
}

static void a_link(void)
{
	assert_int_equal(rename(RUN("policy.cache"), RUN("elsewhere")), 0);
	assert_int_equal(symlink("elsewhere", RUN("policy.cache")), 0);
}

static void a_fifo(void)
{
	assert_int_equal(unlink(RUN("policy.cache")), 0);
	assert_int_equal(mkfifo(RUN("policy.cache"), 0600), 0);
}

static void test_a_wrong_form_is_written_anew(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(void);
	} rows[] = {
		{"magic", other_magic},
		{"build", other_build},
		{"head", other_head},
		{"length", other_length},
		{"count of files", other_count_of_files},
		{"block", bad_block},
		{"cut", cut},
		{"grown", grown},
		{"head alone", head_alone},
		{"nothing", nothing},
		{"too large", too_large},
		{"readable", readable},
		{"another user's", another_users},
		{"a link", a_link},
		{"a FIFO", a_fifo},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		(void)set_up(state);
		assert_false(load_kept(NULL));
		rows[i].spoil();
		if (load_kept(NULL))
			fail_msg("%s: used", rows[i].name);
		if (!load_kept(NULL))
			fail_msg("%s: not written anew", rows[i].name);
	}
}

/* What cannot be replaced stays, and the files are read. */
static void test_a_directory_in_its_place(void **state)
{
	(void)state;
	assert_int_equal(mkdir(RUN("policy.cache"), 0700), 0);
	assert_false(load_kept(NULL));
	assert_false(load_kept(NULL));
}

/* ---- files that --policy names ---- */

static unsigned n_files(void)
{
	DIR *d = opendir(RUN(""));
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void test_a_named_file_has_a_form_of_its_own(void **state)
{
	char name[300];

	(void)state;
	assert_false(load_kept(NULL));
	(void)snprintf(name, sizeof(name), "%s", ETC("policy.d/10.json"));
	assert_false(load_kept(name));
	assert_true(load_kept(name));
	assert_true(load_kept(NULL));
	assert_int_equal(n_files(), 2);
	put(name, "{}");
	assert_false(load_kept(name));
	assert_true(load_kept(name));
	assert_int_equal(unlink(name), 0);
	assert_false(load_kept(name));
	assert_false(load_kept(name)); /* broken: there is none */
	/* Many of them: they take turns, and none is taken for another. */
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "%s/etc/gotune/policy.d/n%u", dir, i);
		put(name, i % 2 ? "{\"mode\": \"off\"}" : "{\"select\": \"all\"}");
		assert_false(load_kept(name));
		assert_true(load_kept(name));
	}
	assert_true(n_files() <= 1 + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_the_files_say_is_kept, set_up),
		cmocka_unit_test_setup(test_without_files_nothing_is_read, set_up),
		cmocka_unit_test_setup(test_nothing_is_written_where_it_may_not_be, set_up),
		cmocka_unit_test_setup(test_young_files_are_not_kept, set_up),
		cmocka_unit_test(test_one_young_file_is_enough),
		cmocka_unit_test_setup(test_each_change_counts, set_up),
		cmocka_unit_test_setup(test_links_are_followed, set_up),
		cmocka_unit_test_setup(test_a_wrong_form_is_written_anew, set_up),
		cmocka_unit_test_setup(test_a_directory_in_its_place, set_up),
		cmocka_unit_test_setup(test_a_named_file_has_a_form_of_its_own, set_up),
	};

	return cmocka_run_group_tests(tests, make_machine, remove_machine);
}
