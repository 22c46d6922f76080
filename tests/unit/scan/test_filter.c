/*
 * What a capture keeps of config.json: what is listed, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "../../../hook/scan/capture.h"

static const char config[] =
	"{\"ociVersion\":\"1.0.2\",\"hostname\":\"SECRET\",\"hooks\":{\"prestart\":[{\"path\":\"SECRET\"}]},"
	"\"root\":{\"path\":\"/SECRET\",\"readonly\":true},"
	"\"process\":{\"args\":[\"app\",\"--password=SECRET\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\","
	"\"DB_PASSWORD=SECRET\",\"GOMAXPROCS=3\",\"GOMAXPROCSX=SECRET\",\"GOTUNE_GOGC=5\",\"GOTUNE_=SECRET\","
	"\"SECRET\",\"=SECRET\"],\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":5,\"hard\":6}],"
	"\"env2\":[\"GOGC=SECRET\"],\"commandLine\":\"SECRET\"},"
	"\"annotations\":{\"io.gotune.gogc\":\"7\",\"kubectl/last\":\"SECRET\",\"io.kubernetes.pod.name\":\"web\","
	"\"io.gotune\":\"SECRET\",\"io.gotune.deep\":{\"x\":\"SECRET\"}},"
	"\"mounts\":[{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"ro\"]},"
	"{\"destination\":\"/data\",\"type\":\"cifs\",\"source\":\"//nas/SECRET\",\"options\":[\"ro\",\"password=SECRET\"]},"
	"{\"destination\":\"/v\",\"source\":\"user:SECRET@host\"}],"
	"\"linux\":{\"resources\":{\"cpu\":{\"quota\":-1,\"period\":100000},\"memory\":{\"limit\":5},"
	"\"devices\":[{\"SECRET\":1}]},\"sysctl\":{\"net.core.somaxconn\":\"9\"},\"seccomp\":{\"a\":\"SECRET\"},"
	"\"namespaces\":[{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}],\"cgroupsPath\":\"/a\"},\"x\":null}";

static const char want[] =
	"{\"root\":{\"path\":\"rootfs\"},\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"/bin/app\"],\"cwd\":\"/\","
	"\"env\":[\"PATH=/bin\",\"GOMAXPROCS=3\",\"GOTUNE_GOGC=5\"],"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":5,\"hard\":6}]},"
	"\"annotations\":{\"io.gotune.gogc\":\"7\",\"io.kubernetes.pod.name\":\"web\"},"
	"\"mounts\":[{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"options\":[\"ro\"]},"
	"{\"destination\":\"/data\",\"type\":\"cifs\",\"options\":[\"ro\"]},{\"destination\":\"/v\"}],"
	"\"linux\":{\"resources\":{\"cpu\":{\"quota\":-1,\"period\":100000},\"memory\":{\"limit\":5}},"
	"\"sysctl\":{\"net.core.somaxconn\":\"9\"},"
	"\"namespaces\":[{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"}],\"cgroupsPath\":\"/a\"}}";

static void test_filter_keeps_what_is_listed(void **state)
{
	struct gt_buf out = {0};

	(void)state;
	assert_int_equal(gt_capture_filter(config, strlen(config), "/bin/app", &out), 0);
	assert_string_equal(out.p, want);
	gt_buf_done(&out);
}

static void test_filter_of_what_is_no_json(void **state)
{
	static const char *const rows[] = {"", "{", "[1", "{\"process\":{\"env\":[\"GOGC=1\"]"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};

		assert_true(gt_capture_filter(rows[i], strlen(rows[i]), "/a", &out) < 0);
		gt_buf_done(&out);
	}
}

static void test_env_that_a_capture_may_have(void **state)
{
	static const struct {
		const char *entry;
		bool keeps;
	} rows[] = {
		{"GOMAXPROCS=1", true},
		{"GOMEMLIMIT=", true},
		{"GOGC=x", true},
		{"GODEBUG=a=b", true},
		{"PATH=/bin", true},
		{"GOTUNE_PROFILE=x", true},
		{"GOTUNE_=x", false},
		{"GOGC", false},
		{"PATHS=/x", false},
		{"XPATH=/x", false},
		{"", false},
		{"=GOGC=1", false},
		{"AWS_SECRET_ACCESS_KEY=x", false},
		{"gogc=1", false},
		{"GOFLAGS=-x", false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (gt_capture_keeps_env(rows[i].entry, strlen(rows[i].entry)) != rows[i].keeps)
			fail_msg("%s", rows[i].entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_keeps_what_is_listed),
		cmocka_unit_test(test_filter_of_what_is_no_json),
		cmocka_unit_test(test_env_that_a_capture_may_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
