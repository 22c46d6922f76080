/*
 * inspect/task.c and inspect/lsm.c: who the container's init is, and whether the barrier can work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "inspect/machine.h"
#include "skip.h"

static struct gt_facts facts;

static void inspect(const char *name, int64_t pid)
{
	_cleanup_close_ int root = machine(name);

	memset(&facts, 0, sizeof(facts));
	gt_inspect_init(root, pid, &facts);
	gt_inspect_limits(root, pid, &facts);
	gt_inspect_barrier(root, pid, "", &facts);
}

static void test_inspect_task_machines(void **state)
{
	static const struct {
		const char *name;
		int64_t pid;
		const char *runtime;
		enum gt_ns_owner net, ipc;
		uint64_t soft, hard; /* 0: unknown */
		enum gt_tri raise;
		enum gt_barrier_can barrier;
	} rows[] = {
		{"smt-2socket", 4242, "runc", GT_NS_OWNER_CONTAINER, GT_NS_OWNER_CONTAINER, 1024,
		 524288, GT_YES, GT_BARRIER_OK},
		{"v2-8cpu", 4243, "crun", GT_NS_OWNER_HOST, GT_NS_OWNER_HOST, 1024, 524288, GT_YES,
		 GT_BARRIER_OK},
		/* no CAP_SYS_RESOURCE */
		{"laptop-v1-hybrid", 4242, "runc", GT_NS_OWNER_CONTAINER, GT_NS_OWNER_CONTAINER,
		 20000, 20000, GT_NO, GT_BARRIER_OK},
		{"laptop-v1-hybrid", 100, "", GT_NS_OWNER_HOST, GT_NS_OWNER_HOST, 1024, 524288,
		 GT_NO, GT_BARRIER_NOT_AN_INIT},
		{"smt-2socket", 0, "", GT_NS_OWNER_UNKNOWN, GT_NS_OWNER_UNKNOWN, 0, 0, GT_YES,
		 GT_BARRIER_NO_PROCESS},
		{"smt-2socket", 31337, "", GT_NS_OWNER_UNKNOWN, GT_NS_OWNER_UNKNOWN, 0, 0, GT_YES,
		 GT_BARRIER_NO_PROCESS},
		/* stat cannot be understood; uid_map is not the initial namespace's */
		{"garbage", 4242, "", GT_NS_OWNER_UNKNOWN, GT_NS_OWNER_UNKNOWN, 0, 0, GT_NO,
		 GT_BARRIER_NO_PROCESS},
		/* our own capabilities cannot be understood */
		{"garbage", 4300, "runc", GT_NS_OWNER_CONTAINER, GT_NS_OWNER_CONTAINER, 1024,
		 524288, GT_NO, GT_BARRIER_PTRACE_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		inspect(rows[i].name, rows[i].pid);
		if (strcmp(facts.ident.runtime, rows[i].runtime) != 0 || facts.net != rows[i].net ||
		    facts.ipc != rows[i].ipc || facts.nofile.live_known != (rows[i].hard != 0) ||
		    facts.nofile.live_soft != rows[i].soft ||
		    facts.nofile.live_hard != rows[i].hard ||
		    facts.nofile.can_raise_hard != rows[i].raise ||
		    facts.barrier != rows[i].barrier)
			fail_msg("%s %lld: \"%s\" ns %d %d, nofile %d, raise %d, barrier %d",
				 rows[i].name, (long long)rows[i].pid, facts.ident.runtime,
				 facts.net, facts.ipc, facts.nofile.live_known,
				 facts.nofile.can_raise_hard, facts.barrier);
	}
}

/* --- a tree that each row changes in one place -------------------------------------------------
 */

static char tmp[64];

static void put(const char *name, const char *text)
{
	char full[1024], *slash;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", tmp, name);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(gt_mkdirs(full), 0);
	*slash = '/';
	f = fopen(full, "we");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void put_link(const char *name, const char *text)
{
	char full[1024];

	(void)snprintf(full, sizeof(full), "%s/%s", tmp, name);
	(void)unlink(full);
	assert_int_equal(symlink(text, full), 0);
}

static void put_stat(const char *comm, const char *start)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "7 (%s) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 6 0 %s 1 2 3\n", comm,
		       start);
	put("proc/7/stat", text);
}

