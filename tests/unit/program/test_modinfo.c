/*
 * The text of build info: versions and module lines, as rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "program/elf_reader.h"

static void test_gt_go_version_rows(void **state)
{
	static const struct {
		const char *text;
		bool known;
		uint32_t minor;
	} rows[] = {
		{"go1.24.4", true, 24},
		{"go1.13", true, 13},
		{"go1.9", true, 9},
		{"go1.25.12 X:greenteagc", true, 25},
		{"go1.26.11-X:nogreenteagc", true, 26},
		{"go1.22rc1-vendor+fips", true, 22},
		{"go1.22beta1", true, 22},
		{"go1.24+abc", true, 24},
		{"devel go1.28-abcdef1234 Tue Jan 2 03:04:05 2027 +0000", true, 28},
		{"go1.1000", true, 1000},
		{"unknown", false, 0},
		{"devel +abc123 Thu", false, 0},
		{"devel", false, 0},
		{"go1", false, 0},
		{"go1.", false, 0},
		{"go1.x", false, 0},
		{"go1.024", false, 0},
		{"go1.24x", false, 0},
		{"go1.24_1", false, 0},
		{"go1.99999", false, 0},
		{"go1.4294967320", false, 0},
		{"go2.24", false, 0},
		{"Go1.24", false, 0},
		{" go1.24", false, 0},
		{"x go1.24", false, 0},
		{"devel go2.1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_program p = {0};

		assert_int_equal(gt_go_version(rows[i].text, strlen(rows[i].text), &p), 0);
		if (strcmp(p.go, rows[i].text) != 0 || p.go_known != rows[i].known ||
		    (p.go_known && p.go_minor != rows[i].minor))
			fail_msg("%s: [%s] known %d minor %u", rows[i].text, p.go, (int)p.go_known,
				 p.go_minor);
	}
}

static void test_gt_go_version_refused(void **state)
{
	struct gt_program p = {0};
	char text[200] = "go1.25.1 X:";

	(void)state;
	assert_int_equal(gt_go_version("", 0, &p), -EBADMSG);
	assert_int_equal(gt_go_version("go1.2\033", 6, &p), -EBADMSG);
	assert_int_equal(gt_go_version("go1.2\177", 6, &p), -EBADMSG);
	assert_int_equal(gt_go_version("go1.2\xff", 6, &p), -EBADMSG);
	assert_int_equal(gt_go_version("go1.2\0", 6, &p), -EBADMSG);
	assert_string_equal(p.go, "");
	memset(text + 11, 'a', sizeof(text) - 11);
	assert_int_equal(gt_go_version(text, sizeof(text), &p), 0);
	assert_int_equal(strlen(p.go), sizeof(p.go) - 1);
	assert_int_equal(p.go_minor, 25);
}

#define AMP "go.uber.org/automaxprocs"
#define AML "github.com/KimMachineGun/automemlimit"

struct row {
	const char *name, *text;
	bool mods;
	const char *main_path, *amp, *amp_by, *aml, *aml_by;
	enum gt_tri cgo;
	const char *godebug; /* NULL: no such line */
};

