/*
 * A plan spliced into config.json, or into a process document: a line of letters says what is
 * planned, a line has the text of its values, the rest is the document.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"
#include "splice_model.h"

static struct gt_plan plan;
static struct gt_outcome outcome[GT_SETTINGS_MAX];
static struct gt_bundle was, is;
static char value[128];

static const struct want {
	char letter;
	enum gt_setting_id id;
	const char *name, *fixed;
	const char *path; /* below config.json; NULL: a variable or a limit */
} wants[] = {
	{'P', GT_SET_GOMAXPROCS, "GOMAXPROCS", NULL, NULL},
	{'M', GT_SET_GOMEMLIMIT, "GOMEMLIMIT", NULL, NULL},
	{'G', GT_SET_GOGC, "GOGC", NULL, NULL},
	{'D', GT_SET_GODEBUG, "GODEBUG", NULL, NULL},
	{'N', GT_SET_NOFILE, "RLIMIT_NOFILE", "65536", NULL},
	{'S', GT_SET_SYSCTL, "net.core.somaxconn", NULL, "linux/sysctl/net.core.somaxconn"},
	{'T', GT_SET_SYSCTL, "kernel.sem", NULL, "linux/sysctl/kernel.sem"},
	{'C', GT_SET_CPUSET_CPUS, "cpuset.cpus", NULL, "linux/resources/cpu/cpus"},
	{'E', GT_SET_CPUSET_MEMS, "cpuset.mems", NULL, "linux/resources/cpu/mems"},
	{'W', GT_SET_SWAPPINESS, "memory.swappiness", "1", "linux/resources/memory/swappiness"},
	{'Z', GT_SET_SWAPPINESS, "memory.swap.max", "0", "linux/resources/unified/memory.swap.max"},
};

static void make_plan(struct fuzz_in letters, bool whole, struct named *n)
{
	unsigned n_value = 0, n_var = 0;

	plan.n_setting = 0;
	plan.mode = GT_MODE_ENFORCE;
	plan.selected = true;
	n->env = whole ? "process/env" : "env";
	for (size_t i = 0; i < GT_ARRAY_LEN(wants); i++) {
		const struct want *w = &wants[i];
		struct gt_setting *s = &plan.setting[plan.n_setting];

		if (letters.n == 0 || !memchr(letters.p, w->letter, letters.n))
			continue;
		*s = (struct gt_setting){.id = w->id, .verdict = GT_VERDICT_SET};
		s->reason = w->letter == 'Z' ? GT_R_NO_SWAP : GT_R_PROFILE;
		(void)gt_copy_str(s->name, sizeof(s->name), w->name);
		(void)gt_copy_str(s->value, sizeof(s->value), w->fixed ? w->fixed : value);
		s->has_before = memchr(letters.p, 'b', letters.n) != NULL;
		(void)gt_copy_str(s->before, sizeof(s->before), s->has_before ? "1" : "");
		s->soft = s->hard = 65536;
		s->in_config = memchr(letters.p, 'n', letters.n) != NULL;
		plan.n_setting++;
		if (w->path && whole)
			n->value[n_value++] = w->path;
		else if (w->id == GT_SET_NOFILE)
			n->limits = whole ? "process/rlimits" : "rlimits";
		else if (w->id < GT_SET_NOFILE)
			n->var[n_var++] = w->name;
	}
}

/* A row that is decided at the exec. */
static void add_awaited(void)
{
	struct gt_setting *s = &plan.setting[plan.n_setting++];

	*s = (struct gt_setting){
		.id = GT_SET_GOGC, .verdict = GT_VERDICT_SKIP, .reason = GT_R_AT_EXEC};
	(void)gt_copy_str(s->name, sizeof(s->name), "GOGC");
}

static int count_hook(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	bool begins = ev->type != GT_JSON_MAP_END && ev->type != GT_JSON_ARRAY_END;

	(void)e;
	*(uint32_t *)ctx += begins && gt_json_at(ev, CREATE_RUNTIME "/*") && !ev->path[2].key;
	return 0;
}

