/*
 * Records read back: the JSON of a record to words, and the directory that they are in.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

static const char record[] =
	"{\"schema\":\"gotune.record/1\",\"id\":\"web-1\",\"bundle\":\"/b\",\"engine\":\"docker\","
	"\"runtime\":\"runc\",\"stage\":\"prestart\",\"mode\":\"enforce\",\"profile\":\"balanced\","
	"\"rule\":null,\"pid\":4711,\"pid_start\":99,"
	"\"program\":{\"path\":\"/srv\",\"kind\":\"go\",\"go\":\"go1.24.4\",\"main\":\"x/srv\","
	"\"cgo\":false,\"automaxprocs\":null,\"automemlimit\":\"v0.7.0\",\"godebug_default\":\"\"},"
	"\"facts\":{\"cpus_online\":{\"value\":\"0-7\",\"source\":\"/sys/x\"},"
	"\"shares\":{\"value\":null,\"source\":null},\"cgroup\":\"v2\","
	"\"numa\":[{\"cpus\":\"0-3\"},{\"cpus\":\"4-7\"}]},"
	"\"settings\":[{\"name\":\"GOMAXPROCS\",\"kind\":\"env\",\"verdict\":\"set\",\"value\":\"2\","
	"\"before\":null,\"reason\":\"cpu-quota\",\"why\":\"because\",\"applied\":true,"
	"\"error\":null},{\"name\":\"GOGC\",\"kind\":\"env\",\"verdict\":\"keep\",\"value\":null,"
	"\"before\":\"50\",\"reason\":\"already-set\",\"why\":\"it was there\",\"applied\":null,"
	"\"error\":null},{\"name\":\"RLIMIT_NOFILE\",\"verdict\":\"set\",\"value\":\"9\","
	"\"applied\":false,\"error\":\"no\"}],"
	"\"warnings\":[\"one\",{\"what\":\"bad-value\",\"why\":\"two\"},{\"what\":\"a\",\"about\":\"b\"}],"
	"\"started_at\":\"2026-01-02T03:04:05.678Z\",\"duration_us\":1234}";

static void test_gt_record_view_parse_reads_all(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_err e = {0};

	(void)state;
	assert_non_null(v);
	memset(v, 'x', sizeof(*v)); /* what was in that memory is not shown */
	if (gt_record_view_parse(record, strlen(record), v, &e) != 0)
		fail_msg("%s", e.msg);
	assert_string_equal(v->id, "web-1");
	assert_string_equal(v->mode, "enforce");
	assert_string_equal(v->rule, "");
	assert_true(v->pid == 4711 && v->pid_start == 99 && v->duration_us == 1234);
	assert_string_equal(v->path, "/srv");
	assert_string_equal(v->go, "go1.24.4");
	assert_true(v->cgo == GT_NO);
	assert_string_equal(v->automaxprocs, "");
	assert_string_equal(v->automemlimit, "v0.7.0");
	assert_true(v->n_setting == 3 && v->n_set == 2 && v->n_applied == 1);
	assert_string_equal(v->setting[0].value, "2");
	assert_false(v->setting[0].has_before);
	assert_true(v->setting[0].applied == GT_YES);
	assert_true(v->setting[1].has_before);
	assert_string_equal(v->setting[1].before, "50");
	assert_true(v->setting[1].applied == GT_UNKNOWN);
	assert_true(v->setting[2].applied == GT_NO);
	assert_string_equal(v->setting[2].error, "no");
	assert_string_equal(v->setting[2].kind, "");
	assert_string_equal(v->setting[2].why, "");
	assert_true(v->n_warning == 3);
	assert_string_equal(v->warning[0], "one");
	assert_string_equal(v->warning[1], "two");
	assert_string_equal(v->warning[2], "a: b");
	free(v);
}

static void test_gt_record_view_parse_facts(void **state)
{
	static const struct {
		const char *key, *value, *source;
	} rows[] = {
		{"cpus_online", "0-7", "/sys/x"}, {"shares", "", ""},	      {"cgroup", "v2", ""},
		{"numa.0.cpus", "0-3", ""},	  {"numa.1.cpus", "4-7", ""},
	};
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_err e = {0};

	(void)state;
	assert_non_null(v);
	memset(v, 'x', sizeof(*v));
	assert_int_equal(gt_record_view_parse(record, strlen(record), v, &e), 0);
	assert_int_equal(v->n_fact, GT_ARRAY_LEN(rows));
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (strcmp(v->fact[i].key, rows[i].key) != 0 ||
		    strcmp(v->fact[i].value, rows[i].value) != 0 ||
		    strcmp(v->fact[i].source, rows[i].source) != 0)
			fail_msg("%s: %s=%s (%s)", rows[i].key, v->fact[i].key, v->fact[i].value,
				 v->fact[i].source);
	}
	free(v);
}

