/*
 * A capture: what a scan and an explain read of this machine, copied into a directory. Effectful:
 * reads as a scan does, and writes below that directory alone. What is copied is listed here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "capture.h"

static const char *const machine_files[] = {
	"proc/self/uid_map",
	"proc/self/cgroup",
	"proc/self/status",
	"proc/self/limits",
	"proc/meminfo",
	"proc/sys/fs/nr_open",
	"proc/sys/kernel/osrelease",
	"proc/sys/kernel/sched_latency_ns",
	"proc/sys/kernel/yama/ptrace_scope",
	"sys/kernel/debug/sched/latency_ns",
	"sys/kernel/debug/sched/base_slice_ns",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/smt/active",
	"sys/devices/system/cpu/smt/control",
	"sys/devices/system/node/has_memory",
};
static const char *const machine_links[] = {
	"proc/self/ns/net", "proc/self/ns/ipc", "proc/self/ns/pid", "proc/self/ns/cgroup",
	"proc/1/ns/net",    "proc/1/ns/ipc",	"proc/1/ns/pid",    "proc/1/ns/cgroup",
};
/* Of each CPU and of each node. */
static const char *const cpu_files[] = {"topology/thread_siblings_list", "topology/core_cpus_list"};
static const char *const node_files[] = {"cpulist", "meminfo"};

static const char *const process_files[] = {"cgroup", "stat", "status", "limits", "comm"};
static const char *const process_links[] = {"exe", "ns/net", "ns/ipc", "ns/pid", "ns/cgroup"};

static const char *const cgroup_files[] = {
	"cgroup.controllers",
	"cpu.max",
	"cpu.stat",
	"cpu.weight",
	"cpu.cfs_quota_us",
	"cpu.cfs_period_us",
	"cpu.shares",
	"cpuset.cpus",
	"cpuset.mems",
	"cpuset.cpus.effective",
	"cpuset.effective_cpus",
	"memory.max",
	"memory.high",
	"memory.current",
	"memory.peak",
	"memory.stat",
	"memory.events",
	"memory.swap.max",
	"memory.limit_in_bytes",
	"memory.usage_in_bytes",
	"memory.max_usage_in_bytes",
	"memory.oom_control",
	"memory.swappiness",
	"memory.use_hierarchy",
};

struct capturing {
	struct gt_machine *m;
	int dir;
	struct gt_capture_report *report;
	const struct gt_scan_list *list;
	struct gt_worker parser;
	char *mounts;
};

/* ---- the machine ---- */

static int copy(struct capturing *c, const char *path)
{
	int r = gt_capture_copy(c->m->root, c->dir, path);

	c->report->files += r > 0;
	return r < 0 ? r : 0;
}

static int copy_link(struct capturing *c, const char *path)
{
	int r = gt_capture_copy_link(c->m->root, c->dir, path);

	c->report->files += r > 0;
	return r < 0 ? r : 0;
}

/* DIR + the number of each CPU in LIST + "/" + each of the N FILES. */
static int copy_numbered(struct capturing *c, const char *list, const char *dir,
			 const char *const *files, size_t n)
{
	char text[8192], path[128];
	struct gt_cpus all;
	int r = 0;

	if (gt_root_read(c->m->root, list, text, sizeof(text)) < 0 || gt_cpus_parse(text, &all) < 0)
		return 0;
	for (unsigned i = 0; r == 0 && i < GT_CPUS_MAX; i++) {
		for (size_t k = 0; r == 0 && gt_cpus_has(&all, i) && k < n; k++) {
			(void)snprintf(path, sizeof(path), "%s%u/%s", dir, i, files[k]); /* fits */
			r = copy(c, path);
		}
	}
	return r;
}

/* The policy as it is: it is the administrator's own. */
static int copy_policy(struct capturing *c)
{
	_cleanup_free_ struct gt_list *names = calloc(1, sizeof(*names));
	int r = copy(c, GT_POLICY_FILE);

	if (!names)
		return -ENOMEM;
	gt_list_init(names);
	if (r == 0 && gt_dir_names(c->m->root, GT_POLICY_DIR, ".json", names) < 0)
		return 0;
	for (const char *n = gt_strv_next(&names->v, NULL); r == 0 && n;
	     n = gt_strv_next(&names->v, n)) {
		char path[GT_PATH_CAP];

		if (gt_copy_str(path, sizeof(path), GT_POLICY_DIR "/") &&
		    gt_append(path, sizeof(path), n))
			r = copy(c, path);
	}
	return r;
}

