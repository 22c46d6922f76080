/*
 * Whose a cgroup is, by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/scan.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8b1f.slice"

static void test_unit_name_by_engine(void **state)
{
	static const struct {
		const char *cgroup;
		enum gt_unit_kind kind;
		enum gt_engine engine;
		const char *id, *own;
	} rows[] = {
		{"/system.slice/docker-" ID ".scope", GT_UNIT_CONTAINER, GT_ENGINE_DOCKER, ID,
		 "/system.slice/docker-" ID ".scope"},
		{"/docker/" ID, GT_UNIT_CONTAINER, GT_ENGINE_DOCKER, ID, "/docker/" ID},
		{"/actions_job/" ID, GT_UNIT_CONTAINER, GT_ENGINE_UNKNOWN, ID, "/actions_job/" ID},
		{"/machine.slice/libpod-" ID ".scope/container", GT_UNIT_CONTAINER,
		 GT_ENGINE_PODMAN, ID, "/machine.slice/libpod-" ID ".scope"},
		{"/libpod_parent/libpod-" ID, GT_UNIT_CONTAINER, GT_ENGINE_PODMAN, ID,
		 "/libpod_parent/libpod-" ID},
		{POD "/cri-containerd-" ID ".scope", GT_UNIT_CONTAINER, GT_ENGINE_CONTAINERD, ID,
		 POD "/cri-containerd-" ID ".scope"},
		{POD "/crio-" ID ".scope", GT_UNIT_CONTAINER, GT_ENGINE_CRIO, ID,
		 POD "/crio-" ID ".scope"},
		{"/kubepods/burstable/pod8b1f/" ID, GT_UNIT_CONTAINER, GT_ENGINE_UNKNOWN, ID,
		 "/kubepods/burstable/pod8b1f/" ID},
		{"/system.slice/nerdctl-" ID ".scope", GT_UNIT_CONTAINER, GT_ENGINE_CONTAINERD, ID,
		 "/system.slice/nerdctl-" ID ".scope"},
		{"/system.slice/runc-web.scope", GT_UNIT_CONTAINER, GT_ENGINE_UNKNOWN, "web",
		 "/system.slice/runc-web.scope"},
		{"/crun/api", GT_UNIT_CONTAINER, GT_ENGINE_UNKNOWN, "api", "/crun/api"},
		/* systemd in a container: it is still the container. */
		{"/docker/" ID "/system.slice/nginx.service", GT_UNIT_CONTAINER, GT_ENGINE_DOCKER,
		 ID, "/docker/" ID},
		/* A container in a container: the inner one's limits are its own. */
		{"/docker/" ID "/kubepods/pod1/" ID, GT_UNIT_CONTAINER, GT_ENGINE_UNKNOWN, ID,
		 "/docker/" ID "/kubepods/pod1/" ID},
		{"/system.slice/etcd.service", GT_UNIT_SERVICE, GT_ENGINE_UNKNOWN, "etcd.service",
		 "/system.slice/etcd.service"},
		{"/system.slice/k3s.service/init", GT_UNIT_SERVICE, GT_ENGINE_UNKNOWN,
		 "k3s.service", "/system.slice/k3s.service"},
		/* Nobody's. */
		{"/machine.slice/libpod-conmon-" ID ".scope", GT_UNIT_NONE, 0, "", ""},
		{"/" POD "/crio-conmon-" ID ".scope", GT_UNIT_NONE, 0, "", ""},
		{"/user.slice/user-0.slice/session-1.scope", GT_UNIT_NONE, 0, "", ""},
		{"/docker-.scope", GT_UNIT_NONE, 0, "", ""},
		{"/docker-.hidden.scope", GT_UNIT_NONE, 0, "", ""},
		{"/.service", GT_UNIT_NONE, 0, "", ""},
		{"/", GT_UNIT_NONE, 0, "", ""},
		{"", GT_UNIT_NONE, 0, "", ""},
		{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		 GT_UNIT_NONE, 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_unit_name n;

		gt_scan_unit_name(rows[i].cgroup, &n);
		if (n.kind != rows[i].kind || n.engine != rows[i].engine ||
		    strcmp(n.id, rows[i].id) != 0 || n.len != strlen(rows[i].own) ||
		    strncmp(rows[i].cgroup, rows[i].own, n.len) != 0)
			fail_msg("%s: kind %d, engine %d, id %s, %zu bytes", rows[i].cgroup,
				 (int)n.kind, (int)n.engine, n.id, n.len);
	}
}

static void test_unit_name_that_is_too_long_is_none(void **state)
{
	char cgroup[GT_PATH_CAP] = "/docker-";
	struct gt_unit_name n;

	(void)state;
	memset(cgroup + strlen(cgroup), 'a', GT_ID_MAX);
	(void)gt_append(cgroup, sizeof(cgroup), ".scope");
	gt_scan_unit_name(cgroup, &n);
	assert_int_equal(n.kind, GT_UNIT_NONE);
	assert_string_equal(n.id, "");
}

static void test_cgroup_path_of_the_best_hierarchy(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} rows[] = {
		{"0::/a\n", "/a"},
		{"4:memory:/m\n2:cpu,cpuacct:/c\n0::/u\n", "/m"},
		{"2:cpu,cpuacct:/c\n1:name=systemd:/s\n", "/c"},
		{"2:cpu:/c\n0::/u\n", "/u"},
		{"5:memory:/with:colons\n", "/with:colons"},
		{"5:memory:relative\n", NULL},
		{"1:name=systemd:/s\n", NULL},
		{"nonsense", NULL},
		{"", NULL},
	};
	char long_path[2 * GT_PATH_CAP] = "0::/", got[GT_PATH_CAP];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		bool ok = gt_scan_cgroup_path(rows[i].text, got);

		if (ok != (rows[i].want != NULL) || (ok && strcmp(got, rows[i].want) != 0))
			fail_msg("%s: %s", rows[i].text, ok ? got : "none");
	}
	memset(long_path + strlen(long_path), 'x', GT_PATH_CAP + 32);
	assert_false(gt_scan_cgroup_path(long_path, got));
	/* One that does not fit does not spoil another. */
	memcpy(long_path, "2:cpu:/c\n5:memory:/", strlen("2:cpu:/c\n5:memory:/"));
	assert_true(gt_scan_cgroup_path(long_path, got));
	assert_string_equal(got, "/c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_name_by_engine),
		cmocka_unit_test(test_unit_name_that_is_too_long_is_none),
		cmocka_unit_test(test_cgroup_path_of_the_best_hierarchy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