static const struct row rows[] = {
	{"module build", "path\ta/b\nmod\ta/b\t(devel)\t\n\nbuild\tCGO_ENABLED=1\n", true, "a/b",
	 "", "", "", "", GT_YES, NULL},
	{"GOPATH build", "path\ta/b\nbuild\tCGO_ENABLED=0\nbuild\tDefaultGODEBUG=a=1\n", false,
	 "a/b", "", "", "", "", GT_NO, "a=1"},
	{"nothing", "", false, "", "", "", "", "", GT_UNKNOWN, NULL},
	{"both", "dep\t" AMP "\tv1.6.0\th1:x\ndep\t" AML "\tv0.7.1\th1:y=\n", true, "", "v1.6.0",
	 "", "v0.7.1", "", GT_UNKNOWN, NULL},
	{"no sum", "dep\t" AMP "\tv1.6.0\n", true, "", "v1.6.0", "", "", "", GT_UNKNOWN, NULL},
	{"no version", "dep\t" AMP "\n", true, "", "(unknown)", "", "", "", GT_UNKNOWN, NULL},
	{"replaced", "dep\t" AMP "\tv1.5.3\n=>\tx.org/f\tv1.9.9\th1:z\n", true, "", "v1.5.3",
	 "x.org/f v1.9.9", "", "", GT_UNKNOWN, NULL},
	{"replaced by a directory", "dep\t" AML "\tv0.6.0\n=>\t../local\t\n", true, "", "", "",
	 "v0.6.0", "../local", GT_UNKNOWN, NULL},
	{"another one replaced", "dep\t" AMP "\tv1.5.3\ndep\tx\tv1\n=>\ty\tv2\n", true, "",
	 "v1.5.3", "", "", "", GT_UNKNOWN, NULL},
	{"a replacement without a dep", "mod\tm\tv1\n=>\ty\tv2\n", true, "", "", "", "", "",
	 GT_UNKNOWN, NULL},
	{"two replacements", "dep\t" AMP "\tv1\n=>\ty\tv2\n=>\tz\tv3\n", true, "", "v1", "y v2", "",
	 "", GT_UNKNOWN, NULL},
	{"replaced by it", "dep\tx\tv1\n=>\t" AMP "\tv1.6.0\n", true, "", "", "", "", "",
	 GT_UNKNOWN, NULL},
	{"look-alikes",
	 "dep\texample.com/" AMP "\tv1\ndep\t" AMP "2\tv1\ndep\t" AMP
	 "/v2\tv1\ndep\tgo.uber.org\tv1\n"
	 "dep\tGO.UBER.ORG/automaxprocs\tv1\ndep\t " AMP "\tv1\ndep \t" AMP "\tv1\ndep\t\t" AMP
	 "\n",
	 true, "", "", "", "", "", GT_UNKNOWN, NULL},
	{"the main module", "mod\t" AMP "\tv1\n", true, "", "", "", "", "", GT_UNKNOWN, NULL},
	{"other lines", "deps\t" AMP "\tv1\nmodx\tb\n\t\n\n\n=>\nbuild\nbuild\tx\ndep\npath\n",
	 true, "", "", "", "", "", GT_UNKNOWN, NULL},
	{"settings look-alikes",
	 "build\tXCGO_ENABLED=1\nbuild\tCGO_ENABLED=2\nbuild\tDefaultGODEBUGX=a=1\n"
	 "CGO_ENABLED=1\nbuild\t-ldflags=CGO_ENABLED=1\n",
	 false, "", "", "", "", "", GT_UNKNOWN, NULL},
	{"empty GODEBUG", "build\tDefaultGODEBUG=\n", false, "", "", "", "", "", GT_UNKNOWN, ""},
	{"control bytes", "path\ta\033[31m\xc3\xa9\ndep\t" AMP "\tv\001\n", true, "a?[31m??", "v?",
	 "", "", "", GT_UNKNOWN, NULL},
};

static bool same(const struct row *r, const struct gt_program *p)
{
	return p->has_modules == r->mods && strcmp(p->main_path, r->main_path) == 0 &&
	       strcmp(p->automaxprocs, r->amp) == 0 &&
	       strcmp(p->automaxprocs_replaced, r->amp_by) == 0 &&
	       strcmp(p->automemlimit, r->aml) == 0 &&
	       strcmp(p->automemlimit_replaced, r->aml_by) == 0 && p->cgo == r->cgo &&
	       p->has_godebug_default == (r->godebug != NULL) &&
	       strcmp(p->godebug_default, r->godebug ? r->godebug : "") == 0;
}

static void test_gt_modinfo_rows(void **state)
{
	static struct gt_modinfo m;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		/* In pieces of every size: the text comes in chunks. */
		for (size_t piece = 1; piece < 64; piece += 7) {
			struct gt_program p = {0};
			size_t len = strlen(rows[i].text);

			gt_modinfo_start(&m, &p);
			for (size_t at = 0; at < len; at += piece)
				gt_modinfo_feed(&m, rows[i].text + at,
						len - at < piece ? len - at : piece);
			assert_int_equal(gt_modinfo_end(&m), 0);
			assert_true(gt_program_valid(&p));
			if (!same(&rows[i], &p))
				fail_msg("%s: modules %d path [%s] [%s > %s] [%s > %s] cgo %d [%s]",
					 rows[i].name, (int)p.has_modules, p.main_path,
					 p.automaxprocs, p.automaxprocs_replaced, p.automemlimit,
					 p.automemlimit_replaced, (int)p.cgo, p.godebug_default);
		}
	}
}