/* Of /proc/stat the time of boot alone; of the mounts, those of cgroups. */
static int write_parts(struct capturing *c)
{
	_cleanup_close_ int fd = gt_root_open_kernel(c->m->root, "proc/stat");
	_cleanup_free_ char *text = NULL;
	uint64_t at;
	char line[48];
	int r = 0;

	if (fd >= 0 && gt_read_all(fd, 4u << 20, 0, &text, NULL) == 0 &&
	    gt_parse_field_u64(text, "btime ", &at)) {
		(void)snprintf(line, sizeof(line), "btime %llu\n", (unsigned long long)at);
		r = gt_capture_write(c->dir, "proc/stat", line, strlen(line));
	}
	if (r == 0 && c->mounts)
		r = gt_capture_write(c->dir, "proc/self/mountinfo", c->mounts, strlen(c->mounts));
	return r;
}

static int capture_machine(struct capturing *c)
{
	int r = write_parts(c);

	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(machine_files); i++)
		r = copy(c, machine_files[i]);
	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(machine_links); i++)
		r = copy_link(c, machine_links[i]);
	if (r == 0)
		r = copy_numbered(c, "sys/devices/system/cpu/online", "sys/devices/system/cpu/cpu",
				  cpu_files, GT_ARRAY_LEN(cpu_files));
	if (r == 0)
		r = copy_numbered(c, "sys/devices/system/node/has_memory",
				  "sys/devices/system/node/node", node_files,
				  GT_ARRAY_LEN(node_files));
	return r < 0 ? r : copy_policy(c);
}

/* ---- cgroups ---- */

/* The files of the cgroup BELOW P's mount, and of all above it. */
static int copy_levels(struct capturing *c, const struct gt_cg_place *p)
{
	char below[GT_PATH_CAP], path[3 * GT_PATH_CAP];
	int r = 0;

	if (p->version == GT_CGROUP_UNKNOWN || !p->has_path)
		return 0;
	gt_copy_cut(below, p->below);
	for (;;) {
		char *slash;

		for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(cgroup_files); i++) {
			(void)snprintf(path, sizeof(path), "%s%s/%s", p->point,
				       strcmp(below, "/") == 0 ? "" : below, cgroup_files[i]);
			r = copy(c, path);
		}
		slash = strrchr(below, '/');
		if (r < 0 || !slash || strcmp(below, "/") == 0)
			return r;
		slash[slash == below] = '\0';
	}
}

static int capture_cgroups(struct capturing *c, int64_t pid)
{
	_cleanup_free_ struct gt_cg_places *places = malloc(sizeof(*places));
	int r = 0;

	if (!places)
		return -ENOMEM;
	gt_cg_find_by(c->m->root, c->mounts, pid, NULL, places);
	for (unsigned i = 0; r == 0 && i < GT_CTL_COUNT; i++)
		r = copy_levels(c, &places->ctl[i]);
	return r;
}

/* ---- processes ---- */

static int write_environ(struct capturing *c, int64_t pid, const struct gt_scan_seen *seen)
{
	_cleanup_(gt_buf_done) struct gt_buf text = {0};
	char path[GT_SCAN_PATH];

	if (!seen->env_known)
		return 0;
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		if (!seen->var[v].present)
			continue;
		gt_buf_str(&text, gt_var_name[v]);
		gt_buf_str(&text, "=");
		gt_buf_add(&text, seen->var[v].value, strlen(seen->var[v].value) + 1);
	}
	if (text.error)
		return text.error;
	gt_scan_proc_path(path, pid, "environ");
	return gt_capture_write(c->dir, path, text.p ? text.p : "", text.len);
}

/* Of a network namespace's counters, TcpExt's two lines. */
static int write_netstat(struct capturing *c, int64_t pid)
{
	static const char tag[] = "TcpExt:";
	char path[GT_SCAN_PATH], text[16384];
	_cleanup_(gt_buf_done) struct gt_buf kept = {0};

	gt_scan_proc_path(path, pid, "net/netstat");
	if (gt_root_read(c->m->root, path, text, sizeof(text)) < 0)
		return 0;
	for (const char *l = text; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		if (gt_has_prefix(l, tag)) {
			gt_buf_add(&kept, l, strcspn(l, "\n"));
			gt_buf_str(&kept, "\n");
		}
	}
	return kept.error ? kept.error
			  : gt_capture_write(c->dir, path, kept.p ? kept.p : "", kept.len);
}

static int capture_process(struct capturing *c, int64_t pid)
{
	char path[GT_SCAN_PATH];
	int r = 0;

	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(process_files); i++) {
		gt_scan_proc_path(path, pid, process_files[i]);
		r = copy(c, path);
	}
	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(process_links); i++) {
		gt_scan_proc_path(path, pid, process_links[i]);
		r = copy_link(c, path);
	}
	c->report->processes++;
	return r;
}

