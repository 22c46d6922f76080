/*
 * Engine, image and name of a container.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_state s;
static struct gt_bundle b;
static struct gt_ident id;

#define STORAGE "/run/containers/storage/overlay-containers/abc/userdata"
#define TASK	"/run/containerd/io.containerd.runtime.v2.task/"

static void test_read_ident_engines(void **state)
{
	static const struct {
		const char *name, *bundle;
		const char *pairs[6];
		enum gt_engine engine;
		const char *image, *container;
	} rows[] = {
		{"docker", TASK "moby/abc", {NULL}, GT_ENGINE_DOCKER, "", ""},
		{"old docker", "/run/docker/containerd/abc", {NULL}, GT_ENGINE_DOCKER, "", ""},
		{"docker by containerd 1",
		 "/run/containerd/io.containerd.runtime.v1.linux/moby/a",
		 {NULL},
		 GT_ENGINE_DOCKER,
		 "",
		 ""},
		{"ctr", TASK "default/abc", {NULL}, GT_ENGINE_CONTAINERD, "", ""},
		{"containerd CRI",
		 TASK "k8s.io/abc",
		 {"io.kubernetes.cri.image-name", "r/i:1", "io.kubernetes.cri.container-name",
		  "app"},
		 GT_ENGINE_CONTAINERD,
		 "r/i:1",
		 "app"},
		{"CRI-O",
		 STORAGE,
		 {"io.container.manager", "cri-o", "io.kubernetes.cri-o.ImageName", "r/i:2",
		  "io.kubernetes.container.name", "web"},
		 GT_ENGINE_CRIO,
		 "r/i:2",
		 "web"},
		{"CRI-O without an image name",
		 STORAGE,
		 {"io.container.manager", "cri-o", "io.kubernetes.cri-o.Image", "r/i:3"},
		 GT_ENGINE_CRIO,
		 "r/i:3",
		 ""},
		{"CRI-O by its own key",
		 "/b",
		 {"io.kubernetes.cri-o.ContainerType", "container"},
		 GT_ENGINE_CRIO,
		 "",
		 ""},
		{"podman", STORAGE, {"io.container.manager", "libpod"}, GT_ENGINE_PODMAN, "", ""},
		{"podman before 1.5", STORAGE, {NULL}, GT_ENGINE_PODMAN, "", ""},
		{"by hand", "/home/me/bundle", {NULL}, GT_ENGINE_UNKNOWN, "", ""},
		{"a user of docker cannot pass for CRI-O",
		 TASK "moby/abc",
		 {"io.container.manager", "cri-o", "io.kubernetes.cri-o.ImageName", "r/i:2"},
		 GT_ENGINE_DOCKER,
		 "",
		 ""},
		{"another manager", "/b", {"io.container.manager", "x"}, GT_ENGINE_UNKNOWN, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		memset(&s, 0, sizeof(s));
		gt_bundle_init(&b);
		memset(&id, 0, sizeof(id));
		(void)gt_copy_str(s.bundle, sizeof(s.bundle), rows[i].bundle);
		for (unsigned j = 0; j < 6 && rows[i].pairs[j]; j += 2)
			(void)gt_strv_add_pair(&b.annotations, rows[i].pairs[j],
					       strlen(rows[i].pairs[j]), rows[i].pairs[j + 1],
					       strlen(rows[i].pairs[j + 1]));
		gt_read_ident(&s, &b, &id);
		if (id.engine != rows[i].engine || strcmp(id.image, rows[i].image) != 0 ||
		    strcmp(id.container_name, rows[i].container) != 0)
			fail_msg("%s: %s, image %s, container %s", rows[i].name,
				 gt_words_get(&gt_engine_words, id.engine), id.image,
				 id.container_name);
	}
}

static void test_read_ident_fields(void **state)
{
	static const char doc[] = "{\"id\":\"a\",\"pid\":7,\"bundle\":\"/b\",\"root\":\"/b/r\"}";
	static const char config[] =
		"{\"process\":{\"args\":[\"./gw\",\"x\"]},\"linux\":{\"cgroupsPath\":\"/kube/a\"}}";

	(void)state;
	memset(&id, 0, sizeof(id));
	(void)gt_copy_str(id.stage, sizeof(id.stage), "prestart");
	assert_int_equal(gt_read_state(doc, strlen(doc), &s, NULL), 0);
	assert_int_equal(gt_read_bundle(config, strlen(config), &b, NULL), 0);
	gt_read_ident(&s, &b, &id);
	assert_string_equal(id.id, "a");
	assert_string_equal(id.bundle, "/b");
	assert_string_equal(id.runtime, "crun");
	assert_string_equal(id.command, "./gw");
	assert_string_equal(id.cgroup, "/kube/a");
	assert_string_equal(id.stage, "prestart"); /* not ours: it stays */
	assert_int_equal(id.pid, 7);
}

/* config.json may be unreadable: the state's annotations then tell. */
static void test_read_ident_without_bundle(void **state)
{
	static const char doc[] = "{\"id\":\"a\",\"bundle\":\"" STORAGE
				  "\",\"annotations\":{\"io.container.manager\":\"cri-o\","
				  "\"io.kubernetes.container.name\":\"c\"}}";

	(void)state;
	memset(&id, 0, sizeof(id));
	assert_int_equal(gt_read_state(doc, strlen(doc), &s, NULL), 0);
	gt_read_ident(&s, NULL, &id);
	assert_int_equal(id.engine, GT_ENGINE_CRIO);
	assert_string_equal(id.container_name, "c");
	memset(&id, 0, sizeof(id));
	(void)gt_copy_str(id.bundle, sizeof(id.bundle), TASK "moby/x");
	gt_read_ident(NULL, NULL, &id); /* explain: the caller has filled in the bundle */
	assert_int_equal(id.engine, GT_ENGINE_DOCKER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_ident_engines),
		cmocka_unit_test(test_read_ident_fields),
		cmocka_unit_test(test_read_ident_without_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
