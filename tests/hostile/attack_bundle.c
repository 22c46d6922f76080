/*
 * A hostile answer of the job that reads config.json: what the container is to be, whose files it
 * has, what it may ask for. Privilege: that of the job.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "hostile.h"

static void bundle_root(void *ret)
{
	struct gt_bundle *b = ret;

	SET(b->root_path, "/");
	gt_strv_clear(&b->mounts);
	set_only(&b->args, "/usr/bin/env");
}

static void bundle_root_up(void *ret)
{
	struct gt_bundle *b = ret;

	SET(b->root_path, "../../../../../../../..");
	SET(b->cwd, "../../etc");
	set_only(&b->args, "./shadow");
}

static void mount_on_all(struct gt_bundle *b, const char *source, const char *program)
{
	gt_strv_clear(&b->mounts);
	add_pair(&b->mounts, "/", source);
	set_only(&b->args, program);
}

/* BYSTANDER's bundle has a file of the host's beside it. */
static void bundle_host_root(void *ret)
{
	struct gt_bundle *b = ret;

	SET(b->root_path, bystander.bundle);
	gt_strv_clear(&b->mounts);
	set_only(&b->args, "/secret");
}

static void bundle_host_mount(void *ret)
{
	mount_on_all(ret, bystander.bundle, "/secret");
}

static void bundle_mount_etc(void *ret)
{
	mount_on_all(ret, "/etc", "/shadow");
}

static void bundle_mount_proc(void *ret)
{
	mount_on_all(ret, "/proc/1/root", "/etc/shadow");
}

static void bundle_mount_dev(void *ret)
{
	mount_on_all(ret, "/dev", "/zero");
}

static void bundle_mount_up(void *ret)
{
	mount_on_all(ret, "../../../../../..", "/bin/true");
}

static void bundle_other_cgroup(void *ret)
{
	SET(((struct gt_bundle *)ret)->cgroups_path, bystander.cgroup);
}

static void join_all(struct gt_bundle *b, int pid)
{
	static const char *const names[GT_NS_COUNT] = {"net", "ipc", "user", "cgroup",
						       "mnt", "pid", "uts"};

	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		b->ns[i].present = b->ns[i].joined = true;
		(void)snprintf(b->ns[i].path, sizeof(b->ns[i].path), "/proc/%d/ns/%s", pid,
			       names[i]);
	}
}

static void bundle_other_ns(void *ret)
{
	join_all(ret, bystander.pid);
}

static void bundle_host_ns(void *ret)
{
	join_all(ret, 1);
}

/* All namespaces are new, whatever config.json says. */
static void bundle_new_ns(void *ret)
{
	struct gt_bundle *b = ret;

	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		b->ns[i].present = true;
		b->ns[i].joined = false;
	}
}

static void bundle_other_id(void *ret)
{
	struct gt_bundle *b = ret;

	(void)snprintf(b->cgroups_path, sizeof(b->cgroups_path), "/libpod-%s", bystander.id);
}

/* By the place of its files: the cgroup's name says nothing. */
static void bundle_other_files(void *ret)
{
	struct gt_bundle *b = ret;
	char path[512];

	b->cgroups_path[0] = '\0';
	(void)snprintf(path, sizeof(path), "/var/lib/overlay-containers/%s/userdata/x",
		       bystander.id);
	add_pair(&b->mounts, "/run/.containerenv", path);
	add_pair(&b->mounts, "/etc/hostname", path);
}

static void bundle_no_seccomp(void *ret)
{
	((struct gt_bundle *)ret)->has_seccomp = false;
}

static void bundle_killing_seccomp(void *ret)
{
	((struct gt_bundle *)ret)->has_seccomp = true;
	((struct gt_bundle *)ret)->prctl_allowed = false;
}

