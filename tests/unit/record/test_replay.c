/*
 * A record's facts, written and read back: the next record of them is the same.
 */
#include "../../../hook/record/replay.h"
#include "record_sample.h"

static struct gt_replay replay; /* too large for a stack */
static struct gt_list annotations;

static void fill_requests(struct gt_requests *q)
{
	q->key[GT_KEY_GOGC] = (struct gt_request){.origin = GT_ORIGIN_LABEL, .value = "70"};
	q->key[GT_KEY_GODEBUG] = (struct gt_request){.origin = GT_ORIGIN_SET, .too_long = true};
	q->n_sysctl = 1;
	q->sysctl[0] = (struct gt_sysctl_request){
		.origin = GT_ORIGIN_ANNOTATION, .name = "net.core.somaxconn", .value = "9"};
	q->n_unknown = 1;
	(void)gt_copy_str(q->unknown[0], sizeof(q->unknown[0]), "io.gotune.what");
}

/* All that is kept for a replay, with values that are not the usual ones. */
static void fill(struct gt_facts *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < gt_n_replay_fields; i++) {
		const struct gt_replay_field *at = &gt_replay_fields[i];
		char *p = (char *)f + at->off;
		uint32_t last = at->cap > 100 ? 7 : (uint32_t)at->cap - 1;

		switch (at->type) {
		case GT_REPLAY_TEXT:
			(void)snprintf(p, at->cap, "text %u", n++);
			break;
		case GT_REPLAY_BOOL:
			*(bool *)(void *)p = true;
			break;
		case GT_REPLAY_ENUM:
			memcpy(p, &last, sizeof(last));
			break;
		case GT_REPLAY_FACT:
			*(struct gt_fact *)(void *)p = (struct gt_fact){
				.known = true, .v = UINT64_MAX - n++, .where = "config.json"};
			break;
		}
	}
	f->var[GT_VAR_GOGC] = (struct gt_env_var){.present = true, .count = 2, .value = "5\"\n"};
	f->var[GT_VAR_GODEBUG] = (struct gt_env_var){.present = true, .count = 1, .too_long = true};
	fill_requests(&f->req);
	f->n_sysctl = 1;
	f->sysctl[0] = (struct gt_sysctl_fact){.name = "kernel.sem",
					       .ns = GT_NS_IPC,
					       .owner = GT_NS_OWNER_CONTAINER,
					       .in_config = true,
					       .exists = GT_YES,
					       .must_exist = true,
					       .value = "1 2"};
	f->cgroup.n_level = 2;
	(void)gt_copy_str(f->cgroup.level[0].mem_path, GT_WHERE_CAP, "/other");
	f->cgroup.level[1].cpu_unreadable = f->cgroup.level[1].mem_unreadable = true;
	f->host.smt_known = true;
	for (unsigned i = 0; i < GT_CPUS_MAX; i++)
		f->host.core_of[i] = (uint16_t)(i < 8 ? i % 4 : GT_CORE_UNKNOWN);
	f->nofile.in_config = f->nofile.live_known = true;
	f->nofile.config_hard = UINT64_MAX;
	f->nofile.live_soft = 9;
	f->annotations = &annotations.v;
}

/* The replay object alone. */
static void write_text(const struct gt_record *r, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_record_write_replay(r, &w);
}

static void read_back(const struct gt_buf *doc)
{
	struct gt_err e = {0};

	if (gt_record_replay_parse(doc->p, doc->len, &replay, &e) != 0)
		fail_msg("%s\n%s", e.msg, doc->p);
}

static void test_facts_come_back(void **state)
{
	struct gt_buf first = {0}, again = {0};
	const struct gt_facts *f = &sample.facts, *g = &replay.rec.facts;

	(void)state;
	gt_list_init(&annotations);
	assert_int_equal(gt_strv_add_pair(&annotations.v, "team", 4, "shop", 4), 0);
	fill(&sample.facts);
	sample.plan.awaits_nothing = true;
	gt_record_json(&sample, false, &first);
	read_back(&first);
	assert_true(replay.awaits_nothing);
	assert_string_equal(gt_strv_pair(&replay.annotations.v, "team"), "shop");
	assert_memory_equal(f->var, g->var, sizeof(f->var));
	assert_memory_equal(&f->req, &g->req, sizeof(f->req));
	assert_memory_equal(&f->nofile, &g->nofile, sizeof(f->nofile));
	assert_memory_equal(f->host.core_of, g->host.core_of, sizeof(f->host.core_of));
	assert_memory_equal(&f->cgroup, &g->cgroup, sizeof(f->cgroup));
	assert_memory_equal(f->sysctl, g->sysctl, sizeof(f->sysctl));
	assert_memory_equal(&f->config, &g->config, sizeof(f->config));
	for (unsigned i = 0; i < gt_n_replay_fields; i++) {
		const struct gt_replay_field *at = &gt_replay_fields[i];
		size_t n = at->type == GT_REPLAY_ENUM ? sizeof(uint32_t) : at->cap;

		if (memcmp((const char *)f + at->off, (const char *)g + at->off, n) != 0)
			fail_msg("%s", at->key);
	}
	/* And so on: what was read writes the same. */
	replay.rec.plan = sample.plan;
	write_text(&replay.rec, &again);
	first.len = 0;
	write_text(&sample, &first);
	assert_string_equal(first.p, again.p);
	gt_buf_done(&first);
	gt_buf_done(&again);
}

/* A record is small: most facts are what they most often are. */
static void test_the_usual_costs_little(void **state)
{
	struct gt_buf b = {0};

	(void)state;
	write_text(&sample, &b);
	assert_true(b.len < 400);
	gt_buf_done(&b);
}

static void test_long_annotations_are_left_out_and_counted(void **state)
{
	char value[GT_REPLAY_ANNOTATION_MAX + 1];
	struct gt_buf b = {0};

	(void)state;
	memset(value, 'x', sizeof(value));
	gt_list_init(&annotations);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(gt_strv_add_pair(&annotations.v, "k", 1, value, 100), 0);
	assert_int_equal(gt_strv_add_pair(&annotations.v, "long", 4, value, sizeof(value)), 0);
	sample.facts.annotations = &annotations.v;
	gt_record_json(&sample, false, &b);
	read_back(&b);
	assert_int_equal(replay.annotations.v.n, 2 * (GT_REPLAY_ANNOTATIONS_MAX / 101));
	assert_int_equal(replay.annotations_left_out, 41 - GT_REPLAY_ANNOTATIONS_MAX / 101);
	gt_buf_done(&b);
}

static void test_settings_are_found(void **state)
{
	static const struct {
		const char *doc, *want;
	} rows[] = {
		{"{\"a\":{\"settings\":[1]},\"settings\":[2,[3]],\"b\":1}", "[2,[3]]"},
		{"{\"settings\":5}", ""},
		{"{\"settings\":[", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		size_t n = 0;
		const char *s = gt_record_settings(rows[i].doc, strlen(rows[i].doc), &n);

		assert_int_equal(n, strlen(rows[i].want));
		assert_memory_equal(s, rows[i].want, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_facts_come_back, sample_make),
		cmocka_unit_test_setup(test_the_usual_costs_little, sample_make),
		cmocka_unit_test_setup(test_long_annotations_are_left_out_and_counted, sample_make),
		cmocka_unit_test(test_settings_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
