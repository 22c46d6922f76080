/*
 * inspect/host.c on captured machines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdio.h>

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
		cmocka_unit_test(test_inspect_host_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
