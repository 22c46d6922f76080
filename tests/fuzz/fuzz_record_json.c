/*
 * The record of any plan, with any bytes in its strings, is valid JSON without a key twice, and
 * reads back as what it says; its log line always fits.
 */
#include "facts.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/record.h"

#define RT(m)	 FILL_STR(struct gt_record, m)
#define RN(m)	 FILL_NUM(struct gt_record, m)
#define RB(m, x) FILL(FILL_BYTE, struct gt_record, m, x)

static const struct fill record_rows[] = {
	RT(facts.ident.bundle),
	RT(facts.ident.runtime),
	RT(facts.ident.stage),
	RT(facts.ident.pid_file),
	RN(facts.ident.pid_start),
	RT(facts.program.via),
	RT(facts.program.go),
	RT(facts.program.arch),
	RT(facts.program.main_path),
	RT(facts.program.automaxprocs_replaced),
	RT(facts.program.automemlimit_replaced),
	RT(facts.host.online.where),
	RT(facts.host.smt_where),
	RT(facts.host.nr_open.where),
	RT(facts.cgroup.effective.where),
	RB(facts.cgroup.hybrid, 2),
	RB(facts.cgroup.level_overflow, 2),
	FILL_EACH_STR(struct gt_record, facts.cgroup.level, path),
	FILL_EACH_STR(struct gt_record, facts.cgroup.level, mem_path),
	FILL_EACH(FILL_BYTE, struct gt_record, plan.setting, verdict, GT_VERDICT_COUNT),
	FILL_EACH(FILL_BYTE, struct gt_record, plan.setting, reason, GT_R_COUNT),
	FILL_EACH(FILL_BYTE, struct gt_record, plan.setting, id, GT_SET_COUNT),
	FILL_EACH(FILL_BYTE, struct gt_record, plan.setting, origin, GT_ORIGIN_COUNT),
	FILL_EACH_NUM(struct gt_record, plan.setting, number),
	FILL_EACH_STR(struct gt_record, plan.setting, name),
	FILL_EACH_STR(struct gt_record, plan.setting, value),
	FILL_EACH_STR(struct gt_record, plan.setting, before),
	FILL_EACH_BOOL(struct gt_record, plan.setting, has_before),
	FILL_EACH(FILL_BYTE, struct gt_record, plan.warning, id, GT_W_COUNT),
	FILL_EACH_STR(struct gt_record, plan.warning, about),
	RB(plan.quota_from.config, 2),
	RB(plan.quota_from.level, GT_LEVELS_MAX),
	RB(plan.mem_max.has, 2),
	RN(plan.mem_max.bytes),
	RB(plan.mem_max.from.config, 2),
	RB(plan.mem_max.from.level, GT_LEVELS_MAX),
	RB(plan.mem_high.has, 2),
	RN(plan.mem_high.bytes),
	RB(plan.mem_high.from.config, 2),
	RB(plan.mem_high.from.level, GT_LEVELS_MAX),
	RB(plan.n_setting, GT_SETTINGS_MAX + OVER),
	RB(plan.n_warning, GT_WARNINGS_MAX + OVER),
	RT(plan.profile),
	RT(plan.rule),
	FILL_EACH(FILL_BYTE, struct gt_record, outcome, applied, 3),
	FILL_EACH_STR(struct gt_record, outcome, error),
	RT(message),
	RN(started_at_s),
	RN(started_at_ns),
	RN(duration_us),
	RB(stale_environ, 2),
};

static struct gt_record rec;
static struct gt_selection sel;
static struct fuzz_policy pol;
static struct gt_record_view view, of_memory;

static int no_key_twice(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)e;
	for (unsigned i = 0; i < ev->depth; i++)
		HOLDS(!ev->path[i].repeated);
	return 0;
}

static void check(bool indent)
{
	struct gt_buf out = {0};
	struct gt_err e = {0};
	const char *id = rec.facts.ident.id;

	gt_record_json(&rec, indent, &out);
	HOLDS(out.error == 0);
	HOLDS(gt_json_walk(out.p, out.len, GT_JSON_KEYS, no_key_twice, NULL, NULL, &e) == 0);
	HOLDS(indent || !strchr(out.p, '\n'));
	HOLDS(gt_record_view_parse(out.p, out.len, &view, &e) == 0);
	HOLDS(gt_utf8_valid_len(id, strlen(id)) != strlen(id) || strcmp(view.id, id) == 0);
	HOLDS(view.n_setting ==
	      (rec.plan.n_setting < GT_SETTINGS_MAX ? rec.plan.n_setting : GT_SETTINGS_MAX));
	/* Shown from memory it is the same, but for bytes that are no UTF-8. */
	gt_record_view_of(&rec, &of_memory);
	HOLDS(of_memory.n_setting == view.n_setting && of_memory.n_fact == view.n_fact &&
	      of_memory.n_warning == view.n_warning && of_memory.dropped == view.dropped &&
	      of_memory.pid == view.pid && of_memory.n_set == view.n_set);
	gt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, plan_in = fuzz_until(&in, '\xff');
	char line[1024];

	memset(&rec, 0, sizeof(rec));
	fuzz_facts(&plan_in, &rec.facts, &pol);
	gt_plan_select(&rec.facts, &pol.p, &sel);
	gt_plan_make(&rec.facts, &pol.p, &sel, &rec.plan);
	while (in.n > 0) {
		size_t row = fuzz_byte(&in) % GT_ARRAY_LEN(record_rows);

		fill_one(&in, &record_rows[row], &rec);
	}
	check(size % 2);
	gt_record_log_line(&rec, line, sizeof(line));
	HOLDS(memchr(line, '\0', sizeof(line)) && line[0]);
	return 0;
}
