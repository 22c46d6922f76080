/*
 * The record's JSON: always sound, shaped as config/record.schema.json says, with its words.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "record_sample.h"

#define SCHEMA "config/record.schema.json"

static char *schema;
static size_t schema_len;

static int read_schema(void **state)
{
	_cleanup_close_ int fd = open(SCHEMA, O_RDONLY | O_CLOEXEC);

	(void)state;
	return fd < 0 ? fd : gt_read_all(fd, 1u << 20, 0, &schema, &schema_len);
}

static int free_schema(void **state)
{
	(void)state;
	free(schema);
	return 0;
}

/* The strings at PATTERN in a document. */
struct list {
	const char *pattern;
	bool keys; /* the last key of each path that matches, not the value */
	struct gt_list found;
};

static int collect(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct list *l = ctx;

	(void)e;
	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END ||
	    !gt_json_at(ev, l->pattern))
		return 0;
	if (l->keys && ev->path[ev->depth - 1].key)
		return gt_strv_add(&l->found.v, ev->path[ev->depth - 1].key,
				   ev->path[ev->depth - 1].key_len);
	return ev->type == GT_JSON_STRING ? gt_strv_add(&l->found.v, ev->text, ev->len) : 0;
}

static void strings_at(const char *doc, size_t len, const char *pattern, bool keys,
		       struct list *ret)
{
	struct gt_err e = {0};

	ret->pattern = pattern;
	ret->keys = keys;
	gt_list_init(&ret->found);
	if (gt_json_walk(doc, len, 0, collect, ret, NULL, &e) != 0)
		fail_msg("%s: %s", pattern, e.msg);
}

/* The closed lists: each word of C stands in the schema, in the same order, and no other. */
static void test_schema_words_are_those_of_c(void **state)
{
	static const struct {
		const char *pattern;
		const struct gt_words *words;
	} rows[] = {
		{"$defs/engine/enum/*", &gt_engine_words},
		{"$defs/mode/enum/*", &gt_mode_words},
		{"$defs/program_kind/enum/*", &gt_prog_kind_words},
		{"$defs/program_note/enum/*", &gt_prog_note_words},
		{"$defs/setting_kind/enum/*", &gt_setting_kind_words},
		{"$defs/verdict/enum/*", &gt_verdict_words},
		{"$defs/reason/enum/*", &gt_reason_words},
		{"$defs/warning/enum/*", &gt_warning_words},
		{"$defs/barrier/enum/*", &gt_barrier_words},
		{"$defs/trouble/enum/*", &gt_trouble_words},
	};
	static struct list l;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *have;

		strings_at(schema, schema_len, rows[i].pattern, false, &l);
		have = gt_strv_next(&l.found.v, NULL);
		for (unsigned w = 0; w < rows[i].words->n; w++) {
			const char *word = gt_words_get(rows[i].words, w);

			assert_string_not_equal(word, "?"); /* each enumerator has a word */
			if (*word == '\0')
				continue; /* "nothing amiss" is null */
			if (!have || strcmp(have, word) != 0)
				fail_msg("%s: %s, not %s", rows[i].pattern, have ? have : "(end)",
					 word);
			have = gt_strv_next(&l.found.v, have);
		}
		assert_null(have);
	}
}

static void test_enumerators_have_words(void **state)
{
	(void)state;
	assert_int_equal(gt_reason_words.n, GT_R_COUNT);
	assert_int_equal(gt_warning_words.n, GT_W_COUNT);
	assert_int_equal(gt_verdict_words.n, GT_VERDICT_COUNT);
	assert_int_equal(gt_setting_kind_words.n, GT_KIND_COUNT);
	assert_int_equal(gt_trouble_words.n, GT_TROUBLE_COUNT);
	assert_int_equal(gt_barrier_words.n, GT_BARRIER_COUNT);
	assert_int_equal(gt_mode_words.n, GT_MODE_COUNT);
	assert_int_equal(gt_engine_words.n, GT_ENGINE_COUNT);
	assert_int_equal(gt_prog_kind_words.n, GT_PROG_KIND_COUNT);
	assert_int_equal(gt_prog_note_words.n, GT_NOTE_COUNT);
}

