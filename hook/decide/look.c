/*
 * What a decision looks at: the container's program, cgroup, namespaces, process and sysctls, and
 * the host. Wires the functions of stage inspect. Effectful: reads, and starts the worker that
 * reads the container's sysctls. No file of the container is touched by this process: see search.h.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/pidfd.h>

#include "fresh.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"
#include "jobs.h"
#include "look.h"
#include "rootfs.h"
#include "search.h"

/* ---- the program ---- */

/* `io.gotune.program`, where the policy lets it speak, names what the entrypoint finally runs. */
static bool wants_program(const struct gt_decision *d, struct gt_list *ret)
{
	const struct gt_request *q = &d->rec->facts.req.key[GT_KEY_PROGRAM];

	if (q->origin == GT_ORIGIN_NONE || q->too_long || q->value[0] == '\0')
		return false;
	if (q->origin != GT_ORIGIN_SET && !(d->machine->policy.allow & (1u << GT_KEY_PROGRAM)))
		return false;
	gt_list_init(ret);
	return gt_strv_add(&ret->v, q->value, strlen(q->value)) == 0;
}

/* In the child of a search: what D has was copied, and what is found out goes into RET. */
static void find_program(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	const struct gt_decision *d = ctx;
	const struct gt_facts *f = &d->rec->facts;
	const struct gt_bundle *b = d->bundle;
	struct gt_program *p = &ret->program;
	_cleanup_free_ struct gt_list *named = malloc(sizeof(*named));
	_cleanup_(gt_layers_done) struct gt_layers layers = {0};
	bool typed = d->from->kind == GT_SOURCE_TYPED;
	bool mounted = f->ident.pid > 0 || d->from->has_mounts;
	_cleanup_close_ int machine = gt_rootfs_machine(d);
	_cleanup_close_ int rootfs = gt_rootfs_open(d, machine, &layers);
	struct gt_find find = {
		.parser = parser,
		.tree = {.rootfs = rootfs,
			 .layers = typed ? &layers : NULL,
			 .mounts = mounted ? NULL : &b->mounts,
			 .bundle = f->ident.bundle,
			 .host = machine >= 0 ? &machine : NULL},
		.cwd = b->cwd,
		.path_env = b->has_path_env ? b->path_env : NULL,
		.var = ret->var,
		.diverts_shell = b->diverts_shell,
	};

	if (rootfs < 0 || !named) {
		p->note = GT_NOTE_UNREADABLE;
		return;
	}
	gt_find_program(&find, &b->args, p);
	if (wants_program(d, named)) {
		find.var = NULL;
		gt_find_program(&find, &named->v, p);
	}
}

/* A guess is shown, and never acted on: what runs is known at the exec, or not at all. */
static void forget_guess(struct gt_program *p, enum gt_source_kind source)
{
	if (p->predicted && source == GT_SOURCE_STATE)
		*p = (struct gt_program){.note = GT_NOTE_UNCERTAIN};
}

static void take_program(struct gt_decision *d, struct gt_search *search)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_found found;

	memcpy(found.var, f->var, sizeof(found.var));
	gt_search_await(search, &found);
	f->program = found.program;
	memcpy(f->var, found.var, sizeof(f->var));
}

/* ---- namespaces and sysctls ---- */

/* LIVE_MACHINE: what is joined can be looked at. */
static enum gt_ns_owner owner_in_config(const struct gt_bundle_ns *ns, int type, bool live_machine)
{
	if (!ns->present)
		return GT_NS_OWNER_HOST;
	if (!ns->joined)
		return GT_NS_OWNER_CONTAINER;
	return live_machine ? gt_inspect_ns(ns->path, type, NULL) : GT_NS_OWNER_UNKNOWN;
}

/* The names alone: what their values are is asked for later. */
static void list_sysctls(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;

	f->n_sysctl = d->sel.n_sysctl;
	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		const struct gt_sysctl_chosen *c = &d->sel.sysctl[i];
		struct gt_sysctl_fact *s = &f->sysctl[i];

		memcpy(s->name, c->want.name, sizeof(s->name));
		s->in_config = gt_strv_pair(&d->bundle->sysctl, s->name) != NULL;
		s->ns = c->ns;
		s->owner = !c->namespaced ? GT_NS_OWNER_HOST : c->ns == GT_NS_NET ? f->net : f->ipc;
	}
}

/* The worker that reads and writes sysctls. Its start needs privileges that a tracer has not: so
 * one that waits for the program starts it now, if the program may make sysctls wanted. */
static void enter_namespaces(struct gt_decision *d)
{
	const struct gt_sysctl_place at = {&d->rec->facts, d->machine->root, d->pidfd};
	bool later = d->when == GT_PROGRAM_AT_EXEC &&
		     gt_plan_awaits_program(&d->rec->facts, &d->machine->policy, &d->sel);

	if (d->rec->facts.ident.pid > 0 && (later || d->rec->facts.n_sysctl > 0))
		gt_sysctl_enter(&d->sysctl, &at);
}

