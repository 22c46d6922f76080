/*
 * Writes the merged policy as JSON: {"policy": ..., "sources": {"KEY": "FILE"}, "layers": [...]}.
 * "policy" has the form of a policy file. Pure but for the buffer's heap.
 */
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

/* The parts of a list "a,b" or ",a,b,". */
static void write_list(struct gt_jw *w, const char *s)
{
	gt_jw_open(w, '[');
	while (*s) {
		size_t n = strcspn(s, ",");

		if (n > 0)
			gt_jw_strn(w, s, n);
		s += n + (s[n] == ',');
	}
	gt_jw_close(w, ']');
}

static void write_number(struct gt_jw *w, const struct gt_profile *p, enum gt_profile_key k)
{
	const struct gt_pk *key = &gt_pk_table[k];
	bool null = false;
	uint64_t v = gt_pk_number(p, k, &null);

	if (null)
		gt_jw_null(w);
	else if (key->type == GT_PKT_WORD)
		gt_jw_str(w, gt_words_get(key->words, (unsigned)v));
	else if (key->type == GT_PKT_BOOL)
		gt_jw_bool(w, v != 0);
	else
		gt_jw_u64(w, v);
}

static void write_key(struct gt_jw *w, const struct gt_profile *p, enum gt_profile_key k)
{
	gt_jw_key(w, gt_basename(gt_pk_table[k].path));
	switch (gt_pk_table[k].type) {
	case GT_PKT_TEXT:
		gt_jw_str(w, p->description);
		break;
	case GT_PKT_GODEBUG:
		write_list(w, p->godebug);
		break;
	case GT_PKT_SYSCTL:
		if (p->n_sysctl == 0) {
			gt_jw_null(w);
			break;
		}
		gt_jw_open(w, '{');
		for (uint32_t i = 0; i < p->n_sysctl; i++)
			gt_jw_member(w, p->sysctl[i].name, p->sysctl[i].value);
		gt_jw_close(w, '}');
		break;
	case GT_PKT_OBJECT:
		gt_jw_null(w); /* one that is not null is written by write_group */
		break;
	case GT_PKT_WORD:
	case GT_PKT_BOOL:
	case GT_PKT_U32:
	case GT_PKT_U64:
	case GT_PKT_I32:
	case GT_PKT_BYTES:
		write_number(w, p, k);
		break;
	}
}

static void write_shares(struct gt_jw *w, const struct gt_profile *p)
{
	gt_jw_key(w, "shares");
	gt_jw_open(w, '{');
	for (unsigned k = GT_PK_SHARES_ENABLE; k <= GT_PK_SHARES_FLOOR; k++)
		write_key(w, p, k);
	gt_jw_close(w, '}');
}

/* The keys FIRST..LAST as an object NAME. */
static void write_group(struct gt_jw *w, const struct gt_profile *p, const char *name,
			enum gt_profile_key first, enum gt_profile_key last)
{
	gt_jw_key(w, name);
	gt_jw_open(w, '{');
	for (unsigned k = first; k <= last; k++) {
		if (k == GT_PK_SHARES_ENABLE)
			write_shares(w, p); /* with the two that follow */
		else if (k != GT_PK_SHARES_MULTIPLIER && k != GT_PK_SHARES_FLOOR)
			write_key(w, p, k);
	}
	gt_jw_close(w, '}');
}

static void write_profile(struct gt_jw *w, const struct gt_profile *p)
{
	gt_jw_key(w, p->name);
	gt_jw_open(w, '{');
	if (p->inherits[0])
		gt_jw_member(w, "inherits", p->inherits);
	write_key(w, p, GT_PK_DESCRIPTION);
	if (p->gomaxprocs)
		write_group(w, p, "gomaxprocs", GT_PK_ROUND, GT_PK_OVERRIDE_SELF_MANAGED);
	else
		write_key(w, p, GT_PK_GOMAXPROCS);
	if (p->gomemlimit)
		write_group(w, p, "gomemlimit", GT_PK_RATIO, GT_PK_OVERRIDE_AUTOMEMLIMIT);
	else
		write_key(w, p, GT_PK_GOMEMLIMIT);
	for (unsigned k = GT_PK_GOGC; k < GT_PK_COUNT; k++)
		write_key(w, p, k);
	gt_jw_close(w, '}');
}

static void write_match(struct gt_jw *w, const struct gt_policy *p, const struct gt_rule *r)
{
	const struct {
		const char *name;
		uint32_t text;
	} texts[] = {
		{"image", r->image},
		{"command", r->command},
		{"cgroup", r->cgroup},
		{"engine", r->engine},
	};

	gt_jw_key(w, "match");
	gt_jw_open(w, '{');
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++) {
		if (texts[i].text)
			gt_jw_member(w, texts[i].name, gt_rule_text(p, texts[i].text));
	}
	gt_jw_key(w, "annotation");
	gt_jw_open(w, '{');
	for (uint32_t i = 0; i < r->n_annotation; i++) {
		const struct gt_rule_pair *pair = &p->annotation[r->annotation + i];

		gt_jw_member(w, gt_rule_text(p, pair->key), gt_rule_text(p, pair->value));
	}
	gt_jw_close(w, '}');
	gt_jw_close(w, '}');
}

