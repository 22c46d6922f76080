/*
 * What a decision looks at: the container's program, cgroup, namespaces, process and sysctls, and
 * the host. Wires the functions of stage inspect. Effectful: reads, and starts the worker that
 * reads the container's sysctls. No file of the container is touched by this process: see search.h.
 */
#include <sched.h>
#include <sys/pidfd.h>

#include "fresh.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"
#include "jobs.h"
#include "look.h"
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
	_cleanup_close_ int rootfs =
		gt_inspect_rootfs(f->ident.pid, f->ident.bundle, b->root_path, NULL);
	struct gt_find find = {
		.parser = parser,
		.tree = {rootfs, f->ident.pid > 0 ? NULL : &b->mounts, f->ident.bundle},
		.cwd = b->cwd,
		.path_env = b->has_path_env ? b->path_env : NULL,
		.var = ret->var,
	};

	if (rootfs < 0 || !named) {
		p->note = GT_NOTE_UNREADABLE;
		return;
	}
	gt_find_program(&find, &b->args, p);
	if (wants_program(d, named)) {
		uint64_t dev = p->dev, ino = p->ino;

		find.var = NULL;
		gt_find_program(&find, &named->v, p);
		p->dev = dev; /* what is exec'd first is still the entrypoint */
		p->ino = ino;
	}
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

static void enter_namespaces(struct gt_decision *d)
{
	const struct gt_sysctl_place at = {&d->rec->facts, d->machine->root, d->pidfd};

	gt_sysctl_enter(&d->sysctl, &at);
}

static void read_sysctls(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;

	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		if (d->sysctl.pid > 0 && f->sysctl[i].owner == GT_NS_OWNER_CONTAINER)
			gt_sysctl_read(&d->sysctl, &f->sysctl[i]);
	}
	if (ask->from.kind == GT_SOURCE_DOCUMENT)
		gt_fresh_sysctls(d);
}

/* ---- the container and the host ---- */

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
	if (cgroup[0])
		memcpy(f->ident.cgroup, cgroup, sizeof(f->ident.cgroup));
}

static void inspect_namespaces(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;

	f->net = owner_in_config(&d->bundle->ns[GT_NS_NET], CLONE_NEWNET, !ask->machine->sysroot);
	f->ipc = owner_in_config(&d->bundle->ns[GT_NS_IPC], CLONE_NEWIPC, !ask->machine->sysroot);
	if (f->ident.pid > 0)
		gt_inspect_init(d->machine->root, f->ident.pid, f);
}

static void inspect_process(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;

	if (f->ident.pid > 0) {
		gt_inspect_task(d->machine->root, f->ident.pid, d->bundle->selinux_label, f);
	} else if (d->state) {
		f->barrier = GT_BARRIER_NO_PROCESS;
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
	struct gt_search search;

	if (f->ident.pid > 0 && !ask->machine->sysroot)
		d->pidfd = pidfd_open((pid_t)f->ident.pid, 0); /* -1: start times must do */
	gt_search_start(&search, find_program, d, f->var, &d->parser);
	inspect_cgroup(d); /* meanwhile */
	inspect_namespaces(d, ask);
	take_program(d, &search);
}

void gt_look_at_host(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;

	if (d->sel.selected)
		list_sysctls(d);
	if (f->ident.pid > 0 && !ask->machine->sysroot && f->n_sysctl > 0)
		enter_namespaces(d); /* its worker gets ready while this process goes on */
	inspect_process(d, ask);
	if (!d->sel.selected)
		return; /* most containers of a host: what would not be used is not looked for */
	gt_inspect_host(d->machine->root, host_needs(&d->sel), &f->host);
	read_sysctls(d, ask);
}