static void feed_str(struct gt_modinfo *m, const char *s)
{
	gt_modinfo_feed(m, s, strlen(s));
}

static void test_gt_modinfo_end_incomplete(void **state)
{
	static struct gt_modinfo m;
	struct gt_program p = {0};

	(void)state;
	gt_modinfo_start(&m, &p);
	feed_str(&m, "mod\ta\tv1\ndep\t");
	assert_int_equal(gt_modinfo_end(&m), -EBADMSG);
	gt_modinfo_start(&m, &p);
	gt_modinfo_feed(&m, "mod\ta\0\tv1\n", 11);
	assert_int_equal(gt_modinfo_end(&m), -EBADMSG);
	assert_false(p.has_modules);
}

/* A line longer than the buffer is passed over whole; what follows is read. */
static void test_gt_modinfo_feed_long_lines(void **state)
{
	static struct gt_modinfo m;
	struct gt_program p = {0};

	(void)state;
	gt_modinfo_start(&m, &p);
	feed_str(&m, "dep\t" AML "\tv1\nbuild\t-ldflags=");
	for (unsigned i = 0; i < 100000; i++)
		feed_str(&m, "dep\t" AMP "\tv1 ");
	feed_str(&m, "\n=>\tx\tv2\ndep\t" AMP "\tv9");
	for (unsigned i = 0; i < 5000; i++)
		feed_str(&m, "9");
	feed_str(&m, "\n=>\tx\tv2\nbuild\tCGO_ENABLED=1\ndep\t" AML "\tv1\ndep\tx\tv");
	for (unsigned i = 0; i < 5000; i++)
		feed_str(&m, "9");
	feed_str(&m, "\n=>\tx\tv3\n");
	assert_int_equal(gt_modinfo_end(&m), 0);
	assert_true(p.has_modules);
	assert_string_equal(p.automemlimit, "v1");
	assert_string_equal(p.automemlimit_replaced, "");
	assert_string_equal(p.automaxprocs, "");
	assert_string_equal(p.automaxprocs_replaced, "");
	assert_int_equal(p.cgo, GT_YES);
}

/* Of a DefaultGODEBUG that is too long, whole keys are kept. */
static void test_gt_modinfo_feed_long_godebug(void **state)
{
	static const unsigned counts[] = {84, 85, 86, 90, 1000, 100000};
	static struct gt_modinfo m;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(counts); i++) {
		struct gt_program p = {0};
		size_t len;

		gt_modinfo_start(&m, &p);
		feed_str(&m, "build\tDefaultGODEBUG=abcd=1");
		for (unsigned k = 1; k < counts[i]; k++)
			feed_str(&m, ",efgh=");
		feed_str(&m, "\n");
		len = strlen(p.godebug_default);
		assert_true(p.has_godebug_default);
		/* 6 bytes a key: 85 of them are 510. */
		assert_int_equal(len, 6 * (counts[i] < 85 ? counts[i] : 85));
		assert_string_equal(p.godebug_default + len - 6, ",efgh=");
	}
}

/* One key that fits exactly, with and without another after it, or that does not fit. */
static void test_gt_modinfo_feed_godebug_at_the_limit(void **state)
{
	static const struct {
		size_t n;
		const char *more;
		size_t want;
	} limits[] = {{511, "", 511},	{511, ",a=1", 511}, {512, "", 0},
		      {512, ",a=1", 0}, {4095, "", 0},	    {5000, ",a=1", 0}};
	static struct gt_modinfo m;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(limits); i++) {
		struct gt_program p = {0};

		gt_modinfo_start(&m, &p);
		feed_str(&m, "build\tDefaultGODEBUG=");
		for (size_t k = 0; k < limits[i].n; k++)
			feed_str(&m, "x");
		feed_str(&m, limits[i].more);
		feed_str(&m, "\n");
		assert_true(p.has_godebug_default);
		assert_int_equal(strlen(p.godebug_default), limits[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_go_version_rows),
		cmocka_unit_test(test_gt_go_version_refused),
		cmocka_unit_test(test_gt_modinfo_rows),
		cmocka_unit_test(test_gt_modinfo_end_incomplete),
		cmocka_unit_test(test_gt_modinfo_feed_long_lines),
		cmocka_unit_test(test_gt_modinfo_feed_long_godebug),
		cmocka_unit_test(test_gt_modinfo_feed_godebug_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