/* config.json of the unit, for the program EXE. */
static int write_bundle(struct capturing *c, const struct gt_unit_name *unit, const char *exe)
{
	char from[GT_PATH_CAP], path[GT_PATH_CAP + 16];
	_cleanup_close_ int fd = -1;
	_cleanup_free_ struct gt_capture_config *config = malloc(sizeof(*config));
	int r;

	if (!config)
		return -ENOMEM;
	if (!gt_scan_find_bundle(c->m->root, &c->parser, unit->id, false, from) ||
	    !gt_append(from, sizeof(from), "/config.json"))
		return 0;
	fd = gt_root_open_file(c->m->root, from, NULL);
	if (fd < 0 || gt_worker_call(&c->parser, GT_SCAN_JOB_FILTER, fd, exe, strlen(exe) + 1,
				     config, GT_JOB_TIMEOUT_MS, NULL) < 0)
		return 0;
	if (config->arena.a.used > sizeof(config->arena.room))
		return -EPIPE;
	(void)snprintf(path, sizeof(path), "bundles/%s/config.json", unit->id);
	r = gt_capture_write(c->dir, path, config->arena.room, config->arena.a.used);
	c->report->bundles += r == 0;
	return r;
}

/* The program as its process sees it, below the root that the capture gives it. */
static int write_program(struct capturing *c, int64_t pid, const struct gt_unit_name *unit,
			 struct gt_err *e)
{
	char path[GT_SCAN_PATH], exe[GT_PATH_CAP], root[GT_ID_MAX + 32] = "",
								    to[2 * GT_PATH_CAP + 64];
	ssize_t n;
	int r;

	gt_scan_proc_path(path, pid, "exe");
	n = readlinkat(c->m->root, path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return 0;
	exe[n] = '\0';
	if (unit->kind == GT_UNIT_CONTAINER)
		(void)snprintf(root, sizeof(root), "/bundles/%s/rootfs", unit->id); /* fits */
	gt_scan_proc_path(path, pid, "root");
	r = gt_capture_link(c->dir, path, *root ? root : "/");
	if (r == 0 && unit->kind == GT_UNIT_CONTAINER)
		r = write_bundle(c, unit, exe);
	if (r < 0)
		return r;
	(void)snprintf(to, sizeof(to), "%s%s", root, exe);
	r = gt_capture_program(pid, c->dir, to, e);
	c->report->programs += r == 0;
	c->report->programs_left_out += r < 0;
	return r == -ENOSPC || r == -EDQUOT || r == -EROFS ? r : 0;
}

static int on_seen(void *ctx, const struct gt_scan_process *p, const struct gt_scan_seen *seen,
		   const struct gt_program *program, struct gt_err *e)
{
	struct capturing *c = ctx;
	const struct gt_unit_name *unit = &c->list->unit[p->unit].name;
	int r = capture_process(c, p->pid);

	if (r == 0)
		r = capture_cgroups(c, p->pid);
	if (r == 0 && program)
		r = gt_scan_renew_parser(&c->parser, e);
	if (r == 0 && program && seen->state == GT_LOOK_GO)
		r = write_environ(c, p->pid, seen);
	if (r == 0 && program)
		r = write_netstat(c, p->pid);
	if (r == 0 && program)
		r = write_program(c, p->pid, unit, e);
	return r < 0 && !e->msg[0] ? gt_err_sys(e, r, "cannot write the capture") : r;
}

static int capture(struct capturing *c, struct gt_scan_list *list, struct gt_err *e)
{
	struct gt_scan count = {0};
	int r = capture_machine(c);

	if (r < 0)
		return gt_err_sys(e, r, "cannot write the capture");
	r = gt_scan_list_processes(c->m->root, list, e);
	if (r == 0)
		r = gt_scan_look(c->m, list, on_seen, c, &count, e);
	return r;
}

int gt_capture(struct gt_machine *m, const char *dir, struct gt_capture_report *ret,
	       struct gt_err *e)
{
	struct gt_scan_list list = {0};
	struct capturing c = {
		.m = m, .dir = -1, .report = ret, .list = &list, .parser = {.sock = -1}};
	int r;

	*ret = (struct gt_capture_report){0};
	if (mkdir(dir, 0700) < 0)
		return gt_err_sys(e, -errno, "cannot make %s", dir);
	c.dir = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c.dir < 0)
		return gt_err_sys(e, -errno, "cannot open %s", dir);
	c.mounts = gt_cg_mounts(m->root);
	r = capture(&c, &list, e);
	gt_worker_done(&c.parser);
	gt_scan_list_done(&list);
	gt_cleanup_close(&c.dir);
	free(c.mounts);
	return r;
}
