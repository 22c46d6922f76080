/*
 * What engines' files say of an image: real forms, and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct gt_image image;

struct row {
	const char *name;
	enum gt_image_file file;
	const char *doc;
	int result;
	const char *want; /* "[found] NAME ID KEY=VALUE..." */
};

static void describe(struct gt_buf *out)
{
	const char *value;

	gt_buf_fmt(out, "%s%s%s%s", image.found ? "found " : "", image.name, image.id[0] ? " " : "",
		   image.id);
	for (const char *k = gt_strv_next(&image.labels, NULL); k;
	     k = gt_strv_next(&image.labels, value)) {
		value = gt_strv_next(&image.labels, k);
		if (!value)
			break;
		gt_buf_fmt(out, " %s=%s", k, value);
	}
}

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct gt_image_ask ask = {.file = rows[i].file, .id = ID};
		struct gt_buf out = {0};
		struct gt_err e = {0};
		int r = gt_read_image(&ask, rows[i].doc, strlen(rows[i].doc), &image, &e);

		if (r != rows[i].result)
			fail_msg("%s: %d %s", rows[i].name, r, e.msg);
		assert_true(r == 0 || e.msg[0]);
		assert_true(gt_image_valid(&image));
		if (r < 0)
			continue;
		describe(&out);
		if (strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

static void test_read_image_docker(void **state)
{
	static const struct row rows[] = {
		{"usual", GT_IMAGE_DOCKER,
		 "{\"StreamConfig\":{},\"State\":{\"Pid\":0},\"ID\":\"" ID
		 "\",\"Image\":\"sha256:" OTHER
		 "\",\"Config\":{\"Image\":\"reg/probe:1\",\"Labels\":{\"io.gotune.gogc\":\"77\",\"team\":"
		 "\"pay\",\"io.gotune.profile\":\"memory\"},\"Env\":[\"A=b\"]}}",
		 0, "found reg/probe:1 " OTHER " io.gotune.gogc=77 io.gotune.profile=memory"},
		{"an image that is no digest", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Image\":\"sha256:ab\",\"Config\":{\"Image\":\"i\"}}", 0,
		 "found i"},
		{"an image that is no text", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Image\":{\"x\":1},\"Config\":{\"Image\":\"i\"}}", -EINVAL,
		 ""},
		{"no labels", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Image\":\"i\",\"Labels\":null}}", 0, "found i"},
		{"another's", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" OTHER "\",\"Config\":{\"Image\":\"i\"}}", 0, "i"},
		{"no id", GT_IMAGE_DOCKER, "{\"Config\":{\"Image\":\"i\"}}", 0, "i"},
		{"labels elsewhere", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Labels\":{\"io.gotune.gogc\":\"1\"},\"Config\":{\"x\":{"
		 "\"Labels\":{\"io.gotune.gogc\":\"2\"}}}}",
		 0, "found "},
		{"a name that is no text", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Image\":7}}", 0, "found "},
		{"a label that is no text", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Labels\":{\"io.gotune.gogc\":7}}}", -EINVAL, ""},
		{"a label that is an object", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Labels\":{\"io.gotune.gogc\":{}}}}", -EINVAL,
		 ""},
		{"labels that are a list", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Labels\":[\"io.gotune.gogc=7\"]}}", -EINVAL, ""},
		{"a config that is text", GT_IMAGE_DOCKER, "{\"Config\":\"x\"}", -EINVAL, ""},
		{"repeated keys", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"Config\":{\"Labels\":{}},\"Config\":{\"Labels\":{}}}",
		 -EBADMSG, ""},
		{"keys of another case", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID "\",\"config\":{\"Labels\":{}}}", -EBADMSG, ""},
		{"a label twice: the last", GT_IMAGE_DOCKER,
		 "{\"ID\":\"" ID
		 "\",\"Config\":{\"Labels\":{\"io.gotune.gogc\":\"1\",\"io.gotune.gogc\":"
		 "\"2\"}}}",
		 0, "found  io.gotune.gogc=1 io.gotune.gogc=2"},
		{"a list", GT_IMAGE_DOCKER, "[]", -EINVAL, ""},
		{"empty", GT_IMAGE_DOCKER, "", -EINVAL, ""},
		{"half", GT_IMAGE_DOCKER, "{\"ID\":\"" ID "\",\"Config\":{\"Ima", -EINVAL, ""},
		{"two documents", GT_IMAGE_DOCKER, "{}{}", -EINVAL, ""},
		{"a comment", GT_IMAGE_DOCKER, "{}/**/", -EINVAL, ""},
		{"not UTF-8", GT_IMAGE_DOCKER, "{\"ID\":\"\xff\"}", -EINVAL, ""},
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_read_image_containers(void **state)
{
	static const struct row rows[] = {
		{"usual", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" OTHER "\",\"image\":\"x\",\"metadata\":\"{}\"},{\"id\":\"" ID
		 "\",\"names\":[\"c1\"],\"image\":\"" OTHER
		 "\",\"layer\":\"y\",\"metadata\":\"{\\\"image-name\\\":\\\"localhost/probe:1\\\","
		 "\\\"name\\\":\\\"c1\\\"}\",\"flags\":{\"MountLabel\":\"\"}}]",
		 0, "found localhost/probe:1 " OTHER},
		{"the id last", GT_IMAGE_CONTAINERS,
		 "[{\"image\":\"" OTHER
		 "\",\"metadata\":\"{\\\"image-name\\\":\\\"i\\\"}\",\"id\":\"" ID "\"}]",
		 0, "found i " OTHER},
		{"not there", GT_IMAGE_CONTAINERS, "[{\"id\":\"" OTHER "\"}]", 0, ""},
		{"none", GT_IMAGE_CONTAINERS, "[]", 0, ""},
		{"nothing of the one before", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" OTHER "\",\"image\":\"" OTHER
		 "\",\"metadata\":\"{\\\"image-name\\\":\\\"i\\\"}\"},{\"id\":\"" ID "\"}]",
		 0, "found "},
		{"what comes after it is not looked at", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"image\":\"" OTHER "\"},7,{{{", 0, "found  " OTHER},
		{"an image that is no id", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"image\":\"../../etc\"}]", 0, "found "},
		{"an image that is too long", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"image\":\"" ID "/x\"}]", 0, "found "},
		{"metadata that is no JSON", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"metadata\":\"{\\\"image-name\\\":\\\"i\\\",,\"}]", 0,
		 "found "},
		{"metadata that is no text", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"metadata\":7}]", 0, "found "},
		{"a name that is no text", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"metadata\":\"{\\\"image-name\\\":{}}\"}]", 0, "found "},
		{"a repeated key", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" OTHER "\",\"id\":\"" ID "\"}]", -EBADMSG, ""},
		{"a key of another case", GT_IMAGE_CONTAINERS, "[{\"ID\":\"" ID "\"}]", -EBADMSG,
		 ""},
		{"an object", GT_IMAGE_CONTAINERS, "{}", -EINVAL, ""},
		{"a list of texts", GT_IMAGE_CONTAINERS, "[\"" ID "\"]", -EINVAL, ""},
		{"labels are not taken from here", GT_IMAGE_CONTAINERS,
		 "[{\"id\":\"" ID "\",\"flags\":{\"io.gotune.gogc\":\"1\"}}]", 0, "found "},
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_read_image_config(void **state)
{
	static const struct row rows[] = {
		{"usual", GT_IMAGE_CONFIG,
		 "{\"architecture\":\"amd64\",\"config\":{\"Env\":[],\"Labels\":{\"io.gotune.mode\":"
		 "\"audit\",\"io.gotunex\":\"1\",\"io.gotune\":\"2\"}},\"history\":[{}]}",
		 0, "found  io.gotune.mode=audit"},
		{"none", GT_IMAGE_CONFIG, "{\"config\":{\"Labels\":null}}", 0, "found "},
		{"no config", GT_IMAGE_CONFIG, "{}", 0, "found "},
		{"Docker's other config", GT_IMAGE_CONFIG,
		 "{\"container_config\":{\"Labels\":{\"io.gotune.mode\":\"audit\"}}}", 0, "found "},
		{"a label that is a number", GT_IMAGE_CONFIG,
		 "{\"config\":{\"Labels\":{\"io.gotune.gogc\":1}}}", -EINVAL, ""},
		{"a repeated key", GT_IMAGE_CONFIG,
		 "{\"config\":{\"Labels\":{},\"Labels\":{\"io.gotune.gogc\":\"1\"}}}", -EBADMSG,
		 ""},
		{"manifest", GT_IMAGE_MANIFEST,
		 "{\"schemaVersion\":2,\"layers\":[],\"annotations\":{\"io.gotune.gogc\":\"9\",\"a\":"
		 "\"b\"}}",
		 0, "found  io.gotune.gogc=9"},
		{"manifest without", GT_IMAGE_MANIFEST, "{\"schemaVersion\":2}", 0, "found "},
		{"a layer's annotation", GT_IMAGE_MANIFEST,
		 "{\"layers\":[{\"annotations\":{\"io.gotune.gogc\":\"9\"}}]}", 0, "found "},
		{"annotations that are a list", GT_IMAGE_MANIFEST, "{\"annotations\":[]}", -EINVAL,
		 ""},
		{"no such kind", GT_IMAGE_FILE_COUNT, "{}", -EINVAL, ""},
	};

	(void)state;
	check(rows, GT_ARRAY_LEN(rows));
}

static void test_read_image_deep(void **state)
{
	struct gt_image_ask ask = {.file = GT_IMAGE_CONFIG};
	char doc[4096];
	struct gt_err e = {0};

	(void)state;
	memset(doc, '[', sizeof(doc));
	assert_int_equal(gt_read_image(&ask, doc, sizeof(doc), &image, &e), -EINVAL);
	memcpy(doc, "{\"x\":", 5);
	assert_int_equal(gt_read_image(&ask, doc, sizeof(doc), &image, &e), -E2BIG);
}

static void test_read_image_huge(void **state)
{
	struct gt_image_ask ask = {.file = GT_IMAGE_CONFIG};
	struct gt_buf doc = {0};
	struct gt_err e = {0};

	(void)state;
	/* More labels than are held: counted, and what is held is sound. */
	gt_buf_str(&doc, "{\"config\":{\"Labels\":{\"a\":\"b\"");
	for (unsigned i = 0; i < 3000; i++)
		gt_buf_fmt(&doc, ",\"io.gotune.k%u\":\"%080u\"", i, i);
	gt_buf_str(&doc, "}}}");
	assert_int_equal(gt_read_image(&ask, doc.p, doc.len, &image, &e), 0);
	assert_true(image.labels.dropped > 0);
	assert_true(gt_image_valid(&image));
	gt_buf_done(&doc);
	/* A label of 1 MiB is not held either, one that is not ours does not count. */
	gt_buf_str(&doc, "{\"config\":{\"Labels\":{\"big\":\"");
	for (unsigned i = 0; i < (1u << 20); i++)
		gt_buf_str(&doc, "x");
	gt_buf_str(&doc, "\",\"io.gotune.gogc\":\"5\"}}}");
	assert_int_equal(gt_read_image(&ask, doc.p, doc.len, &image, &e), 0);
	assert_int_equal(image.labels.dropped, 0);
	assert_string_equal(gt_strv_pair(&image.labels, "io.gotune.gogc"), "5");
	gt_buf_done(&doc);
	/* Beyond the bound not a byte is looked at. */
	assert_int_equal(gt_read_image(&ask, "", GT_IMAGE_FILE_MAX + 1, &image, &e), -EFBIG);
}

static void make_empty(void)
{
	memset(&image, 0, sizeof(image));
	gt_arena_init(&image.arena.a, sizeof(image.arena.room));
	gt_strv_init(&image.labels, &image.arena.a);
}

static void test_image_valid(void **state)
{
	(void)state;
	make_empty();
	assert_true(gt_image_valid(&image));
	(void)gt_copy_str(image.id, sizeof(image.id), "../..");
	assert_false(gt_image_valid(&image));
	memset(image.id, 'a', sizeof(image.id));
	assert_false(gt_image_valid(&image));
	make_empty();
	memset(image.name, 'a', sizeof(image.name));
	assert_false(gt_image_valid(&image));
	make_empty();
	image.labels.n = 1;
	assert_false(gt_image_valid(&image));
	make_empty();
	memset(&image.found, 2, 1);
	assert_false(gt_image_valid(&image));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_image_docker),
		cmocka_unit_test(test_read_image_containers),
		cmocka_unit_test(test_read_image_config),
		cmocka_unit_test(test_read_image_deep),
		cmocka_unit_test(test_read_image_huge),
		cmocka_unit_test(test_image_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
