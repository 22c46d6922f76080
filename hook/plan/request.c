/*
 * Judges the requests: annotations, image variables, labels, --set. A request is granted if the
 * policy allows its key and its value is valid and within bounds. Each other one becomes a warning,
 * and is ignored. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "rules.h"

/* With this bound a request, a profile's entries and un-pinning together fit a value of 512. */
#define GODEBUG_WISH_MAX 200
#define CPUS_UNKNOWN	 1024 /* the most that we grant if we do not know the host's CPUs */
#define MIB		 (UINT64_C(1) << 20)

/* What we judge a request by. */
struct asked {
	const struct gt_facts *f;
	const struct gt_policy *p;
};

static void warn_key(const struct gt_planning *pl, enum gt_warning_id id, enum gt_key key)
{
	char about[64] = "io.gotune.";

	(void)gt_append(about, sizeof(about), gt_words_get(&gt_key_words, key));
	gt_plan_warn(pl->plan, id, about);
}

static enum gt_warning_id in_range(const char *s, uint64_t lo, uint64_t hi, uint64_t *ret)
{
	int r = gt_parse_u64(s, ret);

	if (r < 0)
		return r == -ERANGE ? GT_W_OUT_OF_BOUNDS : GT_W_BAD_VALUE;
	return *ret < lo || *ret > hi ? GT_W_OUT_OF_BOUNDS : GT_W_NONE;
}

static enum gt_warning_id check_enable(const struct asked *a, const char *s, uint64_t *ret)
{
	bool b = false;

	(void)a;
	if (gt_parse_bool(s, &b) < 0)
		return GT_W_BAD_VALUE;
	*ret = b;
	return GT_W_NONE;
}

static enum gt_warning_id check_profile(const struct asked *a, const char *s, uint64_t *ret)
{
	const struct gt_profile *found = gt_policy_profile(a->p, s);

	if (!found)
		return GT_W_NO_SUCH_PROFILE;
	*ret = (uint64_t)(found - a->p->profile);
	return GT_W_NONE;
}

static enum gt_warning_id check_mode(const struct asked *a, const char *s, uint64_t *ret)
{
	int mode = gt_words_find(&gt_mode_words, s);

	(void)a;
	if (mode < 0)
		return GT_W_BAD_VALUE;
	*ret = (uint64_t)mode;
	return GT_W_NONE;
}

static enum gt_warning_id check_program(const struct asked *a, const char *s, uint64_t *ret)
{
	(void)a;
	*ret = 0;
	return *s ? GT_W_NONE : GT_W_BAD_VALUE;
}

/* We do not know the host's CPUs yet: gt_plan_judge_requests looks again. */
static enum gt_warning_id check_gomaxprocs(const struct asked *a, const char *s, uint64_t *ret)
{
	(void)a;
	return in_range(s, 1, UINT32_MAX, ret);
}

static enum gt_warning_id check_gomemlimit(const struct asked *a, const char *s, uint64_t *ret)
{
	int r;

	(void)a;
	if (strcmp(s, "off") == 0) {
		*ret = UINT64_MAX;
		return GT_W_NONE;
	}
	r = gt_parse_go_bytes(s, ret);
	if (r < 0)
		return r == -ERANGE ? GT_W_OUT_OF_BOUNDS : GT_W_BAD_VALUE;
	return *ret < MIB ? GT_W_OUT_OF_BOUNDS : GT_W_NONE;
}

static enum gt_warning_id check_gogc(const struct asked *a, const char *s, uint64_t *ret)
{
	(void)a;
	return in_range(s, 1, 1000, ret);
}

static enum gt_warning_id check_godebug(const struct asked *a, const char *s, uint64_t *ret)
{
	*ret = 0;
	if (strlen(s) > GODEBUG_WISH_MAX)
		return GT_W_TOO_LONG;
	return gt_plan_godebug_check(s, a->p->godebug_allow);
}

