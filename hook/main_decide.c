/*
 * read -> inspect -> plan, wired once. The parent opens descriptors, bounds time, checks ranges;
 * the worker parses what a container brought along. Effectful: reads only.
 */
#include "gotune/decide.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/pidfd.h>
#include <time.h>

#include "gotune/file.h"
#include "gotune/fresh.h"
#include "gotune/inspect.h"
#include "gotune/jobs.h"
#include "gotune/live.h"
#include "gotune/lookup.h"
#include "gotune/planner.h"
#include "gotune/read.h"

static void set_trouble(struct gt_decision *d, enum gt_trouble t, const struct gt_err *e)
{
	d->rec->facts.trouble = t;
	(void)gt_copy_str(d->rec->message, sizeof(d->rec->message), e->msg); /* cut: for reading */
}

/* Whatever it is, it is there: who made a directory or a link of it meant the same. */
static bool is_disabled(int root)
{
	_cleanup_close_ int fd = gt_root_open_file(root, GT_SYSCONFDIR "/gotune/disabled", NULL);

	return fd >= 0 || fd == -EISDIR || fd == -ENXIO || fd == -ELOOP;
}

/* ---- the documents ---- */

static int ask_state(struct gt_worker *w, const char *doc, size_t len, struct gt_state *ret,
		     struct gt_err *e)
{
	int r;

	if (len > GT_STATE_MAX)
		return gt_err_set(e, -EFBIG, "larger than %u MiB", GT_STATE_MAX >> 20);
	r = gt_worker_call(w, GT_JOB_STATE, -1, doc, len, ret, GT_JOB_TIMEOUT_MS, e);
	/* A pid that pid_t cuts would be another process's. */
	if (r == 0 &&
	    (!gt_state_valid(ret) || !gt_id_ok(ret->id) || ret->pid < 0 || ret->pid > INT32_MAX))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	return r;
}

static int take_state(struct gt_decision *d, const char *doc, size_t len, struct gt_err *e)
{
	d->state = calloc(1, sizeof(*d->state));
	if (!d->state)
		return gt_err_set(e, -ENOMEM, "out of memory");
	return ask_state(&d->parser, doc, len, d->state, e);
}

int gt_decide_state(const char *doc, size_t len, struct gt_state *ret, struct gt_err *e)
{
	struct gt_worker w = {.sock = -1};
	int r = gt_worker_start(&w, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL, e);

	if (r == 0)
		r = ask_state(&w, doc, len, ret, e);
	gt_worker_done(&w);
	return r;
}

static int open_config(const char *bundle, struct gt_err *e)
{
	_cleanup_close_ int dir = gt_root_open(bundle, e);
	int fd = dir < 0 ? dir : gt_root_open_file(dir, "config.json", NULL);

	return fd < 0 ? gt_err_sys(e, fd, "cannot open %s/config.json", bundle) : fd;
}

static enum gt_trouble take_bundle(struct gt_decision *d, const char *bundle, const int *config,
				   struct gt_err *e)
{
	_cleanup_close_ int fd =
		config ? fcntl(*config, F_DUPFD_CLOEXEC, 3) : open_config(bundle, e);
	int r;

	if (fd < 0)
		return GT_TROUBLE_CONFIG_MISSING;
	d->bundle = calloc(1, sizeof(*d->bundle));
	if (!d->bundle)
		return GT_TROUBLE_CONFIG_INVALID;
	r = gt_worker_call(&d->parser, GT_JOB_BUNDLE, fd, NULL, 0, d->bundle, GT_JOB_TIMEOUT_MS, e);
	if (r == 0 && !gt_bundle_valid(d->bundle))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	if (r < 0) {
		free(GT_TAKE_PTR(d->bundle));
		(void)gt_err_wrap(e, "%s/config.json", bundle);
		return GT_TROUBLE_CONFIG_INVALID;
	}
	if (!d->bundle->has_process) {
		(void)gt_err_set(e, -EINVAL, "%s/config.json: no process", bundle);
		return GT_TROUBLE_NO_PROCESS;
	}
	if (!d->bundle->has_linux) {
		(void)gt_err_set(e, -EINVAL, "%s/config.json: no linux section", bundle);
		return GT_TROUBLE_NO_LINUX;
	}
	return GT_TROUBLE_NONE;
}

/* ---- the program ---- */

/* `io.gotune.program`, where the policy lets it speak, names what the entrypoint finally runs. */
static bool wants_program(const struct gt_decision *d, struct gt_strv *ret)
{
	const struct gt_request *q = &d->rec->facts.req.key[GT_KEY_PROGRAM];

	if (q->origin == GT_ORIGIN_NONE || q->too_long || q->value[0] == '\0')
		return false;
	if (q->origin != GT_ORIGIN_SET && !(d->policy.allow & (1u << GT_KEY_PROGRAM)))
		return false;
	gt_strv_init(ret);
	return gt_strv_add(ret, q->value, strlen(q->value)) == 0;
}