static void read_sysctls(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;

	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		if (d->sysctl.pid > 0 && f->sysctl[i].owner == GT_NS_OWNER_CONTAINER &&
		    f->sysctl[i].exists == GT_UNKNOWN)
			gt_sysctl_read(&d->sysctl, &f->sysctl[i]);
	}
}

/* What was read before we set it stays the value that the container had. */
static void keep_values(struct gt_facts *f, const struct gt_sysctl_fact *was, uint32_t n)
{
	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		for (uint32_t j = 0; j < n; j++) {
			if (strcmp(f->sysctl[i].name, was[j].name) != 0)
				continue;
			f->sysctl[i].exists = was[j].exists;
			memcpy(f->sysctl[i].value, was[j].value, sizeof(was[j].value));
		}
	}
}

/* ---- the container and the host ---- */

/* A number that stands for the place of PID in all hierarchies; 0: not known. */
static uint64_t cgroup_of(const struct gt_decision *d, int64_t pid)
{
	char path[64] = "proc/", text[8192];

	if (!gt_append_u64(path, sizeof(path), (uint64_t)pid) ||
	    !gt_append(path, sizeof(path), "/cgroup") ||
	    gt_root_read(d->machine->root, path, text, sizeof(text)) < 0)
		return 0;
	return gt_hash(text, 0);
}

/* Where a new cgroup will be, of which one that is there now says nothing: its parents alone do. */
static void inspect_next_cgroup(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	char cgroup[GT_PATH_CAP] = "", future[GT_PATH_CAP], next[GT_PATH_CAP];

	if (!gt_inspect_cgroup_path(d->bundle->cgroups_path, future) ||
	    !gt_copy_str(next, sizeof(next), future) || !gt_append(next, sizeof(next), ".next"))
		return;
	gt_inspect_cgroup_future(d->machine->root, next, &f->cgroup, cgroup);
	memcpy(f->ident.cgroup, future, sizeof(f->ident.cgroup));
}

/* The container's cgroup, or the place where it will be. */
static void inspect_cgroup(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	char cgroup[GT_PATH_CAP] = "", future[GT_PATH_CAP];
	/* In another user namespace runtimes put it where only they know. */
	bool nested = gt_inspect_initial_userns(d->machine->root) == GT_NO;

	if (f->ident.pid == 0 && !nested && gt_inspect_cgroup_path(d->bundle->cgroups_path, future))
		gt_inspect_cgroup_future(d->machine->root, future, &f->cgroup, cgroup);
	else
		gt_inspect_cgroup(d->machine->root, f->ident.pid, &f->cgroup, cgroup, d->cgroup);
	/* ... and may be denied what it holds, which would be fatal to the container. */
	if (f->ident.pid == 0 && nested)
		f->cgroup.memory_shared = f->cgroup.cpuset_shared = true;
	gt_inspect_cgroup_mount(d->bundle, &f->cgroup);
	if (f->ident.pid > 0)
		d->cgroup_place = cgroup_of(d, f->ident.pid);
	if (cgroup[0])
		memcpy(f->ident.cgroup, cgroup, sizeof(f->ident.cgroup));
}

static void inspect_namespaces(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;
	bool live = !ask->machine->sysroot && ask->from.kind != GT_SOURCE_BELOW;

	f->net = owner_in_config(&d->bundle->ns[GT_NS_NET], CLONE_NEWNET, live);
	f->ipc = owner_in_config(&d->bundle->ns[GT_NS_IPC], CLONE_NEWIPC, live);
	if (f->ident.pid > 0)
		gt_inspect_init(d->machine->root, f->ident.pid, f);
	/* A runtime may have left its init another set of CPUs than it gives the program. */
	if (f->ident.pid > 0 && f->ident.runtime[0] == '\0')
		gt_inspect_affinity(d->machine->root, f->ident.pid, &f->affinity);
}

static void inspect_process(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;

	if (f->ident.pid > 0) {
		gt_inspect_limits(d->machine->root, f->ident.pid, f);
		if (d->when == GT_PROGRAM_LOOKED_UP)
			gt_inspect_barrier(d->machine->root, f->ident.pid, d->bundle->selinux_label,
					   f);
	} else if (d->state) {
		f->barrier = GT_BARRIER_NO_PROCESS;
	} else if (ask->from.kind == GT_SOURCE_BELOW) {
		f->barrier =
			GT_BARRIER_OK; /* at its next start; whose limits it gets is not known */
	} else {
		gt_inspect_own_limits(d->machine->root,
				      &f->nofile); /* the runtime after us has ours */
		f->nofile.replaced = ask->from.kind == GT_SOURCE_DOCUMENT;
	}
	/* A captured machine's processes cannot be touched: what it would get is what counts. */
	if (ask->machine->sysroot)
		f->barrier = GT_BARRIER_OK;
}

