/*
 * What is not the environment: RLIMIT_NOFILE, namespaced sysctls, swappiness. Pure.
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

static void nofile_raise(struct gt_planning *pl, struct gt_setting *s, uint64_t target,
			 enum gt_reason why)
{
	const struct gt_rlimit_facts *n = &pl->f->nofile;
	bool known = n->in_config || n->live_known;
	uint64_t soft = n->in_config ? n->config_soft : known ? n->live_soft : 0;
	uint64_t hard = n->in_config ? n->config_hard : known ? n->live_hard : 0;

	if (known) {
		char before[24] = "";

		(void)gt_append_u64(before, sizeof(before), soft); /* 20 digits fit */
		gt_plan_before(s, before);
	} else if (n->replaced) { /* a live one is only raised, whatever it is */
		gt_plan_skip(s, GT_R_LIMITS_UNKNOWN);
		return;
	}
	if (known && soft >= target) {
		gt_plan_keep(s, GT_R_ALREADY_HIGHER);
		return;
	}
	if (known && hard < target && n->can_raise_hard != GT_YES) {
		gt_plan_warn(pl->plan, GT_W_HARD_LIMIT_KEPT, "RLIMIT_NOFILE");
		target = hard;
		why = GT_R_HARD_LIMIT;
		if (soft >= hard) { /* nothing is left to raise */
			gt_plan_keep(s, why);
			return;
		}
	}
	gt_plan_set_number(s, why, target);
	s->soft = target;
	s->hard = max_of(hard, target);
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
	nofile_raise(pl, s, target < most ? target : most, wish ? GT_R_REQUESTED : GT_R_PROFILE);
	if (s->reason == GT_R_REQUESTED)
		s->origin = pl->f->req.key[GT_KEY_NOFILE].origin;
}

static bool plain_dotted(const char *name)
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
	/* Below net., but the host's alone, or visible in a namespace and read-only there. */
	static const char *const host_wide[] = {
		"net.core.netdev_max_backlog", "net.core.default_qdisc", "net.core.busy_poll",
		"net.core.busy_read",	       "net.core.rmem_max",	 "net.core.wmem_max",
		"net.core.rmem_default",       "net.core.wmem_default",	 "net.core.netdev_budget",
		"net.core.dev_weight",	       "net.ipv4.tcp_mem",	 "net.ipv4.udp_mem",
		"net.ipv4.tcp_max_orphans",
	};

	if (!plain_dotted(name))
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

/* Of these more is more, so that they are only ever raised. */
static bool raise_only(const char *name)
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
static bool same_words(const char *a, const char *b)
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

static enum gt_warning_id sysctl_request_check(const struct gt_policy *p,
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
				    GT_ORIGIN_NONE); /* it has no more than fit */
	for (uint32_t i = 0; i < GT_SYSCTL_MAX; i++) {
		const struct gt_sysctl_request *r = &req->sysctl[i];
		enum gt_warning_id w = GT_W_NONE;

		if (sel->selected && i < req->n_sysctl) {
			w = sysctl_request_check(p, r);
			if (!w && !choose_sysctl(sel, r->name, r->value, r->origin))
				w = GT_W_OUT_OF_BOUNDS;
		}
		sel->sysctl_refused[i] = w;
	}
}

static const struct gt_sysctl_fact *sysctl_fact(const struct gt_facts *f, const char *name)
{
	for (uint32_t i = 0; i < f->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		if (strcmp(f->sysctl[i].name, name) == 0)
			return &f->sysctl[i];
	}
	return NULL;
}

/* GT_R_NONE, or why this sysctl cannot be written at all. */
static enum gt_reason sysctl_bars(const struct gt_planning *pl, const struct gt_sysctl_chosen *c)
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
	return GT_R_NONE;
}

/* GT_R_NONE, or why the value that is there stays. */
static enum gt_reason sysctl_stays(const char *name, const char *have, const char *want)
{
	uint64_t is, wanted;

	if (raise_only(name) && gt_parse_u64(have, &is) == 0 && gt_parse_u64(want, &wanted) == 0)
		return is >= wanted ? GT_R_ALREADY_HIGHER : GT_R_NONE;
	return same_words(have, want) ? GT_R_ALREADY_SET : GT_R_NONE;
}

static void sysctl_row(struct gt_planning *pl, const struct gt_sysctl_chosen *c)
{
	const struct gt_sysctl_want *w = &c->want;
	struct gt_setting *s = gt_plan_row(pl, GT_SET_SYSCTL, w->name);
	const struct gt_sysctl_fact *fact = sysctl_fact(pl->f, w->name);
	enum gt_reason why = sysctl_bars(pl, c);

	if (fact && fact->exists == GT_YES)
		gt_plan_before(s, fact->value);
	if (fact && fact->in_config) {
		gt_plan_keep(s, GT_R_ALREADY_SET);
		return;
	}
	if (!why && fact && fact->exists == GT_NO)
		why = GT_R_NO_SUCH_SYSCTL;
	if (!why && fact && fact->must_exist && fact->exists == GT_UNKNOWN)
		why = GT_R_SYSCTL_UNKNOWN;
	if (!why && w->value[0] == '\0')
		why = GT_R_PROFILE_NULL;
	if (why) {
		gt_plan_skip(s, why);
		return;
	}
	if (fact && fact->exists == GT_YES)
		why = sysctl_stays(w->name, fact->value, w->value);
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
		sysctl_row(pl, &pl->sel->sysctl[i]);
}
