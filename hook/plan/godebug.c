/*
 * The row of GODEBUG: reads its entries, merges them, un-pins the quota. The syntax is that of Go's
 * src/runtime/runtime1.go, parsegodebug. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "rules.h"

#define UNPIN_ENTRIES "containermaxprocs=1,updatemaxprocs=1"

/* One entry between commas. VALUE is NULL without a '=': Go ignores such an entry. */
struct entry {
	const char *key, *value;
	size_t len, key_len, value_len;
};

/* Cuts the entry at *at and moves *at behind it; false at the end. */
static bool next_entry(const char **at, struct entry *ret)
{
	const char *s = *at, *eq;
	size_t len;

	if (!s)
		return false;
	len = strcspn(s, ",");
	eq = memchr(s, '=', len);
	*ret = (struct entry){.key = s, .len = len, .key_len = eq ? (size_t)(eq - s) : len};
	if (eq) {
		ret->value = eq + 1;
		ret->value_len = len - ret->key_len - 1;
	}
	*at = s[len] ? s + len + 1 : NULL;
	return true;
}

static bool has_key(const char *text, const char *key, size_t len)
{
	struct entry e;

	while (next_entry(&text, &e)) {
		if (e.value && e.key_len == len && memcmp(e.key, key, len) == 0)
			return true;
	}
	return false;
}

/* Is KEY on the list ",key,key,"? NULL lists everything. */
static bool is_on_list(const char *allow, const char *key, size_t len)
{
	if (!allow)
		return true;
	for (const char *p = strchr(allow, ','); p && p[1]; p = strchr(p + 1, ',')) {
		if (strncmp(p + 1, key, len) == 0 && (p[1 + len] == ',' || p[1 + len] == '\0'))
			return true;
	}
	return false;
}

enum gt_warning_id gt_plan_godebug_check(const char *text, const char *allow)
{
	struct entry e;

	/* Go ignores an entry with a space (seen in Go 1.15 to 1.27). */
	if (!gt_is_plain(text) || strchr(text, ' '))
		return GT_W_BAD_VALUE;
	while (next_entry(&text, &e)) {
		if (!e.value || e.key_len == 0 || e.value_len == 0)
			return GT_W_BAD_VALUE;
		if (!is_on_list(allow, e.key, e.key_len))
			return GT_W_NOT_ALLOWED;
	}
	return GT_W_NONE;
}

static bool append_entry(char *dst, size_t cap, const struct entry *e)
{
	size_t have = strlen(dst);

	if (have > 0 && dst[have - 1] != ',') {
		if (!gt_append(dst, cap, ","))
			return false;
		have++;
	}
	return gt_copy(dst + have, cap - have, e->key, e->len);
}

bool gt_plan_merge_godebug(const char *have, const char *want, const char *allow, char *ret,
			   size_t cap)
{
	struct entry e;

	if (!gt_copy_str(ret, cap, have))
		return false;
	while (next_entry(&want, &e)) {
		if (!e.value || e.key_len == 0 || !is_on_list(allow, e.key, e.key_len) ||
		    has_key(ret, e.key, e.key_len))
			continue;
		if (!append_entry(ret, cap, &e))
			return false;
	}
	return true;
}

/* The last valid number of containermaxprocs in TEXT, as the runtime reads it. */
static enum gt_tri container_in(const char *text)
{
	static const char key[] = "containermaxprocs";
	enum gt_tri found = GT_UNKNOWN;
	struct entry e;

	while (next_entry(&text, &e)) {
		char digits[16];
		int64_t n;

		if (!e.value || e.key_len != sizeof(key) - 1 ||
		    memcmp(e.key, key, sizeof(key) - 1) != 0)
			continue;
		if (gt_copy(digits, sizeof(digits), e.value, e.value_len) &&
		    gt_parse_i64(digits, &n) == 0 && n >= INT32_MIN && n <= INT32_MAX)
			found = n > 0 ? GT_YES : GT_NO;
	}
	return found;
}

static enum gt_tri container_default(const struct gt_program *p)
{
	enum gt_tri t = p->has_godebug_default ? container_in(p->godebug_default) : GT_UNKNOWN;

	return t == GT_UNKNOWN ? GT_YES : t; /* the runtime's own default is on */
}

enum gt_tri gt_plan_container_on(const struct gt_facts *f, const char *godebug)
{
	enum gt_tri env;

	if (f->var[GT_VAR_GODEBUG].too_long)
		return GT_UNKNOWN;
	env = container_in(godebug);
	return env == GT_UNKNOWN ? container_default(&f->program) : env;
}

/* A `go` line before 1.25 turns both off (cmd/go, internal/godebugs), so one alone was written. */
static bool author_said_no(const struct gt_program *p)
{
	static const char update[] = "updatemaxprocs";

	return p->has_godebug_default && container_in(p->godebug_default) == GT_NO &&
	       !has_key(p->godebug_default, update, sizeof(update) - 1);
}