static unsigned host_needs(const struct gt_selection *sel)
{
	unsigned needs = 0;

	if (sel->profile && sel->profile->gomaxprocs) {
		needs |= sel->profile->cpu_count == GT_CPU_PHYSICAL ? GT_NEED_SMT : 0u;
		needs |= sel->profile->numa != GT_NUMA_IGNORE ? GT_NEED_NUMA : 0u;
		needs |= sel->profile->sched_latency ? GT_NEED_SCHED : 0u;
	}
	return needs;
}

void gt_look_at_container(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;
	bool look_up = d->when == GT_PROGRAM_LOOKED_UP;
	bool layers = ask->from.kind == GT_SOURCE_TYPED;
	struct gt_search search;

	if (f->ident.pid > 0 && !ask->machine->sysroot && d->pidfd < 0)
		d->pidfd = pidfd_open((pid_t)f->ident.pid, 0); /* -1: start times must do */
	if (look_up)
		gt_search_start(&search, layers ? GT_PHASE_LAYERS : GT_PHASE_FIND, find_program, d,
				f->var, &d->parser);
	if (ask->from.kind == GT_SOURCE_BELOW) /* meanwhile */
		inspect_next_cgroup(d);
	else
		inspect_cgroup(d);
	inspect_namespaces(d, ask);
	if (look_up) {
		take_program(d, &search);
		forget_guess(&f->program, ask->from.kind);
	} else {
		f->program.note = GT_NOTE_AT_EXEC;
	}
}

/* Of the CPUs outside of its cpuset nothing need be known. */
static void look_at_machine(struct gt_decision *d)
{
	const struct gt_facts *f = &d->rec->facts;
	const struct gt_fact_cpus *own =
		f->cgroup.effective.known ? &f->cgroup.effective : &f->config.cpuset;

	gt_inspect_host_within(d->machine->root, host_needs(&d->sel), own->known ? &own->v : NULL,
			       &d->rec->facts.host);
}

void gt_look_at_host(struct gt_decision *d, const struct gt_ask *ask)
{
	if (d->sel.selected)
		list_sysctls(d);
	if (!ask->machine->sysroot)
		enter_namespaces(d); /* its worker gets ready while this process goes on */
	inspect_process(d, ask);
	if (!d->sel.selected)
		return; /* most containers of a host: what would not be used is not looked for */
	look_at_machine(d);
	read_sysctls(d);
	if (ask->from.kind == GT_SOURCE_DOCUMENT)
		gt_fresh_sysctls(d);
}

void gt_look_again(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_sysctl_fact was[GT_SYSCTL_MAX];
	uint32_t n = f->n_sysctl;

	if (!d->sel.selected)
		return;
	memcpy(was, f->sysctl, sizeof(was));
	memset(f->sysctl, 0, sizeof(f->sysctl));
	list_sysctls(d);
	keep_values(f, was, n);
	look_at_machine(d);
	read_sysctls(d);
}

/* What view_cgroup is asked; it has a copy. */
struct view {
	int64_t pid;
	const struct gt_cgroup_facts *cgroup;
};

/* In a child with a deadline: the way to the file leads through the container's directories. */
static void view_cgroup(void *ctx, int kept, void *ret)
{
	const struct view *v = ctx;

	memcpy(ret, v->cgroup, sizeof(*v->cgroup));
	gt_inspect_cgroup_view(kept, v->pid, ret);
}

/* Does the Go that runs now see its quota? */
static void look_from_inside(struct gt_decision *d, int64_t pid)
{
	struct gt_cgroup_facts *c = &d->rec->facts.cgroup;
	struct view v = {pid, c};
	const struct gt_cgroup_facts *seen;
	struct gt_aside a;

	c->go125_sees = c->go126_sees = GT_UNKNOWN;
	if (gt_aside_start(&a, GT_PHASE_FIND, view_cgroup, &v, d->machine->root, sizeof(*c),
			   d->machine->policy.barrier_timeout_ms) < 0)
		return;
	seen = a.ret.p;
	if (gt_aside_await(&a) == 0 && seen->go125_sees <= GT_YES && seen->go126_sees <= GT_YES) {
		c->go125_sees = seen->go125_sees;
		c->go126_sees = seen->go126_sees;
	}
	gt_aside_done(&a);
}

void gt_look_at_process(struct gt_decision *d, int64_t pid)
{
	struct gt_facts *f = &d->rec->facts;
	const struct gt_program *p = &f->program;
	uint64_t place = cgroup_of(d, pid);
	struct gt_fact swappiness = f->cgroup.swappiness, swap_max = f->cgroup.swap_max;

	gt_inspect_affinity(d->machine->root, pid, &f->affinity);
	if (place != d->cgroup_place) {
		d->cgroup_place = place;
		memset(&f->cgroup, 0, sizeof(f->cgroup));
		gt_inspect_cgroup(d->machine->root, pid, &f->cgroup, f->ident.cgroup, NULL);
		/* As they were before us: by now they may be what we have set. */
		f->cgroup.swappiness = swappiness;
		f->cgroup.swap_max = swap_max;
	}
	if (p->kind == GT_PROG_GO && (!p->go_known || p->go_minor >= 25))
		look_from_inside(d, pid);
}