static int make_tmp(void **state)
{
	static const char *const dirs[] = {"proc/7/ns", "proc/self/ns", "proc/1/ns"};
	char full[128];

	(void)state;
	(void)gt_copy_str(tmp, sizeof(tmp), "/tmp/gotune-test-XXXXXX");
	assert_non_null(mkdtemp(tmp));
	for (size_t i = 0; i < GT_ARRAY_LEN(dirs); i++) {
		(void)snprintf(full, sizeof(full), "%s/%s", tmp, dirs[i]);
		assert_int_equal(gt_mkdirs(full), 0);
	}
	put("proc/self/status", "Name:\tx\nCapEff:\t0000000001080000\n");
	put("proc/self/uid_map", "         0          0 4294967295\n");
	put("proc/7/comm", "runc:[2:INIT]\n");
	put("proc/7/status", "Name:\tx\nTracerPid:\t0\n");
	put("proc/7/limits",
	    "Max open files            10                   unlimited            files\n");
	put_stat("runc:[2:INIT]", "99");
	put_link("proc/self/ns/net", "net:[1]");
	put_link("proc/7/ns/net", "net:[2]");
	put_link("proc/1/ns/net", "net:[3]");
	return 0;
}

static int remove_one(const char *p, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(p);
}

static int drop_tmp(void **state)
{
	(void)state;
	return nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool in_config; /* config.json has a limit of its own */

static void inspect_tmp(const char *label)
{
	_cleanup_close_ int root = gt_root_open(tmp, NULL);

	assert_true(root >= 0);
	memset(&facts, 0, sizeof(facts));
	facts.nofile.in_config = in_config;
	gt_inspect_init(root, 7, &facts);
	gt_inspect_limits(root, 7, &facts);
	gt_inspect_barrier(root, 7, label, &facts);
}

static void test_inspect_task_barrier_table(void **state)
{
	static const struct {
		const char *name, *file, *text, *label;
		enum gt_barrier_can want;
	} rows[] = {
		{"as it is", "x", "", "", GT_BARRIER_OK},
		{"no CAP_SYS_PTRACE", "proc/self/status", "CapEff:\t0000000001000000\n", "",
		 GT_BARRIER_PTRACE_DENIED},
		{"no CapEff", "proc/self/status", "CapPrm:\tffffffffffffffff\n", "",
		 GT_BARRIER_PTRACE_DENIED},
		{"CapEff too short", "proc/self/status", "CapEff:\tfffff\n", "",
		 GT_BARRIER_PTRACE_DENIED},
		{"traced", "proc/7/status", "TracerPid:\t12\n", "", GT_BARRIER_PTRACE_DENIED},
		{"tracer unknown", "proc/7/status", "Name:\tTracerPid:\n", "",
		 GT_BARRIER_PTRACE_DENIED},
		{"yama 2", "proc/sys/kernel/yama/ptrace_scope", "2\n", "", GT_BARRIER_OK},
		{"yama 3", "proc/sys/kernel/yama/ptrace_scope", "3\n", "",
		 GT_BARRIER_PTRACE_DENIED},
		{"selinux permissive", "sys/fs/selinux/enforce", "0", "u:r:t:s0", GT_BARRIER_OK},
		{"selinux, no label", "sys/fs/selinux/enforce", "1", "", GT_BARRIER_OK},
		{"selinux, cannot be asked", "sys/fs/selinux/enforce", "1", "u:r:t:s0",
		 GT_BARRIER_SELINUX},
		{"selinux, garbage", "sys/fs/selinux/enforce", "on", "u:r:t:s0",
		 GT_BARRIER_SELINUX},
		{"selinux, hidden", "proc/filesystems", "nodev\tselinuxfs\n", "u:r:t:s0",
		 GT_BARRIER_SELINUX},
		{"apparmor off", "sys/module/apparmor/parameters/enabled", "N\n", "",
		 GT_BARRIER_OK},
		{"apparmor, unknown", "sys/module/apparmor/parameters/enabled", "Y\n", "",
		 GT_BARRIER_APPARMOR},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (i > 0) /* each row starts from a fresh tree */
			(void)drop_tmp(state), (void)make_tmp(state);
		put(rows[i].file, rows[i].text);
		inspect_tmp(rows[i].label);
		if (facts.barrier != rows[i].want)
			fail_msg("%s: %d", rows[i].name, facts.barrier);
	}
}

static void test_inspect_task_apparmor_label(void **state)
{
	static const struct {
		const char *file, *text;
		bool confined;
	} rows[] = {
		{"apparmor/current", "unconfined\n", false},
		{"apparmor/current", "runc (unconfined)\n", false},
		{"apparmor/current", "docker-default (enforce)\n", true},
		{"apparmor/current", "unconfined-but-not (complain)\n", true},
		{"apparmor/current", "", true},
		{"current", "unconfined\n", false},
		{"current", "x (enforce)\n", true},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char name[128];

		if (i > 0)
			(void)drop_tmp(state), (void)make_tmp(state);
		put("sys/module/apparmor/parameters/enabled", "Y\n");
		(void)snprintf(name, sizeof(name), "proc/self/attr/%s", rows[i].file);
		put(name, rows[i].text);
		inspect_tmp("");
		if (facts.barrier != (rows[i].confined ? GT_BARRIER_APPARMOR : GT_BARRIER_OK))
			fail_msg("%s \"%s\": %d", rows[i].file, rows[i].text, facts.barrier);
	}
}

/* Before the container's label is known: whatever might make its exec fail, or take its set-uid
 * programs' privilege, is a no. */
static void test_inspect_may_seize(void **state)
{
	static const struct {
		const char *name, *file, *text;
		bool want;
	} rows[] = {
		{"as it is", "x", "", true},
		{"not an init", "proc/7/comm", "nginx\n", false},
		{"no CAP_SYS_PTRACE", "proc/self/status", "CapEff:\t0000000001000000\n", false},
		{"no CapEff", "proc/self/status", "", false},
		{"selinux permissive", "sys/fs/selinux/enforce", "0", true},
		{"selinux", "sys/fs/selinux/enforce", "1", false},
		{"selinux, garbage", "sys/fs/selinux/enforce", "on", false},
		{"selinux is on, as the kernel says, but not to be seen", "proc/filesystems",
		 "nodev\tsysfs\nnodev\tselinuxfs\n\text4\n", false},
		{"no selinux", "proc/filesystems", "nodev\tsysfs\n\text4\n", true},
		{"apparmor off", "sys/module/apparmor/parameters/enabled", "N\n", true},
		{"apparmor, unknown", "sys/module/apparmor/parameters/enabled", "Y\n", false},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int root = -1;

		if (i > 0)
			(void)drop_tmp(state), (void)make_tmp(state);
		put(rows[i].file, rows[i].text);
		root = gt_root_open(tmp, NULL);
		if (gt_inspect_may_seize(root, 7) != rows[i].want)
			fail_msg("%s", rows[i].name);
		assert_false(gt_inspect_may_seize(root, 31337));
	}
}

/* A captured machine is never asked, since asking is a write. */
static void test_inspect_task_selinux_writes_nothing(void **state)
{
	_cleanup_close_ int root = -1;
	char text[64];

	(void)state;
	put("sys/fs/selinux/enforce", "1");
	put("sys/fs/selinux/class/process/index", "2");
	put("sys/fs/selinux/class/process/perms/ptrace", "15");
	put("sys/fs/selinux/access", "ffffffff ffffffff 0 ffffffff 1 0");
	put("proc/self/attr/current", "u:r:container_runtime_t:s0");
	inspect_tmp("u:r:container_t:s0:c1,c2");
	assert_int_equal(facts.barrier, GT_BARRIER_SELINUX);
	root = gt_root_open(tmp, NULL);
	assert_int_equal(gt_root_read(root, "sys/fs/selinux/access", text, sizeof(text)), 0);
	assert_string_equal(text, "ffffffff ffffffff 0 ffffffff 1 0");
}

static void test_inspect_task_runtime_table(void **state)
{
	static const struct {
		const char *comm, *exe, *cmdline, *want;
	} rows[] = {
		{"runc:[2:INIT]\n", "/", "", "runc"},
		{"runc:[1:CHILD]\n", "/usr/sbin/runc", "", "runc"},
		{"crun\n", "/", "", "crun"},
		{"crun:[x]\n", "/usr/bin/crun", "", "crun"},
		{"memfd:crun_clon\n", "/memfd:crun_cloned:/proc/self/exe (deleted)", "", "crun"},
		/* named by a descriptor: execveat before Linux 6.14 */
		{"3\n", "/memfd:crun_cloned:/proc/self/exe (deleted)", "", "crun"},
		{"3\n", "/memfd:runc_cloned:/proc/self/exe (deleted)", "", "runc"},
		{"6\n", "/usr/bin/crun", "", "crun"},
		{"6\n", "/", "/usr/bin/crun", "crun"},
		{"6\n", "/", "/usr/bin/qemu", ""},
		{"6\n", "/usr/bin/qemu", "crun", ""},
		{"qemu-system-x86\n", "/usr/bin/qemu", "", ""},
		{"exe\n", "/usr/local/bin/runsc", "", ""},
		{"runsc-sandbox\n", "/", "", ""},
		{"containerd-shim\n", "/usr/bin/containerd-shim-kata-v2", "", ""},
		{"crunchy\n", "/usr/bin/crun", "", ""},
		{"\n", "/usr/bin/crun", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("proc/7/comm", rows[i].comm);
		put("proc/7/cmdline", rows[i].cmdline);
		put_link("proc/7/exe", rows[i].exe);
		inspect_tmp("");
		if (strcmp(facts.ident.runtime, rows[i].want) != 0 ||
		    facts.barrier != (*rows[i].want ? GT_BARRIER_OK : GT_BARRIER_NOT_AN_INIT))
			fail_msg("comm %s exe %s: \"%s\", %d", rows[i].comm, rows[i].exe,
				 facts.ident.runtime, facts.barrier);
	}
}

static void test_inspect_task_namespaces(void **state)
{
	static const struct {
		const char *self, *theirs, *first; /* NULL: cannot be read */
		enum gt_ns_owner want;
	} rows[] = {
		{"net:[1]", "net:[2]", "net:[3]", GT_NS_OWNER_CONTAINER},
		{"net:[1]", "net:[1]", "net:[3]", GT_NS_OWNER_HOST},
		{"net:[1]", "net:[3]", "net:[3]", GT_NS_OWNER_HOST},
		{"net:[1]", "net:[2]", NULL, GT_NS_OWNER_CONTAINER},
		{NULL, "net:[2]", "net:[3]", GT_NS_OWNER_UNKNOWN},
		{"net:[1]", NULL, "net:[3]", GT_NS_OWNER_UNKNOWN},
	};
	static const char *const who[] = {"self", "7", "1"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *text[] = {rows[i].self, rows[i].theirs, rows[i].first};

		for (size_t k = 0; k < GT_ARRAY_LEN(who); k++) {
			char name[64], full[256];

			(void)snprintf(name, sizeof(name), "proc/%s/ns/net", who[k]);
			(void)snprintf(full, sizeof(full), "%s/%s", tmp, name);
			(void)unlink(full);
			if (text[k])
				put_link(name, text[k]);
		}
		inspect_tmp("");
		if (facts.net != rows[i].want)
			fail_msg("row %zu: %d", i, facts.net);
	}
}

static void test_inspect_task_limits(void **state)
{
	static const struct {
		const char *line;
		bool known;
		uint64_t soft, hard;
	} rows[] = {
		{"Max open files            10                   unlimited            files\n",
		 true, 10, UINT64_MAX},
		{"Max cpu\nMax open files            1024 4096 files", true, 1024, 4096},
		{"Max open files            1024\n", false, 0, 0},
		{"Max open files            x 1024\n", false, 0, 0},
		{"Max open files            -1 1024\n", false, 0, 0},
		{"Max open files", false, 0, 0},
		{"", false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("proc/7/limits", rows[i].line);
		inspect_tmp("");
		if (facts.nofile.live_known != rows[i].known ||
		    facts.nofile.live_soft != rows[i].soft ||
		    facts.nofile.live_hard != rows[i].hard)
			fail_msg("\"%s\": %d", rows[i].line, facts.nofile.live_known);
	}
}

static void test_inspect_affinity(void **state)
{
	static const struct {
		const char *status, *want; /* NULL: unknown */
	} rows[] = {
		{"Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\nMems_allowed:\t1\n", "0-3"},
		{"Cpus_allowed_list:\t5,64-127\n", "5,64-127"},
		{"Cpus_allowed_list:\t\n", NULL},
		{"Cpus_allowed_list:\t3-1\n", NULL},
		{"Name:\tCpus_allowed_list:\t1\n", NULL},
		{"", NULL},
	};
	_cleanup_close_ int root = gt_root_open(tmp, NULL);

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_fact_cpus got = {0};
		char list[64] = "";

		put("proc/7/status", rows[i].status);
		gt_inspect_affinity(root, 7, &got);
		if (got.known)
			(void)gt_cpus_format(&got.v, list, sizeof(list));
		if (got.known != (rows[i].want != NULL) ||
		    (rows[i].want && strcmp(list, rows[i].want) != 0))
			fail_msg("row %zu: %d %s", i, got.known, list);
		if (got.known)
			assert_string_equal(got.where, "/proc/7/status");
	}
}

/* runc's init has raised its own soft limit; what the program gets is what we were started with. */
static void test_inspect_task_limits_of_runc(void **state)
{
	static const struct {
		const char *comm, *own;
		uint64_t soft;
	} rows[] = {
		{"runc:[2:INIT]", "Max open files 512 4096 files\n", 512},
		{"runc:[2:INIT]", "Max open files 8192 8192 files\n", 4096},
		{"runc:[2:INIT]", "Max open files unlimited unlimited files\n", 4096},
		{"runc:[2:INIT]", "", 4096},
		{"crun", "Max open files 512 4096 files\n", 4096}, /* it raises nothing */
	};

	(void)state;
	put("proc/7/limits", "Max open files 4096 4096 files\n");
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("proc/7/comm", rows[i].comm);
		put_stat(rows[i].comm, "99");
		put("proc/self/limits", rows[i].own);
		inspect_tmp("");
		if (!facts.nofile.live_known || facts.nofile.live_soft != rows[i].soft ||
		    facts.nofile.live_hard != 4096)
			fail_msg("row %zu: \"%s\" %llu", i, facts.ident.runtime,
				 (unsigned long long)facts.nofile.live_soft);
	}
	/* That one counts then: ours is not looked at. */
	put("proc/7/comm", "runc:[2:INIT]");
	put_stat("runc:[2:INIT]", "99");
	put("proc/self/limits", rows[0].own);
	in_config = true;
	inspect_tmp("");
	in_config = false;
	assert_int_equal(facts.nofile.live_soft, 4096);
}

static void test_inspect_task_can_raise(void **state)
{
	static const struct {
		const char *caps, *map;
		enum gt_tri want;
	} rows[] = {
		{"CapEff:\t0000000001000000\n", "0 0 4294967295\n", GT_YES},
		{"CapEff:\t0000000000080000\n", "0 0 4294967295\n", GT_NO},
		{"CapEff:\t000001ffffffffff\n", "0 1000 1\n1 100000 65536\n", GT_NO},
		{"CapEff:\t000001ffffffffff\n", "0 0 4294967295\n1 1 1\n", GT_NO},
		{"CapEff:\t000001ffffffffff\n", "0 0 42949672950\n", GT_NO},
		{"CapEff:\t000001ffffffffff\n", "", GT_NO}, /* not mapped yet */
		{"CapEff:\t000001fffffffffg\n", "0 0 4294967295\n", GT_UNKNOWN},
		{"nothing\n", "0 0 4294967295\n", GT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("proc/self/status", rows[i].caps);
		put("proc/self/uid_map", rows[i].map);
		inspect_tmp("");
		if (facts.nofile.can_raise_hard != rows[i].want)
			fail_msg("%s%s: %d", rows[i].caps, rows[i].map,
				 facts.nofile.can_raise_hard);
	}
}

static void test_inspect_rootfs_by_bundle(void **state)
{
	static const char *const bad[] = {"", "missing", "file", "../../../../nonexistent"};
	struct gt_err e = {0};
	char full[256];
	struct stat a, b;

	(void)state;
	put("bundle/rootfs/marker", "x");
	put("bundle/file", "x");
	(void)snprintf(full, sizeof(full), "%s/bundle/rootfs", tmp);
	assert_int_equal(stat(full, &a), 0);
	for (unsigned i = 0; i < 2; i++) {
		char bundle[128];
		int fd;

		(void)snprintf(bundle, sizeof(bundle), "%s/bundle", tmp);
		fd = gt_inspect_rootfs(0, bundle, i ? full : "rootfs", &e);
		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFL) & O_PATH);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(fstat(fd, &b), 0);
		assert_int_equal(a.st_ino, b.st_ino);
		close(fd);
		for (size_t k = 0; k < GT_ARRAY_LEN(bad); k++) {
			e.msg[0] = '\0';
			if (gt_inspect_rootfs(0, bundle, bad[k], &e) >= 0 || !e.msg[0])
				fail_msg("\"%s\": \"%s\"", bad[k], e.msg);
		}
	}
}