static void write_rule(struct gt_jw *w, const struct gt_policy *p, const struct gt_rule *r)
{
	gt_jw_open(w, '{');
	gt_jw_member(w, "name", gt_rule_text(p, r->name));
	write_match(w, p, r);
	if (r->profile)
		gt_jw_member(w, "profile", gt_rule_text(p, r->profile));
	if (r->has_mode)
		gt_jw_member(w, "mode", gt_words_get(&gt_mode_words, r->mode));
	gt_jw_key(w, "rollout_percent");
	gt_jw_u64(w, r->rollout_percent);
	gt_jw_close(w, '}');
}

static void write_annotations(struct gt_jw *w, const struct gt_policy *p)
{
	gt_jw_key(w, "annotations");
	gt_jw_open(w, '{');
	gt_jw_key(w, "allow");
	gt_jw_open(w, '[');
	for (unsigned k = 0; k < GT_KEY_COUNT; k++) {
		if (p->allow & (1u << k))
			gt_jw_str(w, gt_words_get(&gt_key_words, k));
	}
	gt_jw_close(w, ']');
	gt_jw_key(w, "nofile_max");
	gt_jw_u64(w, p->nofile_max);
	gt_jw_key(w, "sysctl");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_allow_sysctl; i++)
		gt_jw_str(w, p->allow_sysctl[i]);
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

static void write_count(struct gt_jw *w, const char *key, uint32_t n)
{
	gt_jw_key(w, key);
	gt_jw_u64(w, n);
}

static void write_flag(struct gt_jw *w, const char *key, bool v)
{
	gt_jw_key(w, key);
	gt_jw_bool(w, v);
}

static void write_follow(struct gt_jw *w, const struct gt_policy *p)
{
	gt_jw_key(w, "follow");
	gt_jw_open(w, '{');
	write_count(w, "seconds", p->follow.seconds);
	write_count(w, "processes", p->follow.processes);
	write_count(w, "execs", p->follow.execs);
	gt_jw_close(w, '}');
	write_count(w, "barrier_timeout_ms", p->barrier_timeout_ms);
}

static void write_daemon(struct gt_jw *w, const struct gt_policy *p)
{
	gt_jw_key(w, "daemon");
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "listen", p->daemon.listen);
	write_flag(w, "resize", p->daemon.resize);
	write_flag(w, "history", p->daemon.history);
	write_flag(w, "learn", p->daemon.learn);
	write_flag(w, "guard", p->daemon.guard);
	write_flag(w, "rollback", p->daemon.rollback);
	write_count(w, "containers", p->daemon.containers);
	gt_jw_close(w, '}');
	gt_jw_key(w, "live");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < GT_LIVE_COUNT; i++) {
		if (p->live & (1u << i))
			gt_jw_str(w, gt_words_get(&gt_live_key_words, i));
	}
	gt_jw_close(w, ']');
}

static void write_policy(struct gt_jw *w, const struct gt_policy *p)
{
	gt_jw_key(w, "policy");
	gt_jw_open(w, '{');
	gt_jw_key(w, "version");
	gt_jw_u64(w, 1);
	gt_jw_member(w, "mode", gt_words_get(&gt_mode_words, p->mode));
	gt_jw_member(w, "select", gt_words_get(&gt_select_words, p->select));
	gt_jw_member(w, "on_error", gt_words_get(&gt_on_error_words, p->on_error));
	gt_jw_member(w, "default_profile", p->default_profile);
	gt_jw_key(w, "profiles");
	gt_jw_open(w, '{');
	for (uint32_t i = 0; i < p->n_profile; i++)
		write_profile(w, &p->profile[i]);
	gt_jw_close(w, '}');
	gt_jw_key(w, "rules");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_rule; i++)
		write_rule(w, p, &p->rule[i]);
	gt_jw_close(w, ']');
	write_annotations(w, p);
	gt_jw_key(w, "godebug_allow");
	write_list(w, p->godebug_allow);
	gt_jw_key(w, "runtimes");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_runtimes; i++)
		gt_jw_str(w, p->runtimes[i]);
	gt_jw_close(w, ']');
	write_follow(w, p);
	write_daemon(w, p);
	gt_jw_close(w, '}');
}

static void write_source(void *ctx, const char *key, const char *value, const char *source)
{
	(void)value;
	gt_jw_member(ctx, key, source);
}

void gt_policy_write_json(const struct gt_policy *p, struct gt_jw *w)
{
	gt_jw_open(w, '{');
	write_policy(w, p);
	gt_jw_key(w, "sources");
	gt_jw_open(w, '{');
	gt_policy_rows(p, write_source, w);
	gt_jw_close(w, '}');
	gt_jw_key(w, "layers");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_layer; i++) {
		gt_jw_open(w, '{');
		gt_jw_member(w, "path", p->layer[i].path);
		gt_jw_member(w, "error", p->layer[i].broken ? p->layer[i].error : NULL);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
	gt_jw_key(w, "broken");
	gt_jw_bool(w, p->broken);
	gt_jw_close(w, '}');
}
