/*
 * inspect/host.c on captured machines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/inspect.h"

#define ALL (GT_NEED_SMT | GT_NEED_NUMA | GT_NEED_SCHED)

static struct gt_host_facts host;

static void inspect(const char *name, unsigned needs)
{
	_cleanup_close_ int root = -1;
	char dir[256];

	(void)snprintf(dir, sizeof(dir), "%s/sysroot/%s", GT_FIXTURES, name);
	root = gt_root_open(dir, NULL);
	assert_true(root >= 0);
	memset(&host, 0, sizeof(host));
	gt_inspect_host(root, needs, &host);
}

static unsigned cores(void)
{
	struct gt_cpus c = {{0}};

	for (unsigned i = 0; i < GT_CPUS_MAX; i++) {
		if (gt_cpus_has(&host.online.v, i))
			gt_cpus_set(&c, host.core_of[i]);
	}
	return gt_cpus_count(&c);
}

static void test_inspect_host_table(void **state)
{
	static const struct {
		const char *name;
		unsigned online, cores; /* 0 cores: unknown */
		uint32_t nodes;
		uint64_t sched_ns; /* 0: unknown */
	} rows[] = {
		{"laptop-v1-hybrid", 2, 2, 1, 12000000},
		{"v2-8cpu", 8, 8, 1, 0},
		{"smt-2socket", 16, 8, 2, 3000000},
		{"numa-unequal", 10, 10, 3, 0},
		{"wide-512", 512, 0, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		inspect(rows[i].name, ALL);
		if (!host.online.known || gt_cpus_count(&host.online.v) != rows[i].online ||
		    host.smt_known != (rows[i].cores != 0) ||
		    (rows[i].cores && cores() != rows[i].cores) || !host.numa_known ||
		    host.n_nodes != rows[i].nodes ||
		    host.sched_latency_ns.known != (rows[i].sched_ns != 0) ||
		    host.sched_latency_ns.v != rows[i].sched_ns || !host.nr_open.known ||
		    host.nr_open.v != 1048576)
			fail_msg("%s: %u online, %u cores, %u nodes", rows[i].name,
				 gt_cpus_count(&host.online.v), cores(), host.n_nodes);
	}
}

static void test_inspect_host_where(void **state)
{
	(void)state;
	inspect("smt-2socket", ALL);
	assert_string_equal(host.online.where, "/sys/devices/system/cpu/online");
	assert_string_equal(host.smt_where,
			    "/sys/devices/system/cpu/cpu*/topology/thread_siblings_list");
	assert_string_equal(host.sched_latency_ns.where, "/sys/kernel/debug/sched/base_slice_ns");
	assert_string_equal(host.nr_open.where, "/proc/sys/fs/nr_open");
	inspect("laptop-v1-hybrid", ALL);
	assert_string_equal(host.sched_latency_ns.where, "/proc/sys/kernel/sched_latency_ns");
}

static void test_inspect_host_siblings(void **state)
{
	(void)state;
	inspect("smt-2socket", GT_NEED_SMT);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(host.core_of[i], i % 8);
}

/* A node without CPUs counts, a node without memory does not. */
static void test_inspect_host_unequal_nodes(void **state)
{
	static const struct {
		uint32_t id;
		uint64_t kib;
		const char *cpus;
	} want[] = {{0, 67108864, "0-3"}, {1, 16777216, "4-7"}, {2, 134217728, ""}};

	(void)state;
	inspect("numa-unequal", GT_NEED_NUMA);
	assert_int_equal(host.n_nodes, GT_ARRAY_LEN(want));
	for (size_t i = 0; i < GT_ARRAY_LEN(want); i++) {
		char text[64];

		assert_true(gt_cpus_format(&host.node[i].cpus, text, sizeof(text)));
		if (host.node[i].id != want[i].id || host.node[i].mem_bytes != want[i].kib * 1024 ||
		    strcmp(text, want[i].cpus) != 0)
			fail_msg("node %zu: %u, %s", i, host.node[i].id, text);
	}
}

/* A CPU that is not its own sibling: which CPUs share a core is not known. */
static void test_inspect_host_lying_siblings(void **state)
{
	(void)state;
	inspect("garbage-smt", ALL);
	assert_int_equal(gt_cpus_count(&host.online.v), 2);
	assert_false(host.smt_known);
}

/* What nobody asked for is not read: it costs a file a CPU. */
static void test_inspect_host_needs(void **state)
{
	(void)state;
	inspect("smt-2socket", 0);
	assert_true(host.online.known);
	assert_true(host.nr_open.known);
	assert_false(host.smt_known);
	assert_false(host.numa_known);
	assert_false(host.sched_latency_ns.known);
}

static void test_inspect_host_garbage(void **state)
{
	(void)state;
	inspect("garbage", ALL);
	assert_false(host.online.known);
	assert_false(host.smt_known);
	assert_false(host.numa_known);
	assert_int_equal(host.n_nodes, 0);
	assert_false(host.sched_latency_ns.known);
	assert_false(host.nr_open.known);
	assert_false(host.memory_total.known);
}

