/* A bundle that is built entry by entry is as config.json's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static const char config[] =
	"{\"process\": {\"args\": [\"/x\"], \"env\": [\"A=1\", \"GOGC=50\", \"PATH=/bin\", \"none\"]},"
	" \"mounts\": [{\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\"},"
	" {\"destination\": \"/data\", \"type\": \"bind\", \"source\": \"/srv\", \"options\": [\"rbind\"]}],"
	" \"linux\": {\"namespaces\": [{\"type\": \"network\", \"path\": \"/n\"}, {\"type\": \"ipc\"}]}}";

static void test_typed_is_as_config_json(void **state)
{
	static const char *const env[] = {"A=1", "GOGC=50", "PATH=/bin", "none"};
	static const struct gt_read_mount mounts[] = {
		{"/sys/fs/cgroup", "cgroup", "cgroup", false, false},
		{"/data", "/srv", "bind", true, true},
	};
	static struct gt_bundle want, got;
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_read_bundle(config, sizeof(config) - 1, &want, &e), 0);
	gt_bundle_init(&got);
	for (size_t i = 0; i < GT_ARRAY_LEN(env); i++)
		gt_read_add_env(&got, env[i], strlen(env[i]));
	for (size_t i = 0; i < GT_ARRAY_LEN(mounts); i++)
		gt_read_add_mount(&got, &mounts[i]);
	gt_read_add_namespace(&got, "network", "/n");
	gt_read_add_namespace(&got, "ipc", "");
	gt_read_add_namespace(&got, "nobody's", "");
	assert_memory_equal(got.var, want.var, sizeof(want.var));
	assert_string_equal(got.path_env, want.path_env);
	assert_memory_equal(got.ns, want.ns, sizeof(want.ns));
	assert_memory_equal(&got.view, &want.view, sizeof(want.view));
	assert_string_equal(gt_strv_pair(&got.mounts, "/data"), "/srv");
	assert_string_equal(gt_strv_pair(&got.mounts, "/sys/fs/cgroup"), "");
}

static void test_a_mount_without_its_source_hides_we_know_not_what(void **state)
{
	static struct gt_bundle b;
	struct gt_read_mount m = {.destination = "/data", .bind = true};

	(void)state;
	gt_bundle_init(&b);
	gt_read_add_mount(&b, &m);
	assert_int_equal(b.mounts.n, 0);
	assert_int_equal(b.mounts.dropped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typed_is_as_config_json),
		cmocka_unit_test(test_a_mount_without_its_source_hides_we_know_not_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
