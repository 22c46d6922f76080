/*
 * Looks at the container's init: which runtime it belongs to, whose its namespaces are, and whether
 * the exec barrier can work. Effectful: reads procfs; other users' processes need CAP_SYS_PTRACE.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

#define CAP_SYS_PTRACE_BIT   19 /* include/uapi/linux/capability.h */
#define CAP_SYS_RESOURCE_BIT 24
#define YAMA_NO_ATTACH	     3 /* Documentation/admin-guide/LSM/Yama.rst */

#define PROC_CAP   128
#define STATUS_CAP 16384 /* on 4096 CPUs every other one takes the most: 10 KB */

/* "/proc/PID/NAME"; PID 0 is "self". All of it fits: our own words and 19 digits. */
static void proc_path(char path[PROC_CAP], int64_t pid, const char *name)
{
	(void)gt_copy_str(path, PROC_CAP, "/proc/");
	if (pid > 0)
		(void)gt_append_u64(path, PROC_CAP, (uint64_t)pid);
	else
		(void)gt_append(path, PROC_CAP, "self");
	(void)gt_append(path, PROC_CAP, "/");
	(void)gt_append(path, PROC_CAP, name);
}

static int read_proc(int root, int64_t pid, const char *name, char *buf, size_t cap)
{
	char path[PROC_CAP];

	proc_path(path, pid, name);
	return gt_root_read(root, path, buf, cap);
}

/*
 * Reads a link of procfs and never follows it, since it may be a magic one. The way to it belongs
 * to the kernel, or to a captured machine: we need not stay in the root at each step.
 */
static int read_link(int root, int64_t pid, const char *dir, const char *name, char *buf,
		     size_t cap)
{
	char path[PROC_CAP];
	ssize_t n;

	proc_path(path, pid, dir);
	if (!gt_append(path, sizeof(path), "/") || !gt_append(path, sizeof(path), name))
		return -ENAMETOOLONG;
	n = readlinkat(root, path + 1, buf, cap - 1); /* + 1: below ROOT */
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/*
 * runc names the stages of its init (libcontainer/nsenter/nsexec.c, PR_SET_NAME). crun's init is
 * still crun: src/libcrun/cloned_binary.c re-executes it through a descriptor, and before
 * Linux 6.14 the kernel then named the process by that descriptor's number. Its exe is a memfd that
 * crun named, or a detached mount of the binary, which reads "/": then its first argument tells.
 */
static const char *runtime_of(int root, int64_t pid)
{
	static const char runc[] = "runc", crun[] = "crun";
	char comm[64], exe[GT_PATH_CAP], args[4096];

	if (read_proc(root, pid, "comm", comm, sizeof(comm)) < 0)
		return "";
	if (gt_has_prefix(comm, "runc:["))
		return runc;
	if (strcmp(comm, crun) == 0 || gt_has_prefix(comm, "crun:[") ||
	    gt_has_prefix(comm, "memfd:crun_"))
		return crun;
	if (!is_number(comm) || read_link(root, pid, "", "exe", exe, sizeof(exe)) < 0)
		return "";
	if (gt_has_prefix(exe, "/memfd:crun_cloned:") || strcmp(gt_basename(exe), crun) == 0)
		return crun;
	if (gt_has_prefix(exe, "/memfd:runc_cloned:") || strcmp(gt_basename(exe), runc) == 0)
		return runc;
	if (strcmp(exe, "/") == 0 && read_proc(root, pid, "cmdline", args, sizeof(args)) == 0 &&
	    strcmp(gt_basename(args), crun) == 0)
		return crun;
	return "";
}

/* A namespace is the host's if it is ours or that of process 1. */
static enum gt_ns_owner owner_of_ns(int root, int64_t pid, const char *ns)
{
	char theirs[64], ours[64], first[64];

	if (read_link(root, pid, "ns", ns, theirs, sizeof(theirs)) < 0 ||
	    read_link(root, 0, "ns", ns, ours, sizeof(ours)) < 0)
		return GT_NS_OWNER_UNKNOWN;
	if (strcmp(theirs, ours) == 0)
		return GT_NS_OWNER_HOST;
	if (read_link(root, 1, "ns", ns, first, sizeof(first)) == 0 && strcmp(theirs, first) == 0)
		return GT_NS_OWNER_HOST;
	return GT_NS_OWNER_CONTAINER;
}

static bool parse_limit(const char **p, uint64_t *ret)
{
	char word[24];
	size_t n;

	*p += strspn(*p, " ");
	n = strcspn(*p, " \n");
	if (!gt_copy(word, sizeof(word), *p, n))
		return false;
	*p += n;
	if (strcmp(word, "unlimited") == 0) {
		*ret = UINT64_MAX;
		return true;
	}
	return gt_parse_u64(word, ret) == 0;
}

static void read_nofile(int root, int64_t pid, struct gt_rlimit_facts *ret)
{
	static const char key[] = "Max open files ";
	char text[4096];
	uint64_t soft, hard;
	const char *p;

	if (read_proc(root, pid, "limits", text, sizeof(text)) < 0)
		return;
	p = strstr(text, key);
	if (!p)
		return;
	p += strlen(key);
	if (!parse_limit(&p, &soft) || !parse_limit(&p, &hard))
		return;
	ret->live_known = true;
	ret->live_soft = soft;
	ret->live_hard = hard;
}

void gt_inspect_affinity(int root, int64_t pid, struct gt_fact_cpus *ret)
{
	char text[STATUS_CAP], list[STATUS_CAP / 2];

	if (read_proc(root, pid, "status", text, sizeof(text)) < 0 ||
	    !gt_parse_field(text, "Cpus_allowed_list:", list, sizeof(list)) ||
	    gt_cpus_parse(list, &ret->v) < 0 || gt_cpus_count(&ret->v) == 0)
		return;
	ret->known = true;
	proc_path(ret->where, pid, "status");
}

/* Our own effective capabilities. */
struct caps {
	bool known;
	uint64_t effective;
};

int gt_inspect_own_caps(int root, uint64_t *ret)
{
	char text[8192], word[24];
	uint64_t caps = 0;
	int r = read_proc(root, 0, "status", text, sizeof(text));

	if (r < 0)
		return r;
	if (!gt_parse_field(text, "CapEff:", word, sizeof(word)) || strlen(word) != 16)
		return -EINVAL;
	for (const char *p = word; *p; p++) {
		static const char hex[] = "0123456789abcdef";
		const char *d = strchr(hex, *p);

		if (!d)
			return -EINVAL;
		caps = caps << 4 | (uint64_t)(d - hex);
	}
	*ret = caps;
	return 0;
}

static struct caps own_caps(int root)
{
	struct caps c = {0};

	c.known = gt_inspect_own_caps(root, &c.effective) == 0;
	return c;
}

static enum gt_tri have_cap(struct caps c, unsigned bit)
{
	if (!c.known)
		return GT_UNKNOWN;
	return c.effective >> bit & 1 ? GT_YES : GT_NO;
}

/* The initial user namespace maps every id onto itself. */
enum gt_tri gt_inspect_initial_userns(int root)
{
	static const char *const whole[3] = {"0", "0", "4294967295"};
	char text[256];
	const char *p = text;

	if (read_proc(root, 0, "uid_map", text, sizeof(text)) < 0)
		return GT_UNKNOWN;
	for (size_t i = 0; i < GT_ARRAY_LEN(whole); i++) {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, " \n");
		if (n != strlen(whole[i]) || memcmp(p, whole[i], n) != 0)
			return GT_NO;
		p += n;
	}
	return *p == '\0' ? GT_YES : GT_NO;
}

