/*
 * What Go sees of its cgroup in a process, on trees made for one question each:
 * inspect/view_live.c, view_file.c and lines.c. Where the trees have a limit of their own, "fake"
 * is in the name of its directory's parent: that file system is none of cgroups.
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
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "inspect/view.h"

static char tmp[32];
static struct gt_cgroup_facts f;

static void path_of(char *to, size_t cap, const char *name)
{
	assert_true(snprintf(to, cap, "%s/%s", tmp, name) < (int)cap);
}

/* Makes NAME, and the directories that it needs. */
static void put(const char *name, const char *text)
{
	char path[512];
	FILE *to;

	path_of(path, sizeof(path), name);
	for (char *s = path + strlen(tmp) + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		(void)mkdir(path, 0755);
		*s = '/';
	}
	(void)unlink(path);
	to = fopen(path, "w");
	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
}

static void put_link(const char *name, const char *text)
{
	char path[512];

	put(name, "");
	path_of(path, sizeof(path), name);
	(void)unlink(path);
	assert_int_equal(symlink(text, path), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int drop_tmp(void **state)
{
	(void)state;
	return nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define OURS		"cgroup:[1]"
#define THEIRS		"cgroup:[2]"
#define V2(root, point) "30 24 0:27 " root " " point " ro,nosuid - cgroup2 cgroup rw\n"
#define V1(root, point, ctl) \
	"31 24 0:28 " root " " point " ro master:9 - cgroup cgroup rw," ctl "\n"
#define PROC "23 22 0:21 / /proc rw - proc proc rw\n"

/* A process of uid 0 in cgroup /docker/c1 (v2), in a namespace of its own, with a quota of 2. */
static int make_tmp(void **state)
{
	(void)state;
	(void)snprintf(tmp, sizeof(tmp), "/tmp/gotune-view-XXXXXX");
	if (!mkdtemp(tmp))
		return -1;
	put("proc/7/status", "Name:\tx\nUid:\t0\t0\t0\t0\n");
	put("proc/7/cgroup", "0::/docker/c1\n");
	put_link("proc/7/ns/cgroup", THEIRS);
	put_link("proc/self/ns/cgroup", OURS);
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup"));
	put("proc/7/root/proc/self", "");
	put("proc/7/root/sys/fs/cgroup/cpu.max", "200000 100000\n");
	return 0;
}

static void path_of_fd(int fd, char *ret, size_t cap)
{
	char self[64];
	ssize_t n;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, ret, cap - 1);
	assert_true(n > 0);
	ret[n] = '\0';
}

static bool no_proc;

static bool is_fs(int fd, bool proc)
{
	char path[512];

	path_of_fd(fd, path, sizeof(path));
	return proc ? !no_proc : strstr(path, "fake") == NULL;
}

static char letter(enum gt_tri sees, bool other)
{
	if (sees == GT_UNKNOWN)
		return other ? '?' : 'E'; /* what is not sure may be another quota */
	if (sees == GT_YES)
		return other ? 'E' : 'y';
	return other ? 'o' : 'n';
}

/* WANT is what 1.25 and 1.26 see: y, n, o(ther) or ?. */
static void check_level(const char *name, uint64_t quota_us, const char *want)
{
	_cleanup_close_ int root = gt_root_open(tmp, NULL);
	char got[3] = "";

	assert_true(root >= 0);
	f.n_level = 1;
	f.level[0] = (struct gt_level){
		.has_quota = quota_us > 0, .quota_us = quota_us, .period_us = 100000};
	gt_view_look(root, 7, is_fs, &f);
	got[0] = letter(f.go125_sees, f.go125_other);
	got[1] = letter(f.go126_sees, f.go126_other);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", name, got, want);
}

static void check(const char *name, const char *want)
{
	check_level(name, 200000, want);
}

static void test_view_own_namespace(void **state)
{
	(void)state;
	check("its own mount", "yy");
	check_level("no quota is known, and one is found", 0, "oo");
	check_level("another quota is known", 300000, "oo");
	put("proc/7/root/sys/fs/cgroup/cpu.max", "max 100000\n");
	check_level("no quota", 0, "nn");
	check("none is found", "nn");
	put("proc/7/root/sys/fs/cgroup/cpu.max", "garbage\n");
	check("not understood", "??");
	put("proc/7/root/sys/fs/cgroup/cpu.max", "");
	check("empty, as /dev/null is", "??");
	put("proc/7/mountinfo", PROC);
	check("no mount", "nn");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup") V2("/docker/c1", "/cg"));
	put("proc/7/root/sys/fs/cgroup/cpu.max", "200000 100000\n");
	check("1.25 takes the last, which is hidden", "ny");
	put("proc/7/root/cg/cpu.max", "200000 100000\n");
	check("either", "yy");
}

/* The host's tree is bound over the container's own: its root has no limit. */
static void test_view_host_bound(void **state)
{
	(void)state;
	put("proc/7/mountinfo", PROC V2("/", "/sys/fs/cgroup"));
	put("proc/7/root/sys/fs/cgroup/cpu.max", "max 100000\n");
	put("proc/7/root/sys/fs/cgroup/docker/c1/cpu.max", "200000 100000\n");
	check("bound", "nn");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup") V2("/", "/sys/fs/cgroup"));
	check("bound over its own", "nn");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup") V2("/", "/host"));
	put("proc/7/root/sys/fs/cgroup/cpu.max", "200000 100000\n");
	put("proc/7/root/host/docker/c1/cpu.max", "200000 100000\n");
	check("elsewhere", "ny");
	put("proc/7/mountinfo", PROC V2("/", "/host") V2("/docker/c1", "/sys/fs/cgroup"));
	check("elsewhere, before", "yy");
	put("proc/7/root/host/cpu.max", "400000 100000\n");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup") V2("/", "/host"));
	check("elsewhere, in a nested machine", "oy");
}

static void test_view_our_namespace(void **state)
{
	(void)state;
	put_link("proc/7/ns/cgroup", OURS);
	check("the mount's root is the cgroup: 1.25 is blind", "ny");
	put("proc/7/mountinfo", PROC V2("/", "/sys/fs/cgroup"));
	put("proc/7/root/sys/fs/cgroup/docker/c1/cpu.max", "200000 100000\n");
	check("the whole tree", "yy");
	put("proc/7/mountinfo", PROC V2("/docker", "/sys/fs/cgroup"));
	put("proc/7/root/sys/fs/cgroup/c1/cpu.max", "200000 100000\n");
	put("proc/7/root/sys/fs/cgroup/docker/c1/cpu.max", "100000 100000\n");
	check("a part of the tree", "oy");
	put("proc/7/mountinfo", PROC V2("/docker/c", "/sys/fs/cgroup"));
	check("one whose name only begins alike", "on");
	put("proc/7/cgroup", "0::/../x\n");
	put("proc/7/mountinfo", PROC V2("/..", "/sys/fs/cgroup"));
	put("proc/7/root/sys/fs/cgroup/x/cpu.max", "200000 100000\n");
	check("out of the namespace, and a mount that leads there", "ny");
	put("proc/7/mountinfo", PROC V2("/", "/sys/fs/cgroup"));
	check("out of the namespace", "nn");
	put("proc/7/cgroup", "0::/\n");
	put("proc/7/root/sys/fs/cgroup/cpu.max", "200000 100000\n");
	check("the root", "yy");
}

/* Somebody moved it to a leaf, whose limit is none: what Go sees depends on where it begins. */
static void test_view_moved(void **state)
{
	(void)state;
	put("proc/7/cgroup", "0::/docker/c1/leaf\n");
	put("proc/7/root/sys/fs/cgroup/leaf/cpu.max", "max 100000\n");
	check_level("to a leaf", 0, "?n");
	put("proc/7/cgroup", "0::/other\n");
	check_level("away, to where no mount leads", 300000, "on");
	put("proc/7/cgroup", "0::/docker/c1\n");
	f.joins_cgroup_ns = true;
	check("in a namespace that was joined", "??");
	put_link("proc/7/ns/cgroup", OURS);
	put("proc/7/mountinfo", PROC V2("/", "/sys/fs/cgroup"));
	put("proc/7/root/sys/fs/cgroup/docker/c1/cpu.max", "200000 100000\n");
	check("in one that was joined, and is ours", "yy");
	f.joins_cgroup_ns = false;
}

static void test_view_v1(void **state)
{
	static const char dir[] = "/sys/fs/cgroup/cpu,cpuacct";

	(void)state;
	put("proc/7/cgroup", "5:cpuset:/docker/c2\n4:cpu,cpuacct:/docker/c1\n0::/x\n");
	put("proc/7/mountinfo", PROC V1("/docker/c2", "/sys/fs/cgroup/cpuset", "cpuset") V1(
					"/docker/c1", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct"));
	put("proc/7/root/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
	put("proc/7/root/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	check(dir, "yy");
	put("proc/7/root/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	check_level("no quota", 0, "nn");
	put("proc/7/root/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
	put("proc/7/mountinfo", PROC V1("/docker/c1", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct")
					V1("/", "/host", "cpu,cpuacct") V2("/", "/unified"));
	check("the first one counts", "yy");
	put("proc/7/mountinfo", PROC V1("/", "/host", "cpu,cpuacct") V1(
					"/docker/c1", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct"));
	check("1.25 takes the first, 1.26 the right one", "ny");
	put("proc/7/mountinfo", PROC V2("/x", "/sys/fs/cgroup"));
	check("the path is v1's, the mount v2's", "nn");
	put_link("proc/7/ns/cgroup", OURS);
	put("proc/7/mountinfo", PROC V1("/docker/c1", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct"));
	check("in our namespace 1.25 is blind", "ny");
	put("proc/7/cgroup", "5:cpuset:/docker/c2\n");
	check("no controller", "nn");
}

/* What the container could put there is not read, and what the process may not use does not count.
 */
static void test_view_hostile(void **state)
{
	char path[512];

	(void)state;
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/fake/cgroup"));
	put("proc/7/root/fake/cgroup/cpu.max", "200000 100000\n");
	check("no file system of cgroups", "??");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/link"));
	put_link("proc/7/root/link", "/sys/fs/cgroup");
	check("a link stays in the root", "yy");
	put_link("proc/7/root/sys/fs/cgroup/cpu.max", "/proc/7/cgroup");
	check("a link is no limit", "??");
	put_link("proc/7/root/link", "../../../../../../etc");
	check("out of the root", "nn");
	put_link("proc/7/root/link", "link");
	check("in a circle", "??");
	path_of(path, sizeof(path), "proc/7/root/fifo/cpu.max");
	put("proc/7/root/fifo/x", "");
	assert_int_equal(mkfifo(path, 0644), 0);
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/fifo"));
	check("a FIFO is not opened", "??");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup/cpu.max"));
	check("a file", "nn");
}

static void test_view_unreadable(void **state)
{
	char path[512];

	(void)state;
	path_of(path, sizeof(path), "proc/7/root/sys/fs/cgroup/cpu.max");
	assert_int_equal(chmod(path, 0600), 0);
	check("root may", "yy");
	put("proc/7/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
	check("a user may not", "??");
	assert_int_equal(chmod(path, 0644), 0);
	check("a user may", "yy");
	path_of(path, sizeof(path), "proc/7/root/sys/fs/cgroup");
	assert_int_equal(chmod(path, 0700), 0);
	check("the directory", "??");
	put("proc/7/status", "Name:\tx\nUid:\t0\t0\t0\t0\n");
	check("the directory, root", "yy");
}

static void test_view_proc(void **state)
{
	char path[512];

	(void)state;
	put("proc/7/mountinfo", PROC
	    "40 23 0:5 /null /proc/self/mountinfo rw - devtmpfs udev rw\n" V2("/docker/c1",
									      "/sys/fs/cgroup"));
	check("a mount over Go's own files", "??");
	put("proc/7/mountinfo",
	    PROC "40 23 0:5 / /proc/sys ro - proc proc rw\n" V2("/docker/c1", "/sys/fs/cgroup"));
	check("another mount in proc", "yy");
	no_proc = true;
	check("a proc of its own making", "??");
	path_of(path, sizeof(path), "proc/7/root/proc/self");
	assert_int_equal(unlink(path), 0);
	check("an empty directory", "nn");
	path_of(path, sizeof(path), "proc/7/root/proc");
	assert_int_equal(rmdir(path), 0);
	check("none", "nn");
	no_proc = false;
}

static void test_view_unknown(void **state)
{
	char path[512];

	(void)state;
	path_of(path, sizeof(path), "proc/7/ns/cgroup");
	assert_int_equal(unlink(path), 0);
	check("its namespace", "??");
	put_link("proc/7/ns/cgroup", THEIRS);
	path_of(path, sizeof(path), "proc/7/mountinfo");
	assert_int_equal(unlink(path), 0);
	check("its mounts", "??");
	put("proc/7/mountinfo", PROC V2("/docker/c1", "/sys/fs/cgroup"));
	path_of(path, sizeof(path), "proc/7/cgroup");
	assert_int_equal(unlink(path), 0);
	check("its cgroup", "??");
	put("proc/7/cgroup", "0::/docker/c1");
	check("a line without its end", "yy");
	f.n_level = 0;
	path_of(path, sizeof(path), "proc/7/root");
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	check("its root", "??");
}

/* An overlay of many layers has a line longer than any buffer. */
static void test_view_long_lines(void **state)
{
	static char text[64 << 10], line[10 << 10];

	(void)state;
	for (size_t len = 4000; len < 4200; len += 7) {
		size_t have;

		(void)gt_copy_str(text, sizeof(text),
				  PROC "40 1 0:5 / / rw - overlay overlay rw,l=");
		have = strlen(text);
		memset(line, 'x', sizeof(line));
		line[len] = '\0';
		assert_true(gt_append(text, sizeof(text), line));
		assert_true(gt_append(text, sizeof(text), "\n"));
		assert_true(gt_append(text, sizeof(text), V2("/docker/c1", "/sys/fs/cgroup")));
		assert_true(have < len);
		put("proc/7/mountinfo", text);
		check("a long line before it", "yy");
	}
	(void)gt_copy_str(text, sizeof(text), "40 1 0:5 / /");
	line[4200] = 'x';
	line[sizeof(line) - 1] = '\0';
	assert_true(gt_append(text, sizeof(text), line));
	assert_true(gt_append(text, sizeof(text), " rw - tmpfs tmpfs rw\n"));
	put("proc/7/mountinfo", text);
	check("a mount whose type does not fit", "??");
	(void)gt_copy_str(text, sizeof(text), "0::/");
	assert_true(gt_append(text, sizeof(text), line));
	put("proc/7/cgroup", text);
	check("a cgroup whose path does not fit", "??");
}

/* The real judge: this file system is none of cgroups, whatever the files say. */
static void test_view_real_judge(void **state)
{
	_cleanup_close_ int root = gt_root_open(tmp, NULL);

	(void)state;
	f.n_level = 1;
	f.level[0] = (struct gt_level){.has_quota = true, .quota_us = 200000, .period_us = 100000};
	gt_inspect_cgroup_view(root, 7, &f);
	assert_int_equal(f.go125_sees, GT_UNKNOWN);
	assert_true(f.go125_other && f.go126_other);
}

/* ... and on this machine, where nothing but the machine says what is right: it must agree. */
static void test_view_of_ourselves(void **state)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	char path[GT_PATH_CAP];

	(void)state;
	memset(&f, 0, sizeof(f));
	gt_inspect_cgroup(root, getpid(), &f, path, NULL);
	gt_inspect_cgroup_view(root, getpid(), &f);
	if (f.n_level > 0 && !f.level[0].has_quota)
		assert_int_not_equal(f.go126_sees, GT_YES);
}

int main(void)
{
#define IN_TMP(t) cmocka_unit_test_setup_teardown(t, make_tmp, drop_tmp)
	const struct CMUnitTest tests[] = {
		IN_TMP(test_view_own_namespace),
		IN_TMP(test_view_host_bound),
		IN_TMP(test_view_our_namespace),
		IN_TMP(test_view_moved),
		IN_TMP(test_view_v1),
		IN_TMP(test_view_hostile),
		IN_TMP(test_view_unreadable),
		IN_TMP(test_view_proc),
		IN_TMP(test_view_unknown),
		IN_TMP(test_view_long_lines),
		IN_TMP(test_view_real_judge),
		cmocka_unit_test(test_view_of_ourselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
