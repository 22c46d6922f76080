/*
 * A parser's answer about config.json, compared with the document: what a worker that was taken
 * over could make of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_bundle bundle; /* too large for a stack */

static bool agrees(const char *doc)
{
	return gt_bundle_agrees(&bundle, doc, strlen(doc));
}

static void test_bundle_agrees_about_the_root(void **state)
{
	static const struct {
		const char *name, *doc, *root;
		bool want;
	} rows[] = {
		{"plain", "{\"root\":{\"path\":\"/r\"}}", "/r", true},
		{"blanks", "{\"root\" : {\n\t\"path\" \r\n:\t\"/r\" }}", "/r", true},
		{"none is claimed", "{}", "", true},
		{"not there", "{}", "/", false},
		{"another", "{\"root\":{\"path\":\"/r\"}}", "/", false},
		{"longer", "{\"root\":{\"path\":\"/r\"}}", "/r/x", false},
		{"another member's", "{\"cwd\":\"/\",\"path\":\"/\",\"root\":{}}", "/", false},
		{"deeper", "{\"root\":{\"x\":{\"path\":\"/\"}}}", "/", false},
		{"inside a string", "{\"root\":[\"\\\"path\\\":\\\"/\\\"\"]}", "/", false},
		{"a slash is escaped", "{\"root\":{\"path\":\"\\/r\"}}", "/r", true},
		{"as Go escapes", "{\"root\":{\"path\":\"/a\\u0026\\u003Cb\"}}", "/a&<b", true},
		{"a NUL is escaped", "{\"root\":{\"path\":\"/r\\u0000\"}}", "/r", false},
		{"no JSON", "{\"root\":{\"path\":\"/r\"}", "/r", false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		gt_bundle_init(&bundle);
		(void)gt_copy_str(bundle.root_path, sizeof(bundle.root_path), rows[i].root);
		if (agrees(rows[i].doc) != rows[i].want)
			fail_msg("%s", rows[i].name);
	}
}

static const char doc_of_each[] =
	"{\"mounts\":[{\"destination\":\"/a\",\"source\":\"/1\"},{\"source\":\"/2\"},"
	"{\"source\":\"proc\"},{\"source\":\"/3\"}],\"linux\":{\"cgroupsPath\":\"/c\","
	"\"namespaces\":[{\"path\":\"/run/n\",\"type\":\"network\"},{\"type\":\"pid\"}]},"
	"\"hooks\":{\"source\":\"/\",\"namespaces\":[{\"type\":\"ipc\"}]}}";

static void test_bundle_agrees_about_each_member(void **state)
{
	static const struct {
		const char *name, *cgroup, *ns_path, *source[3];
		bool net, ipc, want;
	} rows[] = {
		{"all", "/c", "/run/n", {"/1", "/2", "/3"}, true, false, true},
		{"some", "", "", {"/1", "", "/3"}, false, false, true},
		{"another's cgroup", "/d", "", {0}, true, false, false},
		{"another's namespace", "/c", "/proc/1/ns/net", {0}, true, false, false},
		{"no such namespace", "/c", "", {0}, true, true, false},
		{"a source of its own", "/c", "", {"/1", "/"}, true, false, false},
		{"a source twice", "/c", "", {"/1", "/1"}, true, false, false},
		{"sources in another order", "/c", "", {"/2", "/1"}, true, false, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_bundle_ns *net = &bundle.ns[GT_NS_NET];

		gt_bundle_init(&bundle);
		(void)gt_copy_str(bundle.cgroups_path, sizeof(bundle.cgroups_path), rows[i].cgroup);
		(void)gt_copy_str(net->path, sizeof(net->path), rows[i].ns_path);
		net->present = rows[i].net;
		bundle.ns[GT_NS_IPC].present = rows[i].ipc;
		for (size_t k = 0; k < 3 && rows[i].source[k]; k++)
			(void)gt_strv_add_pair(&bundle.mounts, "/x", 2, rows[i].source[k],
					       strlen(rows[i].source[k]));
		if (agrees(doc_of_each) != rows[i].want)
			fail_msg("%s", rows[i].name);
	}
}

/* What the parser says of a document, when it is what it should be. */
static void test_bundle_agrees_with_a_true_answer(void **state)
{
	static const char doc[] =
		"{\"root\":{\"path\":\"rootfs\"},\"process\":{\"args\":[\"x\"]},"
		"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		"{\"destination\":\"/v\",\"type\":\"bind\",\"source\":\"/vol\",\"options\":[\"bind\"]},"
		"{\"options\":[\"rbind\"],\"source\":\"rel/x\",\"destination\":\"/w\"}],"
		"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":"
		"\"/run/netns/a\"},{\"type\":\"mount\",\"path\":null}],\"cgroupsPath\":\"a:b:c\"}}";

	(void)state;
	assert_int_equal(gt_read_bundle(doc, strlen(doc), &bundle, NULL), 0);
	assert_int_equal(bundle.mounts.n, 6);
	assert_true(bundle.ns[GT_NS_NET].joined);
	assert_true(agrees(doc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle_agrees_about_the_root),
		cmocka_unit_test(test_bundle_agrees_about_each_member),
		cmocka_unit_test(test_bundle_agrees_with_a_true_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
