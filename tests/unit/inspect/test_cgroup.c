/*
 * inspect/cgroup on captured machines, and on trees made for one question each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "inspect/machine.h"

#define GIB(n) (UINT64_C(n) << 30)
#define MIB(n) (UINT64_C(n) << 20)

static struct gt_cgroup_facts facts;
static char path[GT_PATH_CAP];

static void inspect(const char *name, int64_t pid)
{
	_cleanup_close_ int root = machine(name);

	memset(&facts, 0, sizeof(facts));
	gt_inspect_cgroup(root, pid, &facts, path, NULL);
}

struct want_level {
	const char *path, *mem_path;
	uint64_t quota_us, period_us, max, high; /* 0: none */
};

static void check_levels(const char *name, const struct want_level *want, uint32_t n)
{
	assert_int_equal(facts.n_level, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct gt_level *l = &facts.level[i];

		if (strcmp(l->path, want[i].path) != 0 ||
		    strcmp(l->mem_path, want[i].mem_path) != 0 || l->cpu_unreadable ||
		    l->mem_unreadable || l->has_quota != (want[i].quota_us != 0) ||
		    l->quota_us != want[i].quota_us || l->period_us != want[i].period_us ||
		    l->has_mem_max != (want[i].max != 0) ||
		    (l->has_mem_max && l->mem_max_bytes != want[i].max) ||
		    l->has_mem_high != (want[i].high != 0) || l->mem_high_bytes != want[i].high)
			fail_msg("%s, level %u: %s (%s) %llu/%llu %llu %llu", name, i, l->path,
				 l->mem_path, (unsigned long long)l->quota_us,
				 (unsigned long long)l->period_us,
				 (unsigned long long)l->mem_max_bytes,
				 (unsigned long long)l->mem_high_bytes);
	}
}

static void check_cpus(const struct gt_fact_cpus *f, const char *list, const char *where)
{
	char text[256];

	assert_true(f->known);
	assert_true(gt_cpus_format(&f->v, text, sizeof(text)));
	assert_string_equal(text, list);
	assert_string_equal(f->where, where);
}

static void test_inspect_cgroup_v2_ancestors(void **state)
{
#define POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8b1f.slice"
	static const struct want_level want[] = {
		{POD "/cri-containerd-5d0c.scope", POD "/cri-containerd-5d0c.scope", 400000, 100000,
		 GIB(1), MIB(768)},
		{POD, POD, 200000, 100000, MIB(512), 0},
		{"/kubepods.slice/kubepods-burstable.slice",
		 "/kubepods.slice/kubepods-burstable.slice", 0, 0, 0, 0},
		{"/kubepods.slice", "/kubepods.slice", 780000, 100000, GIB(14), 0},
		{"/", "/", 0, 0, 0, 0},
	};

	(void)state;
	inspect("v2-8cpu", 4242);
	assert_int_equal(facts.cpu, GT_CGROUP_V2);
	assert_int_equal(facts.memory, GT_CGROUP_V2);
	assert_int_equal(facts.cpuset, GT_CGROUP_V2);
	assert_false(facts.hybrid);
	assert_false(facts.level_overflow);
	check_levels("v2-8cpu", want, GT_ARRAY_LEN(want));
	assert_string_equal(path, POD "/cri-containerd-5d0c.scope");
	/* the cpuset controller ends at kubepods.slice */
	check_cpus(&facts.effective, "0-5", "/sys/fs/cgroup/kubepods.slice/cpuset.cpus.effective");
	assert_string_equal(facts.cpuset_cpus, "");
	assert_true(facts.swap_max.known);
	assert_int_equal(facts.swap_max.v, 0);
	assert_string_equal(facts.swap_max.where,
			    "/sys/fs/cgroup" POD "/cri-containerd-5d0c.scope/memory.swap.max");
	assert_false(facts.swappiness.known);
}

static void test_inspect_cgroup_v2_demo(void **state)
{
	static const struct want_level want[] = {
		{"/system.slice/gotune-demo", "/system.slice/gotune-demo", 350000, 100000, GIB(2),
		 0},
		{"/system.slice", "/system.slice", 0, 0, 0, 0},
		{"/", "/", 0, 0, 0, 0},
	};

	(void)state;
	inspect("smt-2socket", 4242);
	check_levels("smt-2socket", want, GT_ARRAY_LEN(want));
	check_cpus(&facts.effective, "0-15",
		   "/sys/fs/cgroup/system.slice/gotune-demo/cpuset.cpus.effective");
	assert_int_equal(facts.swap_max.v, UINT64_MAX);
}

