/*
 * The worker in a container's namespaces: sysctl/worker.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/sysctl.h"
#include "own_mounts.h"

/* A worker that has read a sysctl of this process's network namespace. */
static void worker_reads(struct gt_worker *ret)
{
	static struct gt_facts facts;
	const struct gt_sysctl_place at = {&facts, root, -1};
	struct gt_sysctl_fact fact = {.name = "net.core.somaxconn"};

	facts.net = GT_NS_OWNER_CONTAINER;
	facts.ident.pid = getpid();
	assert_int_equal(gt_start_time(root, getpid(), &facts.ident.pid_start), 0);
	gt_sysctl_enter(ret, &at);
	assert_true(ret->pid > 0);
	gt_sysctl_read(ret, &fact);
	assert_int_equal(fact.exists, GT_YES);
}

static bool has_our_mounts(const struct gt_worker *w)
{
	char path[64], its[64] = "", ours[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)w->pid);
	assert_true(readlink(path, its, sizeof(its) - 1) > 0);
	assert_true(readlink("/proc/self/ns/mnt", ours, sizeof(ours) - 1) > 0);
	return strcmp(its, ours) == 0;
}

/* Making and ending a mount namespace takes longer than all else that the worker does. */
static void test_bare_proc_needs_no_mounts(void **state)
{
	struct gt_worker w = {0};

	(void)state;
	needs_namespaces();
	worker_reads(&w);
	assert_true(has_our_mounts(&w));
	gt_worker_done(&w);
}

/* As in a pod. */
static void test_covered_proc_gets_a_proc_of_its_own(void **state)
{
	struct gt_worker w = {0};

	(void)state;
	needs_namespaces();
	assert_int_equal(mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL), 0);
	worker_reads(&w);
	assert_false(has_our_mounts(&w));
	gt_worker_done(&w);
	assert_int_equal(umount("/proc/sys"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare_proc_needs_no_mounts),
		cmocka_unit_test(test_covered_proc_gets_a_proc_of_its_own),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