static void find_program(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_bundle *b = d->bundle;
	struct gt_err why = {0};
	_cleanup_free_ struct gt_strv *named = malloc(sizeof(*named));
	_cleanup_close_ int rootfs =
		gt_inspect_rootfs(f->ident.pid, f->ident.bundle, b->root_path, &why);
	struct gt_find find = {
		.parser = &d->parser,
		.tree = {rootfs, f->ident.pid > 0 ? NULL : &b->mounts, f->ident.bundle},
		.cwd = b->cwd,
		.path_env = b->has_path_env ? b->path_env : NULL,
		.var = f->var,
	};

	if (rootfs < 0 || !named) {
		f->program = (struct gt_program){.note = GT_NOTE_UNREADABLE};
		return;
	}
	gt_find_program(&find, &b->args, &f->program);
	if (wants_program(d, named)) {
		uint64_t dev = f->program.dev, ino = f->program.ino;

		find.var = NULL;
		gt_find_program(&find, named, &f->program);
		f->program.dev = dev; /* what is exec'd first is still the entrypoint */
		f->program.ino = ino;
	}
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
static void list_sysctls(struct gt_decision *d, const struct gt_selection *sel)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_sysctl_want want[GT_SYSCTL_MAX];

	f->n_sysctl = gt_plan_sysctls(f, &d->policy, sel, want);
	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		memcpy(f->sysctl[i].name, want[i].name, sizeof(want[i].name));
		f->sysctl[i].in_config = gt_strv_pair(&d->bundle->sysctl, want[i].name) != NULL;
	}
}

static void read_sysctls(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;

	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		struct gt_sysctl_fact *s = &f->sysctl[i];
		enum gt_ns ns;

		if (d->sysctl.pid > 0 && gt_plan_sysctl_ns(s->name, &ns) &&
		    (ns == GT_NS_NET ? f->net : f->ipc) == GT_NS_OWNER_CONTAINER)
			gt_live_read_sysctl(d, s);
	}
	if (in->future)
		gt_fresh_sysctls(d, in->record_dir);
}

/* ---- the live container and the host ---- */

/* The container's cgroup, or the place where it will be. */
static void inspect_cgroup(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	char cgroup[GT_PATH_CAP] = "", future[GT_PATH_CAP];
	/* In another user namespace runtimes put it where only they know. */
	bool nested = gt_inspect_initial_userns(d->root) == GT_NO;

	if (f->ident.pid == 0 && !nested && gt_inspect_cgroup_path(d->bundle->cgroups_path, future))
		gt_inspect_cgroup_future(d->root, future, &f->cgroup, cgroup);
	else
		gt_inspect_cgroup(d->root, f->ident.pid, &f->cgroup, cgroup, d->cgroup);
	/* ... and may be denied what it holds, which would be fatal to the container. */
	if (f->ident.pid == 0 && nested)
		f->cgroup.memory_shared = f->cgroup.cpuset_shared = true;
	gt_inspect_cgroup_mount(d->bundle, &f->cgroup);
	if (cgroup[0])
		memcpy(f->ident.cgroup, cgroup, sizeof(f->ident.cgroup));
}

static void inspect_namespaces(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;

	f->net = owner_in_config(&d->bundle->ns[GT_NS_NET], CLONE_NEWNET, !in->sysroot);
	f->ipc = owner_in_config(&d->bundle->ns[GT_NS_IPC], CLONE_NEWIPC, !in->sysroot);
	if (f->ident.pid > 0)
		gt_inspect_init(d->root, f->ident.pid, f);
}