/* CPU and memory in different hierarchies, under different paths. */
static void test_inspect_cgroup_v1_hybrid(void **state)
{
	static const struct want_level want[] = {
		{"/gotune-demo", "/session/7f3a/gotune-demo", 150000, 100000, MIB(512), 0},
		{"/", "/session/7f3a", 0, 0, GIB(4), 0},
		{"/session", "/session", 0, 0, 0, 0},
		{"/", "/", 0, 0, 0, 0},
	};

	(void)state;
	inspect("laptop-v1-hybrid", 4242);
	assert_int_equal(facts.cpu, GT_CGROUP_V1);
	assert_int_equal(facts.memory, GT_CGROUP_V1);
	assert_int_equal(facts.cpuset, GT_CGROUP_V1);
	assert_true(facts.hybrid);
	check_levels("laptop-v1-hybrid", want, GT_ARRAY_LEN(want));
	assert_string_equal(path, "/session/7f3a/gotune-demo");
	check_cpus(&facts.effective, "1",
		   "/sys/fs/cgroup/cpuset/gotune-demo/cpuset.effective_cpus");
	assert_string_equal(facts.cpuset_cpus, "1");
	assert_string_equal(facts.cpuset_mems, "0");
	assert_int_equal(facts.swappiness.v, 60);
	assert_string_equal(facts.swappiness.where,
			    "/sys/fs/cgroup/memory/session/7f3a/gotune-demo/memory.swappiness");
	assert_false(facts.swap_max.known);
}

static void test_inspect_cgroup_colon_in_path(void **state)
{
	(void)state;
	inspect("laptop-v1-hybrid", 4343);
	assert_string_equal(path, "/session/7f3a/gotune:demo");
	assert_int_equal(facts.level[0].quota_us, 50000);
	assert_false(facts.level[0].has_mem_max);
	assert_int_equal(facts.level[1].mem_max_bytes, GIB(4));
}

/* Our own cgroup, and one that we live below, are not a container's to be changed. */
static void test_inspect_cgroup_shared(void **state)
{
	static const struct {
		const char *container, *self;
		bool want;
	} rows[] = {
		{"/a/b", "/a/b", true}, {"/a", "/a/b", true},	 {"/", "/a/b", true},
		{"/a/b", "/a", false},	{"/a/b", "/a/c", false}, {"/a/b", "/a/bc", false},
		{"/a/b", "/", false},	{"/", "", true},	 {"/a", "", false},
	};
	char dir[] = "/tmp/gotune-test.XXXXXX", command[512];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int root = -1;

		memset(&facts, 0, sizeof(facts));
		(void)snprintf(
			command, sizeof(command),
			"cd %s && rm -rf proc cg && mkdir -p proc/self proc/9 cg/a/b && "
			"echo '30 29 0:27 / /cg rw - cgroup2 cgroup2 rw' >proc/self/mountinfo && "
			"echo 'memory cpuset' >cg/cgroup.controllers && "
			"echo '0::%s' >proc/9/cgroup && echo '0::%s' >proc/self/cgroup",
			dir, rows[i].container, rows[i].self);
		assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a test's own tree */
		root = gt_root_open(dir, NULL);
		assert_true(root >= 0);
		gt_inspect_cgroup(root, 9, &facts, path, NULL);
		assert_int_equal(facts.memory, GT_CGROUP_V2);
		if (facts.memory_shared != rows[i].want || facts.cpuset_shared != rows[i].want)
			fail_msg("%s, %s: %d %d", rows[i].container, rows[i].self,
				 facts.memory_shared, facts.cpuset_shared);
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

/* Nobody: only which hierarchy holds what. */
static void test_inspect_cgroup_no_process(void **state)
{
	static const struct {
		const char *name;
		int64_t pid;
		enum gt_cgroup_version want;
	} rows[] = {
		{"laptop-v1-hybrid", 0, GT_CGROUP_V1},	{"laptop-v1-hybrid", 31337, GT_CGROUP_V1},
		{"laptop-v1-hybrid", -1, GT_CGROUP_V1}, {"v2-8cpu", 0, GT_CGROUP_V2},
		{"v2-8cpu", INT64_MAX, GT_CGROUP_V2},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		inspect(rows[i].name, rows[i].pid);
		if (facts.cpu != rows[i].want || facts.memory != rows[i].want ||
		    facts.n_level != 0 || facts.effective.known || path[0])
			fail_msg("%s, %lld", rows[i].name, (long long)rows[i].pid);
	}
}

/* The cgroup has gone: its ancestors alone would be half the truth. */
static void test_inspect_cgroup_gone(void **state)
{
	(void)state;
	inspect("v2-8cpu", 4243);
	assert_int_equal(facts.n_level, 0);
	assert_false(facts.effective.known);
	assert_false(facts.swap_max.known);
	assert_int_equal(facts.cpu, GT_CGROUP_V2);
}

static void test_inspect_cgroup_garbage(void **state)
{
	(void)state;
	inspect("garbage", 4242);
	assert_int_equal(facts.n_level, 3);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(facts.level[i].cpu_unreadable);
		assert_true(facts.level[i].mem_unreadable);
		assert_false(facts.level[i].has_quota);
		assert_false(facts.level[i].has_mem_max);
		assert_false(facts.level[i].has_mem_high);
	}
	assert_false(facts.level[2].cpu_unreadable); /* the root has no limits */
	assert_false(facts.effective.known);
	assert_false(facts.swap_max.known);
	/* above our own cgroup namespace: not to be looked up */
	inspect("garbage", 4300);
	assert_int_equal(facts.n_level, 0);
}

