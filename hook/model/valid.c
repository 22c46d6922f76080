/*
 * Range checks for what a sandboxed parser sent back, and the owners of the policy's heap. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"

/* A char array of a struct, to be asked whether it is terminated. */
#define ENDS(a) (memchr((a), '\0', sizeof(a)) != NULL)

/* A bool that came through a pipe may hold any byte; reading another than 0 or 1 is undefined. */
static bool is_bool(const bool *b)
{
	unsigned char raw;

	memcpy(&raw, b, 1);
	return raw <= 1;
}

bool gt_id_ok(const char *id)
{
	size_t n = strnlen(id, GT_ID_MAX);

	if (n == 0 || n >= GT_ID_MAX || id[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)id[i] < 0x20 || id[i] == 0x7f || id[i] == '/')
			return false;
	}
	return true;
}

bool gt_state_valid(const struct gt_state *s)
{
	return ENDS(s->id) && ENDS(s->status) && ENDS(s->bundle) && ENDS(s->root) &&
	       gt_strv_valid(&s->annotations, &s->arena.a, sizeof(s->arena.room));
}

void gt_state_init(struct gt_state *s)
{
	memset(s, 0, offsetof(struct gt_state, arena));
	gt_arena_init(&s->arena.a, sizeof(s->arena.room));
	gt_strv_init(&s->annotations, &s->arena.a);
}

void gt_bundle_init(struct gt_bundle *b)
{
	struct gt_strv *const all[] = {&b->res.unified, &b->args,   &b->annotations,
				       &b->gotune_env,	&b->sysctl, &b->mounts};

	memset(b, 0, offsetof(struct gt_bundle, arena));
	gt_arena_init(&b->arena.a, sizeof(b->arena.room));
	for (size_t i = 0; i < GT_ARRAY_LEN(all); i++)
		gt_strv_init(all[i], &b->arena.a);
}

void gt_typed_init(struct gt_typed *t)
{
	memset(t, 0, offsetof(struct gt_typed, bundle));
	gt_bundle_init(&t->bundle);
	gt_arena_init(&t->arena.a, sizeof(t->arena.room));
	gt_strv_init(&t->labels, &t->arena.a);
}

static bool is_own(const struct gt_bundle *b, const struct gt_strv *v)
{
	return gt_strv_valid(v, &b->arena.a, sizeof(b->arena.room));
}

static bool res_valid(const struct gt_bundle_res *r)
{
	return is_bool(&r->has_quota) && is_bool(&r->has_period) && is_bool(&r->has_shares) &&
	       is_bool(&r->has_cpus) && is_bool(&r->has_mems) && is_bool(&r->has_mem_limit) &&
	       is_bool(&r->has_swap) && is_bool(&r->has_swappiness) && is_bool(&r->cpus_too_long) &&
	       ENDS(r->cpus) && ENDS(r->mems);
}

bool gt_env_var_valid(const struct gt_env_var *v)
{
	return is_bool(&v->present) && is_bool(&v->too_long) && ENDS(v->value);
}

static bool view_valid(const struct gt_bundle_view *v)
{
	bool ok = v->n_mount <= GT_VIEW_MOUNTS_MAX && is_bool(&v->unclear) && is_bool(&v->masked) &&
		  is_bool(&v->proc_unclear) && is_bool(&v->proc_masked);

	for (unsigned i = 0; i < GT_VIEW_MOUNTS_MAX; i++)
		ok = ok && ENDS(v->mount[i].point) && v->mount[i].what < GT_VIEW_KIND_COUNT &&
		     v->mount[i].now < GT_VIEW_KIND_COUNT;
	return ok;
}

bool gt_bundle_valid(const struct gt_bundle *b)
{
	bool ok = ENDS(b->oci_version) && ENDS(b->root_path) && ENDS(b->cwd) &&
		  is_bool(&b->has_process) && is_bool(&b->has_linux) && is_own(b, &b->args) &&
		  is_own(b, &b->annotations) && is_own(b, &b->gotune_env) &&
		  is_bool(&b->has_path_env) && is_bool(&b->diverts_shell) && ENDS(b->path_env) &&
		  is_bool(&b->has_nofile) && is_bool(&b->no_new_privs) && is_own(b, &b->sysctl) &&
		  is_own(b, &b->mounts) && res_valid(&b->res) && is_own(b, &b->res.unified) &&
		  is_bool(&b->has_seccomp) && is_bool(&b->prctl_allowed) && is_bool(&b->own_hook) &&
		  view_valid(&b->view) && ENDS(b->cgroups_path) && ENDS(b->selinux_label) &&
		  ENDS(b->apparmor_profile);

	for (unsigned i = 0; i < GT_VAR_COUNT; i++)
		ok = ok && gt_env_var_valid(&b->var[i]);
	for (unsigned i = 0; i < GT_NS_COUNT; i++)
		ok = ok && is_bool(&b->ns[i].present) && is_bool(&b->ns[i].joined) &&
		     ENDS(b->ns[i].path);
	return ok;
}

bool gt_typed_valid(const struct gt_typed *t)
{
	/* A pid that pid_t cuts would be another process's. */
	return ENDS(t->id) && ENDS(t->name) && t->pid >= 0 && t->pid <= INT32_MAX &&
	       gt_bundle_valid(&t->bundle) &&
	       gt_strv_valid(&t->labels, &t->arena.a, sizeof(t->arena.room));
}

bool gt_program_valid(const struct gt_program *p)
{
	return p->kind < GT_PROG_KIND_COUNT && p->note < GT_NOTE_COUNT && ENDS(p->path) &&
	       ENDS(p->via) && is_bool(&p->predicted) && is_bool(&p->elf32) &&
	       is_bool(&p->big_endian) && ENDS(p->arch) && ENDS(p->go) && is_bool(&p->go_known) &&
	       is_bool(&p->has_modules) && ENDS(p->main_path) && p->cgo <= GT_YES &&
	       p->can_exec <= GT_YES && p->loads_later <= GT_YES && ENDS(p->automaxprocs) &&
	       ENDS(p->automaxprocs_replaced) && ENDS(p->automemlimit) &&
	       ENDS(p->automemlimit_replaced) && is_bool(&p->has_godebug_default) &&
	       ENDS(p->godebug_default);
}

bool gt_full_id_ok(const char *s)
{
	return strspn(s, "0123456789abcdef") == GT_FULL_ID_LEN && s[GT_FULL_ID_LEN] == '\0';
}

bool gt_image_valid(const struct gt_image *i)
{
	return is_bool(&i->found) && ENDS(i->name) && ENDS(i->id) &&
	       (i->id[0] == '\0' || gt_full_id_ok(i->id)) &&
	       gt_strv_valid(&i->labels, &i->arena.a, sizeof(i->arena.room));
}

void gt_policy_done(struct gt_policy *p)
{
	if (!p)
		return;
	gt_pages_done(&p->own);
	*p = (struct gt_policy){0};
}

const struct gt_profile *gt_policy_profile(const struct gt_policy *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_profile; i++) {
		if (strcmp(p->profile[i].name, name) == 0)
			return &p->profile[i];
	}
	return NULL;
}

bool gt_policy_is_valid(const struct gt_policy *p)
{
	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			return false;
	}
	return true;
}