static void test_gt_record_view_parse_refuses(void **state)
{
	static const struct {
		const char *name, *doc;
	} rows[] = {
		{"empty", ""},
		{"half", "{\"schema\":\"gotune.record/1\""},
		{"a list", "[]"},
		{"a list of records", "[{\"schema\":\"gotune.record/1\"}]"},
		{"a string", "\"gotune.record/1\""},
		{"no schema", "{}"},
		{"another schema", "{\"schema\":\"x\"}"},
		{"a schema that is a number", "{\"schema\":1}"},
	};
	struct gt_record_view *v = malloc(sizeof(*v));

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};

		if (gt_record_view_parse(rows[i].doc, strlen(rows[i].doc), v, &e) != -EINVAL ||
		    e.msg[0] == '\0')
			fail_msg("%s: taken, or without a message", rows[i].name);
	}
	free(v);
}

/* Cut off anywhere, or with any one byte changed, a record is refused or read; it never crashes. */
static void test_gt_record_view_parse_survives_damage(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	char *copy = strdup(record);
	size_t len = strlen(record), taken = 0;

	(void)state;
	assert_non_null(v);
	assert_non_null(copy);
	for (size_t i = 0; i < len; i++) {
		if (gt_record_view_parse(record, i, v, NULL) == 0)
			fail_msg("taken when cut at %zu", i);
		copy[i] = '7';
		taken += gt_record_view_parse(copy, len, v, NULL) == 0;
		copy[i] = record[i];
	}
	assert_true(taken > 0 && taken < len);
	free(copy);
	free(v);
}