static void test_inspect_cgroup_nothing_mounted(void **state)
{
	_cleanup_close_ int root = machine("../sysroot/wide-512/sys");

	(void)state;
	memset(&facts, 0, sizeof(facts));
	gt_inspect_cgroup(root, 4242, &facts, path, NULL);
	assert_int_equal(facts.cpu, GT_CGROUP_UNKNOWN);
	assert_int_equal(facts.n_level, 0);
	assert_string_equal(path, "");
}

/* --- trees made for one question ---------------------------------------------------------------
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

static int make_tmp(void **state)
{
	(void)state;
	(void)gt_copy_str(tmp, sizeof(tmp), "/tmp/gotune-test-XXXXXX");
	return mkdtemp(tmp) ? 0 : -1;
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

static void inspect_tmp(void)
{
	_cleanup_close_ int root = gt_root_open(tmp, NULL);

	assert_true(root >= 0);
	memset(&facts, 0, sizeof(facts));
	gt_inspect_cgroup(root, 7, &facts, path, NULL);
}

/* The mount shows a part of the tree only, at a place with a space in its name. */
static void test_inspect_cgroup_mount_root(void **state)
{
	(void)state;
	put("proc/self/mountinfo",
	    "30 24 0:27 /outer\\040one /sys/fs/my\\040cgroup rw - cgroup2 none rw\n");
	put("proc/7/cgroup", "0::/outer one/in\n");
	put("sys/fs/my cgroup/cgroup.controllers", "cpu memory\n");
	put("sys/fs/my cgroup/cpu.max", "300000 100000\n");
	put("sys/fs/my cgroup/in/cpu.max", "max 100000\n");
	inspect_tmp();
	assert_int_equal(facts.n_level, 2);
	assert_string_equal(facts.level[0].path, "/in");
	assert_false(facts.level[0].has_quota);
	assert_int_equal(facts.level[1].quota_us, 300000);
	assert_int_equal(facts.cpuset, GT_CGROUP_UNKNOWN); /* not offered */
	/* a sibling whose name only starts alike is not below the mount's root */
	put("sys/fs/my cgroup2/in/cpu.max", "100000 100000\n");
	put("proc/7/cgroup", "0::/outer one2/in\n");
	inspect_tmp();
	assert_int_equal(facts.n_level, 0);
	assert_int_equal(facts.cpu, GT_CGROUP_V2);
	/* nor is what a path climbs to, from a cgroup namespace further down */
	put("proc/7/cgroup", "0::/outer one/../my cgroup2/in\n");
	inspect_tmp();
	assert_int_equal(facts.n_level, 0);
	/* the root itself */
	put("proc/7/cgroup", "0::/outer one\n");
	inspect_tmp();
	assert_int_equal(facts.n_level, 1);
	assert_int_equal(facts.level[0].quota_us, 300000);
}

