/*
 * The rows of RLIMIT_NOFILE and of the sysctls. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "rules.h"

#define NR_OPEN_DEFAULT 1048576 /* Documentation/admin-guide/sysctl/fs.rst, nr_open */

static uint64_t max_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The limits that the program gets if we do nothing. */
struct limits {
	bool known;
	uint64_t soft, hard;
};

static struct limits limits_of(const struct gt_rlimit_facts *n)
{
	if (n->in_config)
		return (struct limits){true, n->config_soft, n->config_hard};
	if (n->live_known)
		return (struct limits){true, n->live_soft, n->live_hard};
	return (struct limits){0};
}

static void raise_nofile(struct gt_planning *pl, struct gt_setting *s, uint64_t target,
			 enum gt_reason why)
{
	const struct gt_rlimit_facts *n = &pl->f->nofile;
	struct limits now = limits_of(n);

	if (now.known) {
		gt_plan_before(s, "");
		(void)gt_append_u64(s->before, sizeof(s->before), now.soft); /* 20 digits fit */
	} else if (n->replaced) { /* the runtime would set ours even if it is lower */
		gt_plan_skip(s, GT_R_LIMITS_UNKNOWN);
		return;
	}
	if (now.known && now.soft >= target) {
		gt_plan_keep(s, GT_R_ALREADY_HIGHER);
		return;
	}
	if (now.known && now.hard < target && n->can_raise_hard != GT_YES) {
		gt_plan_warn(pl->plan, GT_W_HARD_LIMIT_KEPT, "RLIMIT_NOFILE");
		target = now.hard;
		why = GT_R_HARD_LIMIT;
		if (now.soft >= now.hard) { /* nothing is left to raise */
			gt_plan_keep(s, why);
			return;
		}
	}
	gt_plan_set_number(s, why, target);
	s->soft = target;
	s->hard = max_of(now.hard, target);
	s->in_config = n->in_config;
}

void gt_plan_nofile(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_NOFILE, "RLIMIT_NOFILE");
	const struct gt_fact *nr_open = &pl->f->host.nr_open;
	bool wish = pl->wish.has[GT_KEY_NOFILE];
	uint64_t target = wish ? pl->wish.number[GT_KEY_NOFILE] : pl->sel->profile->nofile;
	uint64_t most = nr_open->known ? nr_open->v : NR_OPEN_DEFAULT;

	if (target == 0) {
		gt_plan_skip(s, GT_R_PROFILE_NULL);
		return;
	}
	raise_nofile(pl, s, target < most ? target : most, wish ? GT_R_REQUESTED : GT_R_PROFILE);
	if (s->reason == GT_R_REQUESTED)
		s->origin = pl->f->req.key[GT_KEY_NOFILE].origin;
}

static bool is_plain_dotted(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= GT_SYSCTL_NAME_CAP || name[0] == '.' || name[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-';

		if (!word && (c != '.' || name[i + 1] == '.'))
			return false;
	}
	return true;
}

bool gt_plan_sysctl_ns(const char *name, enum gt_ns *ret)
{
	/* Named net.*, but either the host owns them or a namespace sees them read-only. */
	static const char *const host_wide[] = {
		"net.core.netdev_max_backlog", "net.core.default_qdisc", "net.core.busy_poll",
		"net.core.busy_read",	       "net.core.rmem_max",	 "net.core.wmem_max",
		"net.core.rmem_default",       "net.core.wmem_default",	 "net.core.netdev_budget",
		"net.core.dev_weight",	       "net.ipv4.tcp_mem",	 "net.ipv4.udp_mem",
		"net.ipv4.tcp_max_orphans",
	};

	if (!is_plain_dotted(name))
		return false;
	for (size_t i = 0; i < GT_ARRAY_LEN(host_wide); i++) {
		if (strcmp(name, host_wide[i]) == 0)
			return false;
	}
	if (gt_has_prefix(name, "net.")) {
		*ret = GT_NS_NET;
		return true;
	}
	if (gt_has_prefix(name, "kernel.msg") || gt_has_prefix(name, "kernel.shm") ||
	    strcmp(name, "kernel.sem") == 0 || gt_has_prefix(name, "fs.mqueue.")) {
		*ret = GT_NS_IPC;
		return true;
	}
	return false;
}