/* do_prlimit() wants CAP_SYS_RESOURCE in the initial namespace, whichever one we live in. */
static enum gt_tri can_raise_hard(int root, struct caps own)
{
	enum gt_tri cap = have_cap(own, CAP_SYS_RESOURCE_BIT);
	enum gt_tri initial = gt_inspect_initial_userns(root);

	if (cap == GT_NO || initial == GT_NO)
		return GT_NO;
	return cap == GT_YES && initial == GT_YES ? GT_YES : GT_UNKNOWN;
}

static bool ptrace_denied(int root, int64_t pid, struct caps own)
{
	char text[8192], tracer[24];
	uint64_t scope;

	if (have_cap(own, CAP_SYS_PTRACE_BIT) != GT_YES)
		return true;
	if (gt_root_read_u64(root, "proc/sys/kernel/yama/ptrace_scope", &scope) == 0 &&
	    scope >= YAMA_NO_ATTACH)
		return true;
	return read_proc(root, pid, "status", text, sizeof(text)) < 0 ||
	       !gt_parse_field(text, "TracerPid:", tracer, sizeof(tracer)) ||
	       strcmp(tracer, "0") != 0;
}

static bool arch_supported(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

static enum gt_barrier_can check_barrier(int root, int64_t pid, struct caps own,
					 const char *runtime, const char *label)
{
	if (*runtime == '\0')
		return GT_BARRIER_NOT_AN_INIT;
	if (!arch_supported())
		return GT_BARRIER_ARCH;
	if (ptrace_denied(root, pid, own))
		return GT_BARRIER_PTRACE_DENIED;
	if (gt_lsm_selinux_denies(root, label))
		return GT_BARRIER_SELINUX;
	return gt_lsm_apparmor_confines(root) ? GT_BARRIER_APPARMOR : GT_BARRIER_OK;
}

/*
 * runc is a Go program: its init has raised its own soft limit to the hard one, and restores the
 * one that runc was started with when it executes the program (Go 1.20, syscall.Exec). Ours is the
 * same.
 */
static void use_own_soft(int root, struct gt_rlimit_facts *ret)
{
	struct gt_rlimit_facts own = {0};

	read_nofile(root, 0, &own);
	if (ret->live_known && own.live_known && own.live_soft < ret->live_soft)
		ret->live_soft = own.live_soft;
}

void gt_inspect_init(int root, int64_t pid, struct gt_facts *ret)
{
	ret->net = ret->ipc = GT_NS_OWNER_UNKNOWN;
	ret->barrier = GT_BARRIER_NO_PROCESS;
	if (gt_start_time(root, pid, &ret->ident.pid_start) < 0)
		return;
	ret->barrier = GT_BARRIER_OK;
	(void)gt_copy_str(ret->ident.runtime, sizeof(ret->ident.runtime),
			  runtime_of(root, pid)); /* fits */
	ret->net = owner_of_ns(root, pid, "net");
	ret->ipc = owner_of_ns(root, pid, "ipc");
}

void gt_inspect_limits(int root, int64_t pid, struct gt_facts *ret)
{
	ret->nofile.can_raise_hard = can_raise_hard(root, own_caps(root));
	if (ret->barrier == GT_BARRIER_NO_PROCESS)
		return;
	read_nofile(root, pid, &ret->nofile);
	if (!ret->nofile.in_config && strcmp(ret->ident.runtime, "runc") == 0)
		use_own_soft(root, &ret->nofile);
}

void gt_inspect_barrier(int root, int64_t pid, const char *selinux_label, struct gt_facts *ret)
{
	if (ret->barrier != GT_BARRIER_NO_PROCESS)
		ret->barrier =
			check_barrier(root, pid, own_caps(root), ret->ident.runtime, selinux_label);
}

bool gt_inspect_may_seize(int root, int64_t pid)
{
	return *runtime_of(root, pid) && arch_supported() &&
	       have_cap(own_caps(root), CAP_SYS_PTRACE_BIT) == GT_YES &&
	       !gt_lsm_selinux_enforces(root) && !gt_lsm_apparmor_confines(root);
}

void gt_inspect_own_limits(int root, struct gt_rlimit_facts *ret)
{
	ret->can_raise_hard = can_raise_hard(root, own_caps(root));
	read_nofile(root, 0, ret);
}

/* ROOT_PATH as an absolute path: the runtime-spec lets it be relative to the bundle. */
static bool make_absolute(const char *bundle, const char *root_path, char *buf, size_t cap)
{
	if (*root_path == '/')
		return gt_copy_str(buf, cap, root_path);
	return gt_copy_str(buf, cap, bundle) && gt_append(buf, cap, "/") &&
	       gt_append(buf, cap, root_path);
}

/* Opens the directory PATH in the mount namespace of PID, whose root is still the host's. */
static int open_in_mounts_of(int64_t pid, const char *path)
{
	_cleanup_close_ int root = -1, dir = -1;
	char proc[PROC_CAP];
	int r;

	proc_path(proc, pid, "root");
	root = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	dir = gt_root_open_dir(root, path);
	if (dir < 0)
		return dir;
	r = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

int gt_inspect_rootfs(int64_t pid, const char *bundle, const char *root_path, struct gt_err *e)
{
	char path[2 * GT_PATH_CAP + 2];
	int r;

	if (*root_path == '\0')
		return gt_err_set(e, -ENOENT, "config.json names no root for the container");
	if (!make_absolute(bundle, root_path, path, sizeof(path)))
		return gt_err_set(e, -ENAMETOOLONG, "the path of the container's root is too long");
	if (pid > 0) {
		r = open_in_mounts_of(pid, path);
		if (r >= 0)
			return r;
	}
	r = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? gt_err_sys(e, -errno, "cannot open the container's root %s", path) : r;
}

int gt_inspect_rootfs_below(int root, const char *bundle, const char *root_path)
{
	char path[2 * GT_PATH_CAP + 2];

	if (*root_path == '\0')
		return -ENOENT;
	if (!make_absolute(bundle, root_path, path, sizeof(path)))
		return -ENAMETOOLONG;
	return gt_root_open_dir(root, path);
}

static int open_root_of(int64_t pid, struct stat *ret)
{
	_cleanup_close_ int fd = -1;
	char proc[PROC_CAP];

	proc_path(proc, pid, "root");
	fd = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, ret) < 0)
		return -errno;
	return gt_take_fd(&fd);
}

int gt_inspect_own_root(int64_t pid)
{
	struct stat own = {0}, first = {0};
	_cleanup_close_ int fd = open_root_of(pid, &own);
	_cleanup_close_ int one = open_root_of(1, &first);

	if (fd < 0 || one < 0)
		return fd < 0 ? fd : one;
	if (own.st_dev == first.st_dev && own.st_ino == first.st_ino)
		return -EXDEV;
	return gt_take_fd(&fd);
}