/* Two mounts, of which the first, a part of the tree, offers less: what one offers is not taken for
 * what the other does. */
static void test_inspect_cgroup_two_mounts(void **state)
{
	(void)state;
	put("proc/self/mountinfo", "30 24 0:27 /part /sys/fs/part rw - cgroup2 none rw\n"
				   "31 24 0:27 / /sys/fs/cgroup rw - cgroup2 none rw\n");
	put("proc/7/cgroup", "0::/u\n");
	put("sys/fs/part/cgroup.controllers", "cpu\n");
	put("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	put("sys/fs/cgroup/u/cpu.max", "300000 100000\n");
	put("sys/fs/cgroup/u/memory.max", "4096\n");
	inspect_tmp();
	assert_int_equal(facts.cpu, GT_CGROUP_V2);
	assert_int_equal(facts.memory, GT_CGROUP_V2);
	assert_int_equal(facts.cpuset, GT_CGROUP_UNKNOWN);
	assert_int_equal(facts.level[0].quota_us, 300000);
	assert_int_equal(facts.level[0].mem_max_bytes, 4096);
}

/* v1 for memory, v2 for the rest: each controller where it is. */
static void test_inspect_cgroup_mixed(void **state)
{
	(void)state;
	put("proc/self/mountinfo",
	    "30 24 0:27 / /sys/fs/cgroup rw - cgroup2 none rw\n"
	    "31 24 0:28 / /sys/fs/mem rw shared:3 master:1 - cgroup none rw,memory\n");
	put("proc/7/cgroup", "3:memory:/m\n0::/u\n");
	put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory\n");
	put("sys/fs/cgroup/u/cpu.max", "100000 50000\n");
	put("sys/fs/cgroup/u/memory.max", "5\n");
	put("sys/fs/mem/m/memory.limit_in_bytes", "1048576\n");
	inspect_tmp();
	assert_int_equal(facts.cpu, GT_CGROUP_V2);
	assert_int_equal(facts.memory, GT_CGROUP_V1);
	assert_true(facts.hybrid);
	assert_int_equal(facts.level[0].mem_max_bytes, 1048576);
	assert_int_equal(facts.level[0].quota_us, 100000);
	assert_string_equal(facts.level[0].mem_path, "/m");
	assert_string_equal(facts.level[0].path, "/u");
	assert_string_equal(path, "/m");
}

/* Half of it has gone: no limit seen is not no limit. */
static void test_inspect_cgroup_one_hierarchy_gone(void **state)
{
	(void)state;
	put("proc/self/mountinfo", "30 24 0:27 / /cpu rw - cgroup none rw,cpu\n"
				   "31 24 0:28 / /mem rw - cgroup none rw,memory\n");
	put("proc/7/cgroup", "3:memory:/gone\n2:cpu:/x\n");
	put("cpu/x/cpu.cfs_quota_us", "-1\n");
	put("cpu/x/cpu.cfs_period_us", "100000\n");
	put("mem/memory.limit_in_bytes", "1048576\n");
	inspect_tmp();
	assert_int_equal(facts.n_level, 2);
	assert_false(facts.level[0].cpu_unreadable);
	assert_true(facts.level[0].mem_unreadable);
	put("proc/7/cgroup", "3:memory:/\n2:cpu:/gone\n");
	inspect_tmp();
	assert_true(facts.level[0].cpu_unreadable);
	assert_false(facts.level[0].mem_unreadable);
}

/* A flat v1 tree (before 5.11) does not pass a limit on. */
static void test_inspect_cgroup_v1_flat(void **state)
{
	(void)state;
	put("proc/self/mountinfo", "31 24 0:28 / /sys/fs/mem rw - cgroup none rw,memory\n");
	put("proc/7/cgroup", "3:memory:/a/b\n");
	put("sys/fs/mem/a/memory.limit_in_bytes", "1048576\n");
	put("sys/fs/mem/a/memory.use_hierarchy", "0\n");
	put("sys/fs/mem/a/b/memory.limit_in_bytes", "2097152\n");
	put("sys/fs/mem/a/b/memory.use_hierarchy", "0\n");
	inspect_tmp();
	assert_int_equal(facts.level[0].mem_max_bytes, 2097152);
	assert_false(facts.level[1].has_mem_max);
	put("sys/fs/mem/a/memory.use_hierarchy", "1\n");
	inspect_tmp();
	assert_int_equal(facts.level[1].mem_max_bytes, 1048576);
}

/* An empty set is no set: the parent's counts. v1 before 3.17 has cpuset.cpus alone. */
static void test_inspect_cgroup_empty_cpuset(void **state)
{
	(void)state;
	put("proc/self/mountinfo", "31 24 0:28 / /c rw - cgroup none rw,cpuset\n");
	put("proc/7/cgroup", "3:cpuset:/a/b\n");
	put("c/a/b/cpuset.effective_cpus", "\n");
	put("c/a/b/cpuset.cpus", " \n"); /* found by fuzzing: a set of blanks */
	put("c/a/cpuset.cpus", "2-3\n");
	put("c/cpuset.cpus", "0-7\n");
	inspect_tmp();
	check_cpus(&facts.effective, "2-3", "/c/a/cpuset.cpus");
	put("c/a/b/cpuset.effective_cpus", "seven\n");
	inspect_tmp();
	assert_false(facts.effective.known);
}

static void test_inspect_cgroup_limit_files(void **state)
{
	static const struct {
		const char *name, *cpu_max, *mem_max;
		bool has_quota, bad_cpu, has_mem, bad_mem;
	} rows[] = {
		{"none", "max 100000\n", "max\n", false, false, false, false},
		{"both", "1000 100000\n", "0\n", true, false, true, false},
		{"no period", "100000\n", "max\n", false, true, false, false},
		{"period 0", "100000 0\n", "max\n", false, true, false, false},
		{"quota 0", "0 100000\n", "max\n", false, true, false, false},
		{"max, no period", "max x\n", "max\n", false, true, false, false},
		{"negative", "-1 100000\n", "-1\n", false, true, false, true},
		{"three words", "1 2 3\n", "1 2\n", false, true, false, true},
		{"empty", "", "", false, true, false, true},
		{"too large", "18446744073709551616 100000\n", "18446744073709551616\n", false,
		 true, false, true},
		{"very long",
		 "1111111111111111111111111111111111111111111111111111111111111111111 1",
		 "1111111111111111111111111111111111111111111111111111111111111111111111111", false,
		 true, false, true},
	};

	(void)state;
	put("proc/self/mountinfo", "30 24 0:27 / /c rw - cgroup2 none rw\n");
	put("proc/7/cgroup", "0::/x\n");
	put("c/cgroup.controllers", "cpuset cpu memory\n");
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const struct gt_level *l = &facts.level[0];

		put("c/x/cpu.max", rows[i].cpu_max);
		put("c/x/memory.max", rows[i].mem_max);
		inspect_tmp();
		if (l->has_quota != rows[i].has_quota || l->cpu_unreadable != rows[i].bad_cpu ||
		    l->has_mem_max != rows[i].has_mem || l->mem_unreadable != rows[i].bad_mem)
			fail_msg("%s: quota %d bad %d, memory %d bad %d", rows[i].name,
				 l->has_quota, l->cpu_unreadable, l->has_mem_max,
				 l->mem_unreadable);
	}
}