/* A child with a mount namespace of its own, in which DIR has a tmpfs with one file. */
static pid_t mounted_child(const char *dir)
{
	char path[300];
	int p[2];
	char c = 0;
	pid_t child;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
		(void)snprintf(path, sizeof(path), "%s/inside", dir);
		if (unshare(CLONE_NEWNS) == 0 &&
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		    mount("none", dir, "tmpfs", 0, NULL) == 0)
			c = close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) == 0;
		(void)!write(p[1], &c, 1);
		for (;;)
			(void)pause();
	}
	close(p[1]);
	(void)!read(p[0], &c, 1);
	close(p[0]);
	if (c)
		return child;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	return 0;
}

/* What the init has mounted over its root is what the program will run from. */
static void test_inspect_rootfs_sees_mounts(void **state)
{
	char bundle[128], full[256];
	struct stat st;
	pid_t child;
	int fd;

	(void)state;
	put("bundle/rootfs/marker", "x");
	(void)snprintf(bundle, sizeof(bundle), "%s/bundle", tmp);
	(void)snprintf(full, sizeof(full), "%s/rootfs", bundle);
	child = mounted_child(full);
	if (child == 0)
		SKIP("no mount namespace here (CAP_SYS_ADMIN is missing)");
	fd = gt_inspect_rootfs(child, bundle, "rootfs", NULL);
	assert_true(fd >= 0);
	assert_int_equal(fstatat(fd, "inside", &st, 0), 0);
	assert_int_equal(fstatat(fd, "marker", &st, 0), -1);
	close(fd);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* gone: the bundle's own directory */
	fd = gt_inspect_rootfs(child, bundle, "rootfs", NULL);
	assert_true(fd >= 0);
	assert_int_equal(fstatat(fd, "marker", &st, 0), 0);
	close(fd);
}

