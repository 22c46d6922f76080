/*
 * gotune profiles: the profiles of the merged policy, who each is for and what it sets. Reads the
 * policy files; changes nothing.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

/* What a profile sets, one phrase a setting: "GOMAXPROCS ceil, min 2". */
static void gomaxprocs(const struct gt_profile *p, struct gt_buf *b)
{
	if (!p->gomaxprocs)
		return;
	gt_buf_fmt(b, "GOMAXPROCS %s, at least %u", gt_words_get(&gt_round_words, p->round),
		   p->min);
	if (p->max)
		gt_buf_fmt(b, ", at most %u", p->max);
	if (p->cpu_count == GT_CPU_PHYSICAL)
		gt_buf_str(b, ", physical cores");
	if (p->numa != GT_NUMA_IGNORE)
		gt_buf_fmt(b, ", NUMA %s", gt_words_get(&gt_numa_words, p->numa));
	if (p->shares_enable)
		gt_buf_fmt(b, ", shares x%u", p->shares_multiplier);
	if (p->sched_latency)
		gt_buf_str(b, ", scheduler latency");
	if (p->override_self_managed)
		gt_buf_str(b, ", over automaxprocs");
	gt_buf_str(b, "; ");
}

static void phrases(const struct gt_profile *p, struct gt_buf *b)
{
	gomaxprocs(p, b);
	if (p->gomemlimit)
		gt_buf_fmt(b, "GOMEMLIMIT %u.%u%% of the limit, %u.%u%% with cgo; ",
			   p->ratio_permille / 10, p->ratio_permille % 10,
			   p->cgo_ratio_permille / 10, p->cgo_ratio_permille % 10);
	if (p->gomemlimit && p->override_automemlimit)
		gt_buf_str(b, "over automemlimit; ");
	if (p->gogc)
		gt_buf_fmt(b, "GOGC %u; ", p->gogc);
	if (p->godebug[0])
		gt_buf_fmt(b, "GODEBUG %s; ", p->godebug);
	if (p->nofile)
		gt_buf_fmt(b, "RLIMIT_NOFILE %llu; ", (unsigned long long)p->nofile);
	for (uint32_t i = 0; i < p->n_sysctl && i < GT_SYSCTL_MAX; i++)
		gt_buf_fmt(b, "%s %s; ", p->sysctl[i].name, p->sysctl[i].value);
	if (p->swappiness >= 0)
		gt_buf_fmt(b, "swappiness %d; ", p->swappiness);
	if (b->len == 0)
		gt_buf_str(b, "nothing; ");
}

/* TEXT without its last "; ". */
static void drop_tail(struct gt_buf *b)
{
	if (b->error || b->len < 2)
		return;
	b->len -= 2;
	b->p[b->len] = '\0';
}

static void one(struct gt_cli_out *o, const struct gt_policy *pol, const struct gt_profile *p)
{
	struct gt_buf what = {0};
	char from[GT_NAME_CAP + 16];

	if (o->buf.len > 0)
		gt_buf_str(&o->buf, "\n");
	gt_cli_styled(o, GT_STYLE_BOLD, p->name, strlen(p->name));
	if (strcmp(p->name, pol->default_profile) == 0)
		gt_buf_str(&o->buf, "  (the default)");
	if (*p->inherits) {
		(void)snprintf(from, sizeof(from), "  (inherits %s)", p->inherits);
		gt_cli_plain(&o->buf, from);
	}
	gt_buf_str(&o->buf, "\n");
	if (p->broken)
		gt_cli_para(o, 2, GT_STYLE_BAD, "broken: nothing that uses it is tuned");
	if (*p->description)
		gt_cli_para(o, 2, GT_STYLE_PLAIN, p->description);
	phrases(p, &what);
	drop_tail(&what);
	if (what.error)
		o->buf.error = what.error;
	else
		gt_cli_para(o, 2, GT_STYLE_DIM, what.p);
	gt_buf_done(&what);
}

static void key_u64(struct gt_jw *w, const char *key, uint64_t v, bool null)
{
	gt_jw_key(w, key);
	if (null)
		gt_jw_null(w);
	else
		gt_jw_u64(w, v);
}

static void object(struct gt_jw *w, const struct gt_policy *pol, const struct gt_profile *p)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "name", p->name);
	gt_jw_member_opt(w, "description", p->description);
	gt_jw_member_opt(w, "inherits", p->inherits);
	gt_jw_key(w, "default");
	gt_jw_bool(w, strcmp(p->name, pol->default_profile) == 0);
	gt_jw_key(w, "broken");
	gt_jw_bool(w, p->broken);
	gt_jw_key(w, "gomaxprocs");
	gt_jw_bool(w, p->gomaxprocs);
	gt_jw_key(w, "gomemlimit");
	gt_jw_bool(w, p->gomemlimit);
	key_u64(w, "gogc", p->gogc, p->gogc == 0);
	gt_jw_member_opt(w, "godebug", p->godebug);
	key_u64(w, "nofile", p->nofile, p->nofile == 0);
	gt_jw_key(w, "sysctl");
	gt_jw_open(w, '{');
	for (uint32_t i = 0; i < p->n_sysctl && i < GT_SYSCTL_MAX; i++)
		gt_jw_member_opt(w, p->sysctl[i].name, p->sysctl[i].value);
	gt_jw_close(w, '}');
	key_u64(w, "swappiness", (uint64_t)p->swappiness, p->swappiness < 0);
	gt_jw_close(w, '}');
}

static void print_json(struct gt_cli_out *out, const struct gt_policy *p)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < p->n_profile; i++)
		object(&w, p, &p->profile[i]);
	gt_jw_close(&w, ']');
	gt_cli_json_doc(out, &doc);
}

static int run_profiles(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_close_ int root = -1;
	struct gt_policy p = {0};
	struct gt_err e = {0};
	bool broken;

	root = gt_root_open(a->value[GT_OPT_SYSROOT], &e);
	if (root < 0 || gt_read_policy(root, a->value[GT_OPT_POLICY], &p, &e) != 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	broken = p.broken;
	for (uint32_t i = 0; i < p.n_profile; i++) {
		broken = broken || p.profile[i].broken;
		if (!a->json)
			one(out, &p, &p.profile[i]);
	}
	if (a->json)
		print_json(out, &p);
	gt_policy_done(&p);
	if (broken)
		return gt_cli_fail(out, GT_EXIT_BROKEN,
				   "a policy file is broken; gotune policy check says where");
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_profiles = {
	.name = "profiles",
	.operands = "",
	.summary = "list the profiles, and who each is for",
	.about = "Lists the built-in profiles and those of the policy.\n",
	.options = GT_OPTS_POLICY | GT_OPTS_FORMAT,
	.missing = "gotune profiles takes no arguments",
	.run = run_profiles,
};