static enum gt_warning_id check_nofile(const struct asked *a, const char *s, uint64_t *ret)
{
	return in_range(s, 1, a->p->nofile_max, ret);
}

/* GT_W_NONE: granted. --set and the hook's arguments come from the host, so they always are. */
static enum gt_warning_id may_ask(const struct asked *a, enum gt_key key)
{
	const struct gt_request *r = &a->f->req.key[key];

	if (r->too_long)
		return GT_W_TOO_LONG;
	if (r->origin == GT_ORIGIN_SET || r->origin == GT_ORIGIN_HOOK_ARGS)
		return GT_W_NONE;
	return a->p->allow & (1u << key) ? GT_W_NONE : GT_W_NOT_ALLOWED;
}

/* Without a valid policy nobody can say what is allowed. */
static bool can_judge(const struct gt_facts *f, const struct gt_policy *p)
{
	return f->trouble == GT_TROUBLE_NONE && !p->broken;
}

void gt_plan_requests(const struct gt_facts *f, const struct gt_policy *p, struct gt_wishes *ret)
{
	static enum gt_warning_id (*const check[GT_KEY_COUNT])(const struct asked *, const char *,
							       uint64_t *) = {
		[GT_KEY_ENABLE] = check_enable,
		[GT_KEY_PROFILE] = check_profile,
		[GT_KEY_MODE] = check_mode,
		[GT_KEY_PROGRAM] = check_program,
		[GT_KEY_GOMAXPROCS] = check_gomaxprocs,
		[GT_KEY_GOMEMLIMIT] = check_gomemlimit,
		[GT_KEY_GOGC] = check_gogc,
		[GT_KEY_GODEBUG] = check_godebug,
		[GT_KEY_NOFILE] = check_nofile,
	};
	const struct asked a = {f, p};

	for (unsigned key = 0; key < GT_KEY_COUNT; key++) {
		const struct gt_request *r = &f->req.key[key];
		enum gt_warning_id *w = &ret->refused[key];

		*w = GT_W_NONE;
		if (!can_judge(f, p) || r->origin == GT_ORIGIN_NONE)
			continue;
		*w = may_ask(&a, key);
		if (!*w)
			*w = check[key](&a, r->value, &ret->number[key]);
		ret->has[key] = !*w;
	}
}

/* Drops a request for more CPUs than the host has: when it was granted we did not know. */
static void bound_gomaxprocs(struct gt_planning *pl)
{
	const struct gt_fact_cpus *online = &pl->f->host.online;
	uint64_t most = online->known ? gt_cpus_count(&online->v) : CPUS_UNKNOWN;
	struct gt_cpus allowed;

	/* A list of online CPUs that is not the machine's may be shorter. */
	if (gt_plan_allowed(pl->f, &allowed) && gt_cpus_count(&allowed) > most)
		most = gt_cpus_count(&allowed);
	if (!pl->wish.has[GT_KEY_GOMAXPROCS] ||
	    pl->wish.number[GT_KEY_GOMAXPROCS] <= (most ? most : 1))
		return;
	pl->wish.has[GT_KEY_GOMAXPROCS] = false;
	pl->wish.refused[GT_KEY_GOMAXPROCS] = GT_W_OUT_OF_BOUNDS;
}

void gt_plan_judge_requests(struct gt_planning *pl)
{
	const struct gt_requests *req = &pl->f->req;

	bound_gomaxprocs(pl);
	for (unsigned key = 0; key < GT_KEY_COUNT; key++) {
		if (pl->wish.refused[key])
			warn_key(pl, pl->wish.refused[key], key);
	}
	if (!can_judge(pl->f, pl->p))
		return;
	for (uint32_t i = 0; i < req->n_unknown && i < GT_UNKNOWN_KEYS_MAX; i++)
		gt_plan_warn(pl->plan, GT_W_UNKNOWN_KEY, req->unknown[i]);
}
