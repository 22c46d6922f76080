/*
 * cgroupsPath in its two forms, as runc and crun understand them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

static const struct {
	const char *path, *want; /* want NULL: cannot be told */
} rows[] = {
	{"/docker/abc", "/docker/abc"},
	{"/kubepods/burstable/podX/abc", "/kubepods/burstable/podX/abc"},
	{"/", "/"},
	{"/a:b:c", "/a:b:c"},
	{"system.slice:docker:abc", "/system.slice/docker-abc.scope"},
	{"machine.slice:libpod:abc", "/machine.slice/libpod-abc.scope"},
	{":cri:abc", "/system.slice/cri-abc.scope"},
	{"-.slice:cri:abc", "/cri-abc.scope"},
	{"kubepods-burstable-podX.slice:cri-containerd:abc",
	 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podX.slice/cri-containerd-abc.scope"},
	{"a.slice::abc", "/a.slice/abc.scope"},
	{"a.slice:x:b.slice", "/a.slice/b.slice"},
	{"a.slice:x:with:colon", "/a.slice/x-with:colon.scope"},
	{"", NULL},
	{"relative/path", NULL},
	{"a.slice:only", NULL},
	{"a.slice:x:", NULL},
	{"a.scope:x:y", NULL},
	{".slice:x:y", NULL},
	{"a--b.slice:x:y", NULL},
	{"-a.slice:x:y", NULL},
	{"a-.slice:x:y", NULL},
	{"../a.slice:x:y", NULL},
	{"a/b.slice:x:y", NULL},
};

static void test_cgroup_path_table(void **state)
{
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char got[GT_PATH_CAP];
		bool told = gt_inspect_cgroup_path(rows[i].path, got);

		if (told == (rows[i].want != NULL) && (!told || strcmp(got, rows[i].want) == 0))
			continue;
		print_error("%s: want %s, got %s\n", rows[i].path,
			    rows[i].want ? rows[i].want : "nothing", told ? got : "nothing");
		ok = false;
	}
	assert_true(ok);
}

static void test_cgroup_path_too_long(void **state)
{
	char path[2 * GT_PATH_CAP], got[GT_PATH_CAP];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	path[0] = '/';
	assert_false(gt_inspect_cgroup_path(path, got));
	memcpy(path, "a.slice:b:", 10);
	assert_false(gt_inspect_cgroup_path(path, got));
	/* One part a dash: each is longer than the one before. */
	for (size_t i = 0; i < 400; i++)
		memcpy(path + 2 * i, "a-", 2);
	memcpy(path + 800, "a.slice:b:c", 12);
	assert_false(gt_inspect_cgroup_path(path, got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_path_table),
		cmocka_unit_test(test_cgroup_path_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