/* What the schema requires is what is written, in the same order, and nothing else is. */
static void test_json_keys_are_the_schemas(void **state)
{
	static const struct {
		const char *required, *written;
	} rows[] = {
		{"required/*", "*"},
		{"$defs/program/required/*", "program/*"},
		{"$defs/facts/required/*", "facts/*"},
		{"$defs/setting/required/*", "settings/*/*"},
		{"properties/warnings/items/required/*", "warnings/*/*"},
		{"$defs/facts/properties/levels/items/required/*", "facts/levels/*/*"},
		{"$defs/facts/properties/nodes/items/required/*", "facts/nodes/*/*"},
	};
	static struct list want, got;
	struct gt_buf out = {0};

	(void)state;
	sample.plan.n_setting = 1; /* the lists have one of each */
	sample.facts.host.numa_known = true;
	sample.facts.host.n_nodes = 1;
	sample.plan.warning[0].id = GT_W_CGO_UNKNOWN;
	sample.plan.n_warning = 1;
	gt_record_json(&sample, true, &out);
	assert_int_equal(out.error, 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		strings_at(schema, schema_len, rows[i].required, false, &want);
		strings_at(out.p, out.len, rows[i].written, true, &got);
		assert_true(want.found.v.n > 0);
		if (want.found.v.used != got.found.v.used ||
		    memcmp(want.found.arena.room, got.found.arena.room, want.found.v.used) != 0)
			fail_msg("the keys at %s are not those of the schema", rows[i].written);
	}
	gt_buf_done(&out);
}

/* What is written can be read back, by the reader that `show` and `list` use. */
static void test_json_reads_back(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_buf out = {0};

	(void)state;
	assert_non_null(v);
	gt_record_json(&sample, false, &out);
	assert_null(strchr(out.p, '\n'));
	assert_int_equal(gt_record_view_parse(out.p, out.len, v, NULL), 0);
	assert_string_equal(v->id, "web-1");
	assert_string_equal(v->engine, "podman");
	assert_string_equal(v->started_at, "2026-01-02T03:04:05.678Z");
	assert_int_equal(v->pid, 4711);
	assert_int_equal(v->duration_us, 1234);
	assert_int_equal(v->n_setting, 3);
	assert_string_equal(v->setting[0].reason, "cpu-quota");
	assert_string_equal(v->setting[0].value, "2");
	assert_string_equal(v->setting[1].error, "no");
	assert_int_equal(v->setting[0].applied, GT_YES);
	assert_int_equal(v->setting[1].applied, GT_NO);
	assert_int_equal(v->setting[2].applied, GT_UNKNOWN);
	assert_string_equal(v->setting[2].value, "");
	assert_int_equal(v->dropped, 0);
	for (uint32_t i = 0; i < v->n_fact; i++) {
		if (strcmp(v->fact[i].key, "cpus_online") == 0) {
			assert_string_equal(v->fact[i].value, "0-7");
			assert_string_equal(v->fact[i].source, "/sys/devices/system/cpu/online");
		}
		if (strcmp(v->fact[i].key, "quota_us") == 0)
			assert_string_equal(v->fact[i].source, "cgroup /a/b");
	}
	gt_buf_done(&out);
	free(v);
}

/* What is shown of a record in memory is what is shown of the same record when it was saved. */
static void test_view_of_is_that_of_the_json(void **state)
{
	struct gt_record_view *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct gt_buf out = {0};

	(void)state;
	assert_true(a && b);
	sample.facts.n_sysctl = 2;
	sample.facts.cgroup.n_level = 3;
	sample.facts.host.n_nodes = 2;
	sample.plan.n_warning = 2;
	sample.plan.warning[1].id = GT_W_GO_IGNORES;
	gt_record_json(&sample, true, &out);
	assert_int_equal(gt_record_view_parse(out.p, out.len, a, NULL), 0);
	gt_record_view_of(&sample, b);
	assert_int_equal(a->n_warning, 2);
	assert_true(a->n_fact > 30);
	assert_memory_equal(a, b, sizeof(*a));
	gt_buf_done(&out);
	free(a);
	free(b);
}

/* What bounds the CPUs and the memory beside the cgroup, and what Go sees of that. */
static void test_json_of_the_process(void **state)
{
	static const char *const seen[] = {"\"quota_seen\":\"unknown\"", "\"quota_seen\":\"no\"",
					   "\"quota_seen\":\"yes\""};
	struct gt_buf out = {0};

	(void)state;
	gt_record_json(&sample, false, &out);
	assert_non_null(strstr(out.p, "\"affinity\":null"));
	assert_non_null(strstr(out.p, "\"memory_total\":null"));
	gt_buf_done(&out);
	sample.facts.affinity = (struct gt_fact_cpus){.known = true, .where = "/proc/7/status"};
	gt_cpus_set(&sample.facts.affinity.v, 3);
	sample.facts.host.memory_total =
		(struct gt_fact){.known = true, .v = 4096, .where = "/proc/meminfo"};
	for (unsigned i = 0; i < GT_ARRAY_LEN(seen); i++) {
		sample.plan.quota_seen = (enum gt_tri)i;
		gt_record_json(&sample, false, &out);
		assert_non_null(strstr(
			out.p, "\"affinity\":{\"value\":\"3\",\"source\":\"/proc/7/status\"}"));
		assert_non_null(strstr(
			out.p, "\"memory_total\":{\"value\":4096,\"source\":\"/proc/meminfo\"}"));
		assert_non_null(strstr(out.p, seen[i]));
		gt_buf_done(&out);
	}
}

