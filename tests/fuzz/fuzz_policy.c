/* Policy files, one over the other, separated by lines of "%%". */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "policy/compiled.h"
#include "policy/draft.h"

#define LAYERS 4

static struct gt_draft builtin;

static int ignore(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)ev, (void)e;
	return 0;
}

static void ignore_row(void *ctx, const char *key, const char *value, const char *source)
{
	*(unsigned *)ctx += key[0] != '\0' && value && source;
}

static void check_profile(const struct gt_profile *p)
{
	HOLDS(p->name[0] && memchr(p->name, '\0', sizeof(p->name)));
	if (p->broken) /* nothing uses it */
		return;
	HOLDS(p->round < GT_ROUND_COUNT && p->cpu_count < GT_CPU_COUNT_COUNT);
	HOLDS(p->numa < GT_NUMA_COUNT && p->min >= 1 && p->min <= GT_CPUS_MAX);
	HOLDS(p->max <= GT_CPUS_MAX && p->shares_multiplier >= 1 && p->shares_multiplier <= 1000);
	HOLDS(p->shares_floor >= 1 && p->shares_floor <= GT_CPUS_MAX);
	HOLDS(p->ratio_permille >= 1 && p->ratio_permille <= 1000);
	HOLDS(p->cgo_ratio_permille >= 1 && p->cgo_ratio_permille <= 1000);
	HOLDS(p->min_limit_bytes <= INT64_MAX && p->gogc <= 1000 && p->n_sysctl <= GT_SYSCTL_MAX);
	HOLDS(p->nofile == 0 || (p->nofile >= 64 && p->nofile <= 1u << 30));
	HOLDS(p->swappiness >= -1 && p->swappiness <= 100);
	HOLDS(memchr(p->godebug, '\0', sizeof(p->godebug)));
}

/* What `gotune policy show` prints. */
static void check_shown(const struct gt_policy *p)
{
	struct gt_buf out = {0};
	struct gt_err e = {0};
	unsigned n_row = 0;
	struct gt_jw w;

	gt_jw_init(&w, &out, false);
	gt_policy_write_json(p, &w);
	HOLDS(out.error == 0);
	HOLDS(gt_json_walk(out.p, out.len, 0, ignore, NULL, NULL, &e) == 0);
	gt_buf_done(&out);
	gt_policy_rows(p, ignore_row, &n_row);
	HOLDS(n_row > p->n_profile);
}

static void check(const struct gt_policy *p)
{
	HOLDS(p->mode < GT_MODE_COUNT && p->select < GT_SELECT_COUNT && p->n_profile > 0);
	HOLDS(p->on_error < GT_ON_ERROR_COUNT && p->n_allow_sysctl <= GT_SYSCTL_MAX);
	HOLDS(p->n_runtimes <= GT_ARRAY_LEN(p->runtimes) && p->n_profile <= GT_PROFILES_MAX);
	HOLDS(p->n_rule <= GT_RULES_MAX);
	for (uint32_t i = 0; i < p->n_profile; i++)
		check_profile(&p->profile[i]);
	for (uint32_t i = 0; i < p->n_rule; i++)
		HOLDS(p->rule[i].rollout_percent <= 100 && p->rule[i].mode < GT_MODE_COUNT &&
		      p->rule[i].n_annotation <= GT_RULE_ANNOTATIONS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	static struct gt_layer layer[LAYERS + 1];
	struct gt_policy p;
	struct gt_draft d;
	uint32_t n = 1;
	char error[256];

	if (!builtin.profile)
		HOLDS(gt_policy_read_layer(&builtin, 0, gt_policy_builtin_json,
					   strlen(gt_policy_builtin_json), error,
					   sizeof(error)) == 0 &&
		      error[0] == '\0');
	memset(layer, 0, sizeof(layer));
	HOLDS(gt_draft_copy(&builtin, &d) == 0);
	do {
		struct gt_layer *l = &layer[n];
		struct fuzz_in doc = fuzz_file_of(&in);

		HOLDS(gt_policy_read_layer(&d, (uint8_t)n, (const char *)doc.p, doc.n, l->error,
					   sizeof(l->error)) == 0);
		l->broken = l->error[0] != '\0';
		n++;
	} while (in.n > 0 && n <= LAYERS);
	HOLDS(gt_policy_resolve(&d, layer, n, &p) == 0);
	check(&p);
	HOLDS(gt_compiled_check(gt_compiled_block(&p), gt_compiled_block(&p)->len) == 0);
	if (size % 4 == 0) /* it takes most of the time */
		check_shown(&p);
	gt_draft_done(&d);
	gt_policy_done(&p);
	return 0;
}