/* A machine of one file: meminfo. */
static void test_inspect_host_memory(void **state)
{
	static const struct {
		const char *text;
		uint64_t kib; /* 0: unknown */
	} rows[] = {
		{"MemTotal:       16384256 kB\nMemFree:         1 kB\n", 16384256},
		{"MemFree: 1 kB\nMemTotal: 1 kB\n", 1},
		{"MemTotal:       0 kB\n", 0},
		{"MemTotal:       16384256 MB\n", 0},
		{"MemTotal:       x kB\n", 0},
		{"MemTotal:       18446744073709551615 kB\n", 0},
		{"MemFree:        1 kB\n", 0},
		{"", 0},
	};
	char dir[] = "/tmp/gotune-host-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/proc", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/meminfo", dir);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int root = gt_root_open(dir, NULL);
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_true(fputs(rows[i].text, f) >= 0);
		assert_int_equal(fclose(f), 0);
		memset(&host, 0, sizeof(host));
		gt_inspect_host(root, 0, &host);
		if (host.memory_total.known != (rows[i].kib != 0) ||
		    (rows[i].kib && host.memory_total.v != rows[i].kib * 1024))
			fail_msg("row %zu: %d", i, host.memory_total.known);
		if (rows[i].kib)
			assert_string_equal(host.memory_total.where, "/proc/meminfo");
	}
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/proc", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* The machine that this runs on: the same CPUs as the C library counts. */
static void test_inspect_host_here(void **state)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);

	(void)state;
	assert_true(root >= 0);
	memset(&host, 0, sizeof(host));
	gt_inspect_host(root, ALL, &host);
	assert_true(host.online.known);
	assert_int_equal(gt_cpus_count(&host.online.v), sysconf(_SC_NPROCESSORS_ONLN));
	assert_true(host.nr_open.known);
	assert_true(host.memory_total.known && host.memory_total.v > 64u << 20);
}

/* ---- machines of which only some files are there ---- */

static char made[] = "/tmp/gotune-host-XXXXXX";

/* Writes one file of the machine below MADE, with its directories. */
static void put(const char *name, const char *text)
{
	char path[256], *slash;
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/%s", made, name) < 256);
	for (slash = path + sizeof(made); (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(made, sizeof(made), "/tmp/gotune-host-XXXXXX");
	return mkdtemp(made) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(made, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void inspect_made(const struct gt_cpus *within)
{
	_cleanup_close_ int root = gt_root_open(made, NULL);

	assert_true(root >= 0);
	memset(&host, 0, sizeof(host));
	gt_inspect_host_within(root, GT_NEED_SMT, within, &host);
}

/* Without SMT no list is read: there is none here. */
static void test_inspect_host_without_smt(void **state)
{
	static const struct {
		const char *active, *control;
		bool known;
	} rows[] = {
		{"0\n", "notsupported\n", true},
		{"0\n", "off\n", true},
		{"0\n", "forceoff\n", true},
		{"0\n", "on\n", false},		    /* a scheduler without SMT: kernel/sched */
		{"0\n", "notimplemented\n", false}, /* before Linux 6.15 on arm64 */
		{"0\n", "", false},
		{"1\n", "notsupported\n", false},
		{"1\n", "off\n", false},
		{"x\n", "off\n", false},
	};

	(void)state;
	put("online", "0-511\n");
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		put("smt/active", rows[i].active);
		put("smt/control", rows[i].control);
		inspect_made(NULL);
		if (host.smt_known != rows[i].known)
			fail_msg("%s %s: %d", rows[i].active, rows[i].control, host.smt_known);
		if (!rows[i].known)
			continue;
		assert_int_equal(cores(), 512);
		assert_string_equal(host.smt_where, "/sys/devices/system/cpu/smt/control");
	}
}

/* A core's list is read once: those of its other CPUs are not here. */
static void test_inspect_host_one_list_a_core(void **state)
{
	(void)state;
	put("online", "0-7\n");
	put("smt/active", "1\n");
	put("smt/control", "on\n");
	put("cpu0/topology/thread_siblings_list", "0,4\n");
	put("cpu1/topology/thread_siblings_list", "1,5\n");
	put("cpu2/topology/thread_siblings_list", "2-3,6-7\n");
	inspect_made(NULL);
	assert_true(host.smt_known);
	assert_int_equal(cores(), 3);
	assert_int_equal(host.core_of[7], 2);
	assert_int_equal(host.core_of[8], GT_CORE_UNKNOWN);
	put("online", "0-8\n");
	inspect_made(NULL);
	assert_false(host.smt_known);
}

static void test_inspect_host_within_a_cpuset(void **state)
{
	struct gt_cpus within = {{0}};

	(void)state;
	put("online", "0-511\n");
	put("cpu5/topology/thread_siblings_list", "5,261\n");
	put("cpu300/topology/thread_siblings_list", "44,300\n");
	gt_cpus_set(&within, 5);
	gt_cpus_set(&within, 261);
	gt_cpus_set(&within, 300);
	gt_cpus_set(&within, 4000); /* not online: not asked */
	inspect_made(&within);
	assert_true(host.smt_known);
	assert_int_equal(host.core_of[261], 5);
	assert_int_equal(host.core_of[300], 44);
	assert_int_equal(host.core_of[6], GT_CORE_UNKNOWN);
	inspect_made(NULL);
	assert_false(host.smt_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_host_table),
		cmocka_unit_test(test_inspect_host_where),
		cmocka_unit_test(test_inspect_host_siblings),
		cmocka_unit_test(test_inspect_host_unequal_nodes),
		cmocka_unit_test(test_inspect_host_lying_siblings),
		cmocka_unit_test(test_inspect_host_needs),
		cmocka_unit_test(test_inspect_host_garbage),
		cmocka_unit_test(test_inspect_host_memory),
		cmocka_unit_test(test_inspect_host_here),
		cmocka_unit_test_setup_teardown(test_inspect_host_without_smt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_inspect_host_one_list_a_core, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_inspect_host_within_a_cpuset, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