/* A higher value is always better here, so these are only raised. */
static bool is_only_raised(const char *name)
{
	static const char *const names[] = {
		"net.core.somaxconn",
		"net.core.optmem_max",
		"net.ipv4.tcp_max_syn_backlog",
		"net.ipv4.tcp_max_tw_buckets",
		"net.unix.max_dgram_qlen",
		"kernel.shmmax",
		"kernel.shmall",
		"kernel.shmmni",
		"kernel.msgmax",
		"kernel.msgmnb",
		"kernel.msgmni",
		"fs.mqueue.queues_max",
		"fs.mqueue.msg_max",
		"fs.mqueue.msgsize_max",
		"fs.mqueue.msg_default",
		"fs.mqueue.msgsize_default",
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* The same words, however they are spaced: the kernel prints a triple with tabs. */
static bool has_same_words(const char *a, const char *b)
{
	static const char blank[] = " \t\n";

	for (;;) {
		size_t n;

		a += strspn(a, blank);
		b += strspn(b, blank);
		n = strcspn(a, blank);
		if (n != strcspn(b, blank) || strncmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += n;
	}
}

static enum gt_warning_id check_sysctl_request(const struct gt_policy *p,
					       const struct gt_sysctl_request *r)
{
	bool allowed = r->origin == GT_ORIGIN_SET || r->origin == GT_ORIGIN_HOOK_ARGS;
	enum gt_ns ns;

	for (uint32_t i = 0; i < p->n_allow_sysctl && i < GT_SYSCTL_MAX; i++)
		allowed = allowed || strcmp(p->allow_sysctl[i], r->name) == 0;
	if (!allowed || !gt_plan_sysctl_ns(r->name, &ns))
		return GT_W_NOT_ALLOWED;
	return gt_is_plain(r->value) ? GT_W_NONE : GT_W_BAD_VALUE;
}

/* Adds or replaces NAME; false when the list is full. */
static bool choose_sysctl(struct gt_selection *sel, const char *name, const char *value,
			  enum gt_origin origin)
{
	struct gt_sysctl_chosen *c;
	uint32_t i = 0;

	while (i < sel->n_sysctl && strcmp(sel->sysctl[i].want.name, name) != 0)
		i++;
	if (i == GT_SYSCTL_MAX)
		return false;
	if (i == sel->n_sysctl)
		sel->n_sysctl++;
	c = &sel->sysctl[i];
	(void)gt_copy_str(c->want.name, sizeof(c->want.name), name); /* of the same size */
	(void)gt_copy_str(c->want.value, sizeof(c->want.value), value);
	c->origin = origin;
	c->namespaced = gt_plan_sysctl_ns(name, &c->ns);
	return true;
}

void gt_plan_sysctl_list(const struct gt_facts *f, const struct gt_policy *p,
			 struct gt_selection *sel)
{
	const struct gt_profile *prof = sel->profile;
	const struct gt_requests *req = &f->req;

	for (uint32_t i = 0; prof && i < prof->n_sysctl && i < GT_SYSCTL_MAX; i++)
		(void)choose_sysctl(sel, prof->sysctl[i].name, prof->sysctl[i].value,
				    GT_ORIGIN_NONE); /* a profile never has too many */
	for (uint32_t i = 0; i < GT_SYSCTL_MAX; i++) {
		const struct gt_sysctl_request *r = &req->sysctl[i];
		enum gt_warning_id w = GT_W_NONE;

		if (sel->selected && i < req->n_sysctl) {
			w = check_sysctl_request(p, r);
			if (!w && !choose_sysctl(sel, r->name, r->value, r->origin))
				w = GT_W_OUT_OF_BOUNDS;
		}
		sel->sysctl_refused[i] = w;
	}
}

static const struct gt_sysctl_fact *find_sysctl(const struct gt_facts *f, const char *name)
{
	for (uint32_t i = 0; i < f->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		if (strcmp(f->sysctl[i].name, name) == 0)
			return &f->sysctl[i];
	}
	return NULL;
}

/* Why we cannot write this sysctl at all; GT_R_NONE: we can. FACT may be NULL. */
static enum gt_reason why_not_sysctl(const struct gt_planning *pl, const struct gt_sysctl_chosen *c,
				     const struct gt_sysctl_fact *fact)
{
	if (!c->namespaced)
		return GT_R_NOT_ALLOWED;
	switch (c->ns == GT_NS_NET ? pl->f->net : pl->f->ipc) {
	case GT_NS_OWNER_HOST:
		return GT_R_HOST_NAMESPACE;
	case GT_NS_OWNER_UNKNOWN:
		return GT_R_NAMESPACE_UNKNOWN;
	case GT_NS_OWNER_CONTAINER:
		break;
	}
	if (fact && fact->exists == GT_NO)
		return GT_R_NO_SUCH_SYSCTL;
	if (fact && fact->must_exist && fact->exists == GT_UNKNOWN)
		return GT_R_SYSCTL_UNKNOWN;
	return c->want.value[0] ? GT_R_NONE : GT_R_PROFILE_NULL;
}

/* Why the present value stays; GT_R_NONE: it does not. */
static enum gt_reason why_keep_sysctl(const char *name, const char *have, const char *want)
{
	uint64_t is, wanted;

	if (is_only_raised(name) && gt_parse_u64(have, &is) == 0 &&
	    gt_parse_u64(want, &wanted) == 0)
		return is >= wanted ? GT_R_ALREADY_HIGHER : GT_R_NONE;
	return has_same_words(have, want) ? GT_R_ALREADY_SET : GT_R_NONE;
}

static void plan_sysctl(struct gt_planning *pl, const struct gt_sysctl_chosen *c)
{
	const struct gt_sysctl_want *w = &c->want;
	struct gt_setting *s = gt_plan_row(pl, GT_SET_SYSCTL, w->name);
	const struct gt_sysctl_fact *fact = find_sysctl(pl->f, w->name);
	enum gt_reason why = why_not_sysctl(pl, c, fact);

	if (fact && fact->exists == GT_YES)
		gt_plan_before(s, fact->value);
	if (fact && fact->in_config) {
		gt_plan_keep(s, GT_R_ALREADY_SET);
		return;
	}
	if (why) {
		gt_plan_skip(s, why);
		return;
	}
	if (fact && fact->exists == GT_YES)
		why = why_keep_sysctl(w->name, fact->value, w->value);
	if (why) {
		gt_plan_keep(s, why);
		return;
	}
	gt_plan_set(s, c->origin ? GT_R_REQUESTED : GT_R_PROFILE, w->value);
	s->origin = c->origin;
	if (gt_parse_u64(w->value, &s->number) < 0)
		s->number = 0; /* a text or several numbers */
}

void gt_plan_sysctl_rows(struct gt_planning *pl)
{
	const struct gt_requests *req = &pl->f->req;

	for (uint32_t i = 0; i < req->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		char about[128] = "io.gotune.sysctl.";

		if (!pl->sel->sysctl_refused[i])
			continue;
		(void)gt_append(about, sizeof(about), req->sysctl[i].name); /* 17 + 63 bytes */
		gt_plan_warn(pl->plan, pl->sel->sysctl_refused[i], about);
	}
	for (uint32_t i = 0; i < pl->sel->n_sysctl; i++)
		plan_sysctl(pl, &pl->sel->sysctl[i]);
}