/* Where in DOC's hooks.createRuntime an entry may be added: only behind those that are there. */
static void allow_hook(struct named *n, const char *doc, size_t len)
{
	struct gt_err e;

	n->hook = true;
	n->hook_at = 0;
	if (gt_json_walk(doc, len, 0, count_hook, &n->hook_at, NULL, &e) < 0)
		n->hook = false; /* it is refused */
}

static bool pair_is(const struct gt_strv *v, const char *key, const char *want)
{
	const char *have = gt_strv_pair(v, key);

	return v->dropped > 0 || (have && strcmp(have, want) == 0);
}

/* What was asked for is there, as config.json's own reader sees it. */
static void check_there(const struct gt_setting *s, const struct gt_outcome *o)
{
	HOLDS(o->applied == GT_YES || (o->applied == GT_NO && o->error[0]));
	HOLDS(o->applied == GT_NO ||
	      (gt_setting_kind(s->id) == GT_KIND_ENV || s->id == GT_SET_NOFILE ? was.has_process
									       : was.has_linux));
	if (o->applied != GT_YES)
		return;
	if (gt_setting_kind(s->id) == GT_KIND_ENV)
		HOLDS(is.var[s->id].present && strcmp(is.var[s->id].value, s->value) == 0);
	else if (s->id == GT_SET_NOFILE)
		HOLDS(is.has_nofile && is.nofile_soft >= s->soft && is.nofile_hard >= s->hard);
	else if (s->id == GT_SET_SYSCTL)
		HOLDS(pair_is(&is.sysctl, s->name, s->value));
	else if (s->id == GT_SET_CPUSET_CPUS)
		HOLDS(is.res.has_cpus && strcmp(is.res.cpus, s->value) == 0);
	else if (s->id == GT_SET_CPUSET_MEMS)
		HOLDS(is.res.has_mems && strcmp(is.res.mems, s->value) == 0);
	else if (s->reason == GT_R_NO_SWAP)
		HOLDS(pair_is(&is.res.unified, "memory.swap.max", "0"));
	else
		HOLDS(is.res.has_swappiness && is.res.swappiness == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, letters = fuzz_until(&in, '\n');
	bool whole = letters.n == 0 || !memchr(letters.p, 'x', letters.n);
	struct named named = {.env = NULL};
	const char *doc;
	struct gt_buf out = {0}, again = {0};
	struct gt_err e = {0};

	fuzz_text(&in, '\n', value, sizeof(value));
	if (!value[0] || gt_utf8_valid_len(value, strlen(value)) != strlen(value))
		(void)gt_copy_str(value, sizeof(value), "2");
	doc = (const char *)in.p;
	make_plan(letters, whole, &named);
	if (letters.n > 0 && memchr(letters.p, 'A', letters.n)) {
		add_awaited();
		if (whole)
			allow_hook(&named, doc, in.n);
	}
	if (!splice_both(&plan, whole, doc, in.n, &out, outcome))
		return 0;
	splice_holds(&named, doc, in.n, &out);
	if (whole && gt_read_bundle(doc, in.n, &was, &e) == 0) {
		HOLDS(gt_read_bundle(out.p, out.len, &is, &e) == 0);
		for (uint32_t i = 0; i < plan.n_setting; i++) {
			if (plan.setting[i].verdict == GT_VERDICT_SET)
				check_there(&plan.setting[i], &outcome[i]);
		}
		HOLDS(is.own_hook == (was.own_hook || named.hook));
	}
	/* Once is enough. */
	if (splice_both(&plan, whole, out.p, out.len, &again, outcome)) /* no: too many places */
		HOLDS(again.len == out.len && memcmp(again.p, out.p, out.len) == 0);
	gt_buf_done(&again);
	gt_buf_done(&out);
	return 0;
}
