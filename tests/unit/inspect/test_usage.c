/*
 * inspect/usage on directories that look like cgroups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "inspect/machine.h"

static char dir[] = "/tmp/usage-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	(void)gt_copy_str(dir, sizeof(dir), "/tmp/usage-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static bool read_as(enum gt_cgroup_version v, struct gt_usage *u)
{
	struct gt_usage_dirs d = {
		.cpu = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.memory = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.cpu_version = v,
		.memory_version = v,
	};
	bool any = gt_usage_read(&d, NULL, u);

	gt_usage_close(&d);
	assert_true(d.cpu == -1 && d.memory == -1);
	return any;
}

static void test_v2(void **state)
{
	struct gt_usage u;

	(void)state;
	put("cpu.stat", "usage_usec 9\nnr_periods 100\nnr_throttled 40\nthrottled_usec 1500\n");
	put("memory.current", "4096\n");
	put("memory.max", "8192\n");
	put("memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
	put("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n");
	put("memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n"
			       "full avg10=0.00 avg60=0.00 avg300=0.00 total=13\n");
	assert_true(read_as(GT_CGROUP_V2, &u));
	assert_true(u.has_periods && u.periods == 100 && u.throttled == 40);
	assert_int_equal(u.throttled_us, 1500);
	assert_true(u.has_memory && u.memory_bytes == 4096 && u.has_limit && u.limit_bytes == 8192);
	assert_true(u.has_oom_kills && u.oom_kills == 4);
	assert_true(u.has_pressure[GT_PRESSURE_CPU] && u.some_us[GT_PRESSURE_CPU] == 11);
	assert_int_equal(u.full_us[GT_PRESSURE_CPU], 0);
	assert_true(u.has_pressure[GT_PRESSURE_MEMORY] && u.full_us[GT_PRESSURE_MEMORY] == 13);
	assert_false(u.has_pressure[GT_PRESSURE_IO]);
}

static void test_v1(void **state)
{
	struct gt_usage u;

	(void)state;
	put("cpu.stat", "nr_periods 100\nnr_throttled 40\nthrottled_time 1500999\n");
	put("memory.usage_in_bytes", "4096\n");
	put("memory.limit_in_bytes", "9223372036854771712\n"); /* none */
	put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	put("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n"); /* not of v1 */
	assert_true(read_as(GT_CGROUP_V1, &u));
	assert_int_equal(u.throttled_us, 1500);
	assert_true(u.has_memory && !u.has_limit);
	assert_true(u.has_oom_kills && u.oom_kills == 2);
	assert_false(u.has_pressure[GT_PRESSURE_CPU]);
}

/* What is not known stays unknown. */
static void test_files_that_say_nothing(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  "x",
					  "nr_periods",
					  "nr_periods x\n",
					  "nr_periods 99999999999999999999999999\n"};
	char large[2048];
	struct gt_usage u;

	(void)state;
	assert_false(read_as(GT_CGROUP_V2, &u));
	put("memory.max", "max\n");
	put("memory.current", "1\n");
	assert_true(read_as(GT_CGROUP_V2, &u));
	assert_true(u.has_memory && !u.has_limit && !u.has_oom_kills && !u.has_periods);
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		put("cpu.stat", bad[i]);
		put("cpu.pressure", bad[i]);
		put("memory.current", bad[i]);
		put("memory.events", bad[i]);
		(void)read_as(GT_CGROUP_V2, &u);
		assert_false(u.has_periods || u.has_memory || u.has_oom_kills ||
			     u.has_pressure[GT_PRESSURE_CPU]);
	}
	memset(large, '1', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	put("cpu.stat", large);
	put("memory.current", large);
	assert_false(read_as(GT_CGROUP_V2, &u));
}

/* What is kept is read as what is opened; where that fails, or there was none, it is opened. */
static void test_kept(void **state)
{
	struct gt_usage_dirs d = {
		.cpu = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.memory = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.cpu_version = GT_CGROUP_V2,
		.memory_version = GT_CGROUP_V2,
	};
	struct gt_usage_kept kept;
	struct gt_usage u;
	char path[128];

	(void)state;
	put("memory.current", "4096\n");
	put("memory.max", "8192\n");
	put("io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n");
	assert_int_equal(gt_usage_keep(&d, &kept), 3);
	put("memory.current", "4097\n"); /* the same file */
	put("memory.events", "oom_kill 4\n");
	(void)snprintf(path, sizeof(path), "%s/memory.max", dir);
	assert_int_equal(unlink(path), 0);
	for (unsigned i = 0; i < 2; i++) { /* it has no place in the file */
		assert_true(gt_usage_read(&d, &kept, &u));
		assert_int_equal(u.memory_bytes, 4097);
		assert_true(u.has_limit && u.limit_bytes == 8192); /* it was not opened again */
		assert_true(u.has_oom_kills && u.oom_kills == 4);
		assert_true(u.has_pressure[GT_PRESSURE_IO] && u.some_us[GT_PRESSURE_IO] == 11);
	}
	for (unsigned f = 0; f < GT_USAGE_FILES; f++) { /* as one that the kernel took away */
		if (kept.fd[f] >= 0)
			assert_true(dup2(d.memory, kept.fd[f]) >= 0);
	}
	assert_true(gt_usage_read(&d, &kept, &u));
	assert_true(u.memory_bytes == 4097 && !u.has_limit && u.has_pressure[GT_PRESSURE_IO]);
	gt_usage_let_go(&kept);
	for (unsigned f = 0; f < GT_USAGE_FILES; f++)
		assert_int_equal(kept.fd[f], -1);
	gt_usage_close(&d);
}

static void test_no_cgroup(void **state)
{
	struct gt_usage_dirs d;
	struct gt_usage u;
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	_cleanup_free_ char *mounts = gt_cg_mounts(root);

	(void)state;
	gt_usage_open(root, mounts, 0, &d);
	assert_true(d.cpu == -1 && d.memory == -1);
	assert_false(gt_usage_read(&d, NULL, &u));
	gt_usage_open(root, NULL, getpid(), &d);
	assert_true(d.cpu == -1 && d.memory == -1);
	/* Our own is not a container's. */
	gt_usage_open(root, mounts, getpid(), &d);
	assert_true(d.cpu == -1 && d.memory == -1);
}

/* The mounts that were read once lead where those that are read anew lead. */
static void test_mounts_are_the_same(void **state)
{
	static const char *const machines[] = {"v2-8cpu", "laptop-v1-hybrid", "smt-2socket",
					       "garbage"};
	struct gt_cg_places a, b;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(machines); i++) {
		_cleanup_close_ int root = machine(machines[i]);
		_cleanup_free_ char *mounts = gt_cg_mounts(root);

		assert_non_null(mounts);
		gt_cg_find(root, 4242, NULL, &a);
		gt_cg_find_by(root, mounts, 4242, NULL, &b);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_v2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_v1, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files_that_say_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test(test_no_cgroup),
		cmocka_unit_test(test_mounts_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