bool gt_plan_told_not_to(const struct gt_planning *pl)
{
	const struct gt_env_var *v = &pl->f->var[GT_VAR_GODEBUG];
	enum gt_tri said = GT_UNKNOWN;

	if (v->present && !v->too_long)
		said = container_in(v->value);
	return said == GT_NO || (said == GT_UNKNOWN && author_said_no(&pl->f->program));
}

bool gt_plan_unpinned(const struct gt_planning *pl, char *ret, size_t cap)
{
	const struct gt_program *prog = &pl->f->program;
	static const char key[] = "containermaxprocs";

	return prog->kind == GT_PROG_GO && prog->go_known && prog->go_minor >= 25 &&
	       !pl->f->var[GT_VAR_GODEBUG].too_long && container_default(prog) == GT_NO &&
	       !has_key(pl->godebug, key, sizeof(key) - 1) &&
	       gt_plan_merge_godebug(pl->godebug, UNPIN_ENTRIES, NULL, ret, cap);
}

/* Warns of entries of the profile that are not on the policy's own list. */
static void warn_not_allowed(struct gt_planning *pl)
{
	const char *text = pl->sel->profile->godebug;
	struct entry e;

	while (next_entry(&text, &e)) {
		char about[64] = "GODEBUG ";
		size_t have = strlen(about);

		if (!e.value || e.key_len == 0 ||
		    is_on_list(pl->p->godebug_allow, e.key, e.key_len))
			continue;
		/* People read it: it may be cut. */
		(void)gt_copy(about + have, sizeof(about) - have, e.key, e.key_len);
		gt_plan_warn(pl->plan, GT_W_NOT_ALLOWED, about);
	}
}

/* Merges GODEBUG: the environment first, then the request, then the profile. */
void gt_plan_godebug_base(struct gt_planning *pl)
{
	const struct gt_env_var *v = &pl->f->var[GT_VAR_GODEBUG];
	const char *allow = pl->p->godebug_allow, *have = v->present ? v->value : "";
	char merged[sizeof(pl->godebug)];

	/* Of the same size. The callers do not use a value that was too long. */
	(void)gt_copy_str(pl->godebug, sizeof(pl->godebug), have);
	if (pl->wish.has[GT_KEY_GODEBUG] &&
	    gt_plan_merge_godebug(have, pl->f->req.key[GT_KEY_GODEBUG].value, allow, merged,
				  sizeof(merged))) {
		pl->godebug_wish = strcmp(merged, pl->godebug) != 0;
		(void)gt_copy_str(pl->godebug, sizeof(pl->godebug), merged);
	}
	warn_not_allowed(pl);
	if (!gt_plan_why_not_env(pl) &&
	    gt_plan_merge_godebug(pl->godebug, pl->sel->profile->godebug, allow, merged,
				  sizeof(merged)))
		(void)gt_copy_str(pl->godebug, sizeof(pl->godebug), merged);
}

/* Does TEXT turn off preemption by signals? Of several entries Go takes the last. */
static bool preemption_off(const char *text)
{
	static const char key[] = "asyncpreemptoff";
	struct entry e;
	bool off = false;

	while (next_entry(&text, &e))
		if (e.value && e.key_len == sizeof(key) - 1 &&
		    memcmp(e.key, key, sizeof(key) - 1) == 0)
			off = !(e.value_len == 1 && *e.value == '0');
	return off;
}

/* Why we set the merged value: what is dangerous in it comes first. */
static enum gt_reason reason_of(const struct gt_planning *pl, const char *have)
{
	if (preemption_off(pl->godebug) && !preemption_off(have))
		return GT_R_ASYNCPREEMPTOFF_RISK;
	return pl->godebug_wish ? GT_R_REQUESTED : GT_R_PROFILE;
}

void gt_plan_godebug(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_GODEBUG, "GODEBUG");
	const struct gt_env_var *v = &pl->f->var[GT_VAR_GODEBUG];
	char merged[sizeof(pl->godebug)];

	if (v->present)
		gt_plan_before(s, v->value);
	if (pl->unpin && gt_plan_unpinned(pl, merged, sizeof(merged))) {
		gt_plan_set(s, GT_R_UNPIN, merged);
	} else if (!v->too_long && strcmp(pl->godebug, v->present ? v->value : "") != 0) {
		gt_plan_set(s, reason_of(pl, v->present ? v->value : ""), pl->godebug);
		if (pl->godebug_wish)
			s->origin = pl->f->req.key[GT_KEY_GODEBUG].origin;
	} else if (v->present) {
		gt_plan_keep(s, GT_R_ALREADY_SET);
	} else if (pl->sel->profile->godebug[0] && gt_plan_why_not_env(pl)) {
		gt_plan_skip(s, gt_plan_why_not_env(pl));
	} else {
		/* The profile wants nothing, or the policy's own list allows none of it. */
		gt_plan_skip(s,
			     pl->sel->profile->godebug[0] ? GT_R_NOT_ALLOWED : GT_R_PROFILE_NULL);
	}
}