static void inspect_process(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;

	if (f->ident.pid > 0) {
		gt_inspect_task(d->root, f->ident.pid, d->bundle->selinux_label, f);
	} else if (d->state) {
		f->barrier = GT_BARRIER_NO_PROCESS;
	} else {
		gt_inspect_own_limits(d->root, &f->nofile); /* the runtime after us has ours */
		f->nofile.replaced = in->future;
	}
	/* A captured machine's processes cannot be touched: what it would get is what counts. */
	if (in->sysroot)
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

static void inspect_all(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_selection sel;
	bool live = f->ident.pid > 0 && !in->sysroot;

	if (live)
		d->pidfd = pidfd_open((pid_t)f->ident.pid, 0); /* -1: start times must do */
	find_program(d);
	inspect_cgroup(d);
	inspect_namespaces(d, in);
	gt_plan_select(f, &d->policy, &sel);
	if (sel.selected)
		list_sysctls(d, &sel);
	if (live && f->n_sysctl > 0)
		gt_live_enter(d); /* its worker gets ready while this process goes on */
	inspect_process(d, in);
	if (!sel.selected)
		return; /* most containers of a host: what would not be used is not looked for */
	gt_inspect_host(d->root, host_needs(&sel), &f->host);
	read_sysctls(d, in);
}

/* ---- the whole ---- */

static void take_identity(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_ident *id = &d->rec->facts.ident;

	if (!d->state)
		(void)gt_copy_str(id->bundle, sizeof(id->bundle), in->bundle ? in->bundle : "");
	if (!d->state && !in->id && d->bundle)
		gt_read_early_ident(d->bundle, id);
	if (d->bundle)
		gt_read_ident(d->state, d->bundle, id);
	if (d->state) {
		memcpy(id->id, d->state->id, sizeof(id->id));
		memcpy(id->bundle, d->state->bundle, sizeof(id->bundle));
		id->pid = d->state->pid;
	} else {
		if (in->id)
			(void)gt_copy_str(id->id, sizeof(id->id), in->id);
		id->pid = in->pid;
		/* A relative one is relative to a directory that nobody will remember. */
		if (in->pid_file && in->pid_file[0] == '/' &&
		    !gt_copy_str(id->pid_file, sizeof(id->pid_file), in->pid_file))
			id->pid_file[0] = '\0';
	}
	(void)gt_copy_str(id->stage, sizeof(id->stage), in->stage);
}

/*
 * The profile of the hook's registration: the host's word, but a user may ask for another one. One
 * that he may not ask for is not there.
 */
static bool registration_counts(const struct gt_decision *d, const struct gt_request *profile)
{
	bool asked = profile->origin > GT_ORIGIN_HOOK_ARGS;
	bool may = profile->origin == GT_ORIGIN_SET || (d->policy.allow & 1u << GT_KEY_PROFILE);

	return !asked || !may;
}

static void take_config(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_request *profile = &f->req.key[GT_KEY_PROFILE];

	gt_strv_copy(&f->annotations, &d->bundle->annotations);
	gt_read_requests(d->bundle, f->ident.container_name, in->set_pairs, &f->req);
	gt_read_config_facts(d->bundle, f);
	f->seccomp = d->bundle->has_seccomp && d->bundle->seccomp_may_kill ? GT_YES : GT_NO;
	if (in->profile && registration_counts(d, profile)) {
		profile->origin = GT_ORIGIN_HOOK_ARGS;
		profile->too_long =
			!gt_copy_str(profile->value, sizeof(profile->value), in->profile);
	}
}

static void gather(struct gt_decision *d, const struct gt_decide_in *in, const char *doc,
		   size_t len)
{
	struct gt_err why = {0};
	enum gt_trouble t = GT_TROUBLE_NONE;

	if (doc && take_state(d, doc, len, &why) < 0) {
		free(GT_TAKE_PTR(d->state));
		(void)gt_err_wrap(&why, "the OCI state on standard input");
		t = GT_TROUBLE_STATE;
	} else {
		t = take_bundle(d, d->state ? d->state->bundle : in->bundle, in->config, &why);
	}
	take_identity(d, in);
	if (d->bundle)
		take_config(d, in);
	if (t != GT_TROUBLE_NONE)
		set_trouble(d, t, &why);
	else if (is_disabled(d->root))
		set_trouble(d, GT_TROUBLE_DISABLED,
			    &(struct gt_err){.msg = GT_SYSCONFDIR "/gotune/disabled exists"});
	gt_look_up_image(d);
	if (d->bundle && d->bundle->has_process && d->bundle->has_linux)
		inspect_all(d, in);
}

int gt_decide(const struct gt_decide_in *in, const char *state_doc, size_t state_len,
	      struct gt_decision *ret, struct gt_err *e)
{
	struct gt_decision d = GT_DECISION_NONE;
	struct timespec now, begin, end;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with these clocks */
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	d.rec = calloc(1, sizeof(*d.rec));
	if (!d.rec)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d.root = gt_root_open(in->sysroot, e);
	r = d.root < 0 ? d.root : 0;
	if (r == 0) /* early: it gets ready while this process reads the policy */
		r = gt_worker_start(&d.parser, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL,
				    NULL, e);
	if (r == 0)
		r = gt_read_policy(d.root, in->policy_file, &d.policy, e);
	if (r < 0) {
		gt_decide_done(&d);
		return r;
	}
	gather(&d, in, state_doc, state_len);
	d.rec->started_at_s = now.tv_sec;
	d.rec->started_at_ns = (uint32_t)now.tv_nsec;
	gt_plan_make(&d.rec->facts, &d.policy, &d.rec->plan);
	(void)clock_gettime(CLOCK_MONOTONIC, &end); /* the time of day may be set meanwhile */
	d.rec->duration_us = (uint64_t)((end.tv_sec - begin.tv_sec) * 1000000 +
					(end.tv_nsec - begin.tv_nsec) / 1000);
	*ret = d;
	return 0;
}

void gt_decide_done(struct gt_decision *d)
{
	gt_worker_done(&d->parser);
	gt_worker_done(&d->sysctl);
	gt_policy_done(&d->policy);
	free(d->rec);
	free(d->state);
	free(d->bundle);
	gt_cleanup_close(&d->root);
	gt_cleanup_close(&d->pidfd);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		gt_cleanup_close(&d->cgroup[c]);
	*d = GT_DECISION_NONE;
}