static void test_inspect_cgroup_v1_quota_files(void **state)
{
	static const struct {
		const char *quota, *period;
		bool has, bad;
	} rows[] = {
		{"50000\n", "100000\n", true, false}, {"-1\n", "100000\n", false, false},
		{"-2\n", "100000\n", false, true},    {"0\n", "100000\n", false, true},
		{"50000\n", "0\n", false, true},      {"50000\n", "-1\n", false, true},
		{"many\n", "100000\n", false, true},
	};

	(void)state;
	put("proc/self/mountinfo", "31 24 0:28 / /c rw - cgroup none rw,cpu,cpuacct\n");
	put("proc/7/cgroup", "3:cpu,cpuacct:/x\n");
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("c/x/cpu.cfs_quota_us", rows[i].quota);
		put("c/x/cpu.cfs_period_us", rows[i].period);
		inspect_tmp();
		if (facts.level[0].has_quota != rows[i].has ||
		    facts.level[0].cpu_unreadable != rows[i].bad)
			fail_msg("row %zu: %d %d", i, facts.level[0].has_quota,
				 facts.level[0].cpu_unreadable);
	}
}

/* Deeper than fits: the last level holds the tightest of all that is left. */
static void test_inspect_cgroup_too_deep(void **state)
{
	char below[256] = "", name[320], text[32];

	(void)state;
	put("proc/self/mountinfo", "30 24 0:27 / /c rw - cgroup2 none rw\n");
	put("c/cgroup.controllers", "cpuset cpu memory\n");
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(text, sizeof(text), "/d%u", i);
		(void)gt_append(below, sizeof(below), text);
		(void)snprintf(name, sizeof(name), "c%s/cpu.max", below);
		/* d5 is the tightest, although d9 has the smaller quota */
		put(name, i == 5 ? "90000 100000\n" : i == 9 ? "50000 50000\n" : "max 100000\n");
		(void)snprintf(name, sizeof(name), "c%s/memory.max", below);
		put(name, i == 3 ? "4096\n" : "8192\n");
	}
	(void)snprintf(name, sizeof(name), "0::%s\n", below);
	put("proc/7/cgroup", name);
	inspect_tmp();
	assert_true(facts.level_overflow);
	assert_int_equal(facts.n_level, GT_LEVELS_MAX);
	assert_int_equal(facts.level[GT_LEVELS_MAX - 1].quota_us, 90000);
	assert_true(gt_has_suffix(facts.level[GT_LEVELS_MAX - 1].path, "/d5"));
	assert_int_equal(facts.level[GT_LEVELS_MAX - 1].mem_max_bytes, 4096);
	assert_true(gt_has_suffix(facts.level[GT_LEVELS_MAX - 1].mem_path, "/d3"));
	assert_false(facts.level[0].has_quota);
}