static void test_gt_record_view_parse_bounds_rows(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_buf b = {0};
	struct gt_err e = {0};

	(void)state;
	assert_non_null(v);
	gt_buf_str(&b, "{\"schema\":\"gotune.record/1\",\"settings\":[{\"verdict\":\"set\"}");
	for (unsigned i = 1; i < 1000; i++)
		gt_buf_str(&b, ",{\"verdict\":\"set\",\"applied\":true}");
	gt_buf_str(&b, "],\"facts\":{\"a\":0");
	for (unsigned i = 1; i < 1000; i++)
		gt_buf_fmt(&b, ",\"k%u\":%u", i, i);
	gt_buf_str(&b, "},\"warnings\":[\"w\"");
	for (unsigned i = 1; i < 1000; i++)
		gt_buf_str(&b, ",\"w\"");
	gt_buf_str(&b, "]}");
	if (gt_record_view_parse(b.p, b.len, v, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(v->n_setting, GT_SETTINGS_MAX);
	assert_int_equal(v->n_set, GT_SETTINGS_MAX);
	assert_int_equal(v->n_fact, GT_VIEW_FACTS_MAX);
	assert_int_equal(v->n_warning, GT_WARNINGS_MAX);
	assert_int_equal(v->dropped, 3000 - GT_SETTINGS_MAX - GT_VIEW_FACTS_MAX - GT_WARNINGS_MAX);
	gt_buf_done(&b);
	free(v);
}

static void test_gt_record_time_rows(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t want;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"2000-02-29T12:00:00Z", 0, 951825600},
		{"2026-01-02T03:04:05.678901Z", 0, 1767323045},
		{"2024-12-31T23:59:60Z", 0, 1735689600},
		{"2100-03-01T00:00:00Z", 0, 4107542400},
		{"", -EINVAL, 0},
		{"2026-01-02", -EINVAL, 0},
		{"2026-01-02T03:04:05", -EINVAL, 0},
		{"2026-01-02T03:04:05+01:00", -EINVAL, 0},
		{"2026-13-02T03:04:05Z", -EINVAL, 0},
		{"2026-01-02T24:04:05Z", -EINVAL, 0},
		{"2026-01-02T03:04:05Zx", -EINVAL, 0},
		{" 026-01-02T03:04:05Z", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int64_t got = 0;
		int r = gt_record_time(rows[i].text, &got);

		if (r != rows[i].r || got != rows[i].want)
			fail_msg("%s: %d, %lld", rows[i].text, r, (long long)got);
	}
}

/* --- the directory -----------------------------------------------------------------------------
 */

struct dir {
	char path[64];
	int fd, containers;
};

static void put(const struct dir *d, const char *name, const char *text)
{
	int fd = openat(d->containers, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(gt_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void put_record(const struct dir *d, const char *id)
{
	char name[300], text[512];

	(void)snprintf(name, sizeof(name), "%s.json", id);
	(void)snprintf(text, sizeof(text), "{\"schema\":\"gotune.record/1\",\"id\":\"%s\"}", id);
	put(d, name, text);
}

static int make_dir(void **state)
{
	struct dir *d = calloc(1, sizeof(*d));

	if (!d)
		return -1;
	(void)gt_copy_str(d->path, sizeof(d->path), "/tmp/gotune-records.XXXXXX");
	if (!mkdtemp(d->path))
		return -1;
	d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 || mkdirat(d->fd, "containers", 0700) < 0)
		return -1;
	d->containers = openat(d->fd, "containers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = d;
	return d->containers < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"abc1.json", "abc2.json", "abc.json", "x.json",
					    "notes.txt", ".json",     ".y.json",  "fifo.json",
					    "link.json", "big.json",  "liar.json"};
	struct dir *d = *state;

	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++)
		(void)unlinkat(d->containers, names[i], 0);
	close(d->containers);
	(void)unlinkat(d->fd, "containers", AT_REMOVEDIR);
	close(d->fd);
	(void)rmdir(d->path);
	free(d);
	return 0;
}

static void test_gt_record_ids_sorted_and_only_records(void **state)
{
	struct dir *d = *state;
	char(*id)[GT_ID_MAX] = NULL;
	uint32_t n = 9, dropped = 9;

	assert_int_equal(gt_record_ids(d->fd, &id, &n, &dropped), 0);
	assert_int_equal(n, 0);
	put_record(d, "x");
	put_record(d, "abc2");
	put_record(d, "abc1");
	put(d, "notes.txt", "");
	put(d, ".json", "");
	put(d, ".y.json", "");
	assert_int_equal(gt_record_ids(d->fd, &id, &n, &dropped), 0);
	assert_true(n == 3 && dropped == 0);
	assert_string_equal(id[0], "abc1");
	assert_string_equal(id[1], "abc2");
	assert_string_equal(id[2], "x");
	free(id);
}

static void test_gt_record_find_prefixes(void **state)
{
	static const struct {
		const char *prefix;
		int r;
		const char *want;
	} rows[] = {
		{"abc1", 0, "abc1"}, {"abc2", 0, "abc2"},   {"abc", 0, "abc"},
		{"x", 0, "x"},	     {"ab", -EEXIST, ""},   {"", -EINVAL, ""},
		{"y", -ENOENT, ""},  {"abc3", -ENOENT, ""}, {"../x", -ENOENT, ""},
	};
	struct dir *d = *state;

	put_record(d, "abc1");
	put_record(d, "abc2");
	put_record(d, "abc");
	put_record(d, "x");
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char id[GT_ID_MAX] = "";
		struct gt_err e = {0};
		int r = gt_record_find(d->fd, rows[i].prefix, id, &e);

		if (r != rows[i].r || strcmp(id, rows[i].want) != 0 || (r < 0) != (e.msg[0] != 0))
			fail_msg("\"%s\": %d, %s, %s", rows[i].prefix, r, id, e.msg);
	}
}

static void test_gt_record_view_load_refuses_strange_files(void **state)
{
	static const struct {
		const char *id;
		int r;
	} rows[] = {
		{"none", -ENOENT}, {"fifo", -ENXIO},  {"link", -ELOOP}, {"big", -EFBIG},
		{"liar", -EINVAL}, {"../x", -ENOENT}, {".y", -ENOENT},	{"", -ENOENT},
	};
	struct gt_record_view *v = malloc(sizeof(*v));
	struct dir *d = *state;
	char *doc = NULL;
	size_t len = 0;
	int fd;

	assert_non_null(v);
	put_record(d, "x");
	put(d, ".y.json", "{}");
	put(d, "liar.json", "{\"schema\":\"gotune.record/1\",\"id\":\"x\"}");
	assert_int_equal(mkfifoat(d->containers, "fifo.json", 0600), 0);
	assert_int_equal(symlinkat("x.json", d->containers, "link.json"), 0);
	fd = openat(d->containers, "big.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, GT_RECORD_MAX + 1), 0);
	close(fd);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};
		int r = gt_record_view_load(d->fd, rows[i].id, v, &doc, &len, &e);

		if (r != rows[i].r || e.msg[0] == '\0' || doc)
			fail_msg("\"%s\": %d, %s", rows[i].id, r, e.msg);
	}
	assert_int_equal(gt_record_view_load(d->fd, "x", v, &doc, &len, NULL), 0);
	assert_string_equal(v->id, "x");
	assert_int_equal(len, strlen(doc));
	free(doc);
	free(v);
}

#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_record_view_parse_reads_all),
		cmocka_unit_test(test_gt_record_view_parse_facts),
		cmocka_unit_test(test_gt_record_view_parse_refuses),
		cmocka_unit_test(test_gt_record_view_parse_survives_damage),
		cmocka_unit_test(test_gt_record_view_parse_bounds_rows),
		cmocka_unit_test(test_gt_record_time_rows),
		WITH_DIR(test_gt_record_ids_sorted_and_only_records),
		WITH_DIR(test_gt_record_find_prefixes),
		WITH_DIR(test_gt_record_view_load_refuses_strange_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