/* A value that is not set is null, and so is what was not there before. */
static void test_json_nulls(void **state)
{
	struct gt_buf out = {0};

	(void)state;
	gt_record_json(&sample, false, &out);
	assert_non_null(strstr(out.p, "\"verdict\":\"skip\",\"value\":null,\"before\":null"));
	assert_non_null(strstr(out.p, "\"cpuset\":null"));
	assert_non_null(strstr(out.p, "\"automaxprocs\":null"));
	assert_non_null(strstr(out.p, "\"message\":null"));
	assert_non_null(strstr(out.p, "\"rule\":null"));
	assert_non_null(strstr(out.p, "\"error\":null"));
	assert_non_null(strstr(out.p, "\"nr_open\":null"));
	assert_non_null(strstr(out.p, "\"nofile_live\":null"));
	gt_buf_done(&out);
}

/* Each fact names its source, also what was read of ourselves for want of a process. */
static void test_json_source_of_nofile(void **state)
{
	static const struct {
		int64_t pid;
		const char *want;
	} rows[] = {
		{0,
		 "\"nofile_live\":{\"value\":\"1024:unlimited\",\"source\":\"/proc/self/limits\"}"},
		{7, "\"nofile_live\":{\"value\":\"1024:unlimited\",\"source\":\"/proc/7/limits\"}"},
	};

	(void)state;
	sample.facts.nofile = (struct gt_rlimit_facts){
		.live_known = true, .live_soft = 1024, .live_hard = UINT64_MAX};
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};

		sample.facts.ident.pid = rows[i].pid;
		gt_record_json(&sample, false, &out);
		assert_non_null(strstr(out.p, rows[i].want));
		gt_buf_done(&out);
	}
}

static int nothing(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx;
	(void)ev;
	(void)e;
	return 0;
}

/* Whatever an image's strings are, and also a record with every byte set to the same. */
static void test_json_hostile_bytes(void **state)
{
	static const char bad[] = "\"\\\n\x01\x7f\xff\xc3\xed\xa0\x80</x>\xf0\x9f";
	struct gt_err e = {0};
	struct gt_buf out = {0};

	(void)state;
	(void)gt_copy_str(sample.facts.ident.id, GT_ID_MAX, bad);
	(void)gt_copy_str(sample.facts.program.path, GT_PATH_CAP, bad);
	(void)gt_copy_str(sample.plan.setting[0].before, 512, bad);
	sample.plan.setting[0].has_before = true;
	sample.plan.setting[0].verdict = GT_VERDICT_KEEP;
	sample.plan.setting[0].reason = GT_R_ALREADY_SET;
	gt_record_json(&sample, false, &out);
	if (gt_json_walk(out.p, out.len, 0, nothing, NULL, NULL, &e) != 0)
		fail_msg("%s", e.msg);
	gt_buf_done(&out);
}

static void test_json_empty_record(void **state)
{
	struct gt_err e = {0};
	struct gt_buf out = {0};

	(void)state;
	memset(&sample, 0, sizeof(sample));
	sample.started_at_s = INT64_MAX;
	gt_record_json(&sample, true, &out);
	if (gt_json_walk(out.p, out.len, 0, nothing, NULL, NULL, &e) != 0)
		fail_msg("%s", e.msg);
	assert_non_null(strstr(out.p, "\"started_at\": null"));
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema_words_are_those_of_c),
		cmocka_unit_test(test_enumerators_have_words),
		cmocka_unit_test_setup(test_json_keys_are_the_schemas, sample_make),
		cmocka_unit_test_setup(test_json_reads_back, sample_make),
		cmocka_unit_test_setup(test_view_of_is_that_of_the_json, sample_make),
		cmocka_unit_test_setup(test_json_nulls, sample_make),
		cmocka_unit_test_setup(test_json_of_the_process, sample_make),
		cmocka_unit_test_setup(test_json_source_of_nofile, sample_make),
		cmocka_unit_test_setup(test_json_hostile_bytes, sample_make),
		cmocka_unit_test_setup(test_json_empty_record, sample_make),
	};

	return cmocka_run_group_tests(tests, read_schema, free_schema);
}