static void test_inspect_cgroup_dir(void **state)
{
	_cleanup_close_ int root = machine("laptop-v1-hybrid");
	int dir[GT_CTL_COUNT];
	char text[64];

	(void)state;
	memset(&facts, 0, sizeof(facts));
	gt_inspect_cgroup(root, 4242, &facts, path, dir);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		assert_true(dir[c] >= 0);
	assert_int_equal(
		gt_root_read(dir[GT_CTL_MEMORY], "memory.limit_in_bytes", text, sizeof(text)), 0);
	assert_string_equal(text, "536870912");
	assert_int_equal(gt_root_read(dir[GT_CTL_CPUSET], "cpuset.cpus", text, sizeof(text)), 0);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		close(dir[c]);
	gt_inspect_cgroup(root, 31337, &facts, path, dir);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		assert_int_equal(dir[c], -1);
}

int main(void)
{
#define IN_TMP(t) cmocka_unit_test_setup_teardown(t, make_tmp, drop_tmp)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_cgroup_v2_ancestors),
		cmocka_unit_test(test_inspect_cgroup_v2_demo),
		cmocka_unit_test(test_inspect_cgroup_v1_hybrid),
		cmocka_unit_test(test_inspect_cgroup_colon_in_path),
		cmocka_unit_test(test_inspect_cgroup_shared),
		cmocka_unit_test(test_inspect_cgroup_no_process),
		cmocka_unit_test(test_inspect_cgroup_gone),
		cmocka_unit_test(test_inspect_cgroup_garbage),
		cmocka_unit_test(test_inspect_cgroup_nothing_mounted),
		IN_TMP(test_inspect_cgroup_mount_root),
		IN_TMP(test_inspect_cgroup_two_mounts),
		IN_TMP(test_inspect_cgroup_mixed),
		IN_TMP(test_inspect_cgroup_one_hierarchy_gone),
		IN_TMP(test_inspect_cgroup_v1_flat),
		IN_TMP(test_inspect_cgroup_empty_cpuset),
		IN_TMP(test_inspect_cgroup_limit_files),
		IN_TMP(test_inspect_cgroup_v1_quota_files),
		IN_TMP(test_inspect_cgroup_too_deep),
		cmocka_unit_test(test_inspect_cgroup_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