/* This very process, through the real /proc. */
static void test_inspect_task_here(void **state)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);

	(void)state;
	memset(&facts, 0, sizeof(facts));
	gt_inspect_init(root, getpid(), &facts);
	gt_inspect_limits(root, getpid(), &facts);
	gt_inspect_barrier(root, getpid(), "", &facts);
	assert_int_equal(facts.barrier, GT_BARRIER_NOT_AN_INIT);
	assert_int_equal(facts.net, GT_NS_OWNER_HOST);
	assert_int_equal(facts.ipc, GT_NS_OWNER_HOST);
	assert_true(facts.nofile.live_known);
	assert_int_not_equal(facts.nofile.can_raise_hard, GT_UNKNOWN);
}

int main(void)
{
#define IN_TMP(t) cmocka_unit_test_setup_teardown(t, make_tmp, drop_tmp)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_task_machines),
		IN_TMP(test_inspect_task_barrier_table),
		IN_TMP(test_inspect_task_apparmor_label),
		IN_TMP(test_inspect_may_seize),
		IN_TMP(test_inspect_task_selinux_writes_nothing),
		IN_TMP(test_inspect_task_runtime_table),
		IN_TMP(test_inspect_task_namespaces),
		IN_TMP(test_inspect_task_limits),
		IN_TMP(test_inspect_affinity),
		IN_TMP(test_inspect_task_limits_of_runc),
		IN_TMP(test_inspect_task_can_raise),
		IN_TMP(test_inspect_rootfs_by_bundle),
		IN_TMP(test_inspect_rootfs_sees_mounts),
		cmocka_unit_test(test_inspect_task_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