/* As if config.json set none of what we would set. */
static void bundle_bare(void *ret)
{
	struct gt_bundle *b = ret;

	memset(b->var, 0, sizeof(b->var));
	b->has_nofile = false;
	b->res.has_swappiness = b->res.has_cpus = b->res.has_mems = false;
	gt_strv_clear(&b->sysctl);
}

static void bundle_no_limits(void *ret)
{
	struct gt_bundle *b = ret;

	b->res.has_quota = b->res.has_period = b->res.has_shares = b->res.has_mem_limit = true;
	b->res.quota_us = INT64_MAX;
	b->res.period_us = 0;
	b->res.shares = UINT64_MAX;
	b->res.mem_limit_bytes = INT64_MAX;
}

static void bundle_tiny_limits(void *ret)
{
	struct gt_bundle *b = ret;

	b->res.has_quota = b->res.has_period = b->res.has_mem_limit = true;
	b->res.quota_us = 1;
	b->res.period_us = UINT64_MAX;
	b->res.mem_limit_bytes = 1;
}

static void bundle_asks(void *ret)
{
	struct gt_bundle *b = ret;

	ask_for_all(&b->annotations);
	ask_for_all(&b->gotune_env);
}

static void bundle_godebug(void *ret)
{
	struct gt_env_var *v = &((struct gt_bundle *)ret)->var[GT_VAR_GODEBUG];

	v->present = true;
	v->count = 1;
	SET(v->value, "x=1\nLD_PRELOAD=/x.so");
}

static void bundle_path(void *ret)
{
	struct gt_bundle *b = ret;

	b->has_path_env = true;
	SET(b->path_env, "/proc/1/root/bin:/../../bin:/dev:/proc/self/fd:/\n:");
	set_only(&b->args, "true");
}

static void bundle_places(void *ret)
{
	struct gt_bundle *b = ret;
	char path[512];

	(void)snprintf(path, sizeof(path), "/run/../etc/containers/%s/hostname", bystander.id);
	add_pair(&b->mounts, "/etc/hostname", path);
	add_pair(&b->annotations, "io.container.manager", "cri-o");
	add_pair(&b->annotations, "io.kubernetes.cri-o.ImageRef", "../../../etc/shadow");
	add_pair(&b->annotations, "io.kubernetes.cri-o.ImageName", "x\n\033[2J");
	add_pair(&b->annotations, "io.kubernetes.container.name", "\n../../x");
}

static void bundle_many_args(void *ret)
{
	struct gt_strv *args = &((struct gt_bundle *)ret)->args;

	while (gt_strv_add(args, "", 0) == 0)
		;
}

static const struct attack all[] = {
	CHANGE("root", bundle_root),
	CHANGE("root-up", bundle_root_up),
	CHANGE("host-root", bundle_host_root),
	CHANGE("host-mount", bundle_host_mount),
	CHANGE("mount-etc", bundle_mount_etc),
	CHANGE("mount-proc", bundle_mount_proc),
	CHANGE("mount-dev", bundle_mount_dev),
	CHANGE("mount-up", bundle_mount_up),
	CHANGE("other-cgroup", bundle_other_cgroup),
	CHANGE("other-ns", bundle_other_ns),
	CHANGE("host-ns", bundle_host_ns),
	CHANGE("new-ns", bundle_new_ns),
	CHANGE("other-id", bundle_other_id),
	CHANGE("other-files", bundle_other_files),
	CHANGE("no-seccomp", bundle_no_seccomp),
	CHANGE("killing-seccomp", bundle_killing_seccomp),
	CHANGE("bare", bundle_bare),
	CHANGE("no-limits", bundle_no_limits),
	CHANGE("tiny-limits", bundle_tiny_limits),
	CHANGE("asks", bundle_asks),
	CHANGE("godebug", bundle_godebug),
	CHANGE("path", bundle_path),
	CHANGE("places", bundle_places),
	CHANGE("many-args", bundle_many_args),
};

struct attacks attacks_on_bundle(void)
{
	return (struct attacks){all, GT_ARRAY_LEN(all)};
}
