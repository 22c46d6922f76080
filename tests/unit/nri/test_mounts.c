/* Containerd's answer about a snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/program.h"
#include "messages.h"
#include "nri/request.h"

static const struct {
	const char *name, *type, *source, *option[3];
	int ret;
	const char *dirs; /* joined by ' ' */
} rows[] = {
	{"an overlay",
	 "overlay",
	 "overlay",
	 {"workdir=/s/w", "upperdir=/s/u", "lowerdir=/s/2:/s/1"},
	 0,
	 "/s/u /s/2 /s/1"},
	{"the upper one last",
	 "overlay",
	 "overlay",
	 {"lowerdir=/s/2:/s/1", "upperdir=/s/u", "index=off"},
	 0,
	 "/s/u /s/2 /s/1"},
	{"a view", "overlay", "overlay", {"lowerdir=/s/2:/s/1"}, 0, "/s/2 /s/1"},
	{"one layer", "bind", "/s/u", {"rbind", "rw"}, 0, "/s/u"},
	{"of another kind", "erofs", "/s/x", {"ro"}, -ENOTSUP, ""},
	{"an option that we do not know",
	 "overlay",
	 "overlay",
	 {"lowerdir=/s/1", "metacopy=on"},
	 -ENOTSUP,
	 ""},
	{"a colon in a name", "overlay", "overlay", {"lowerdir=/s/a\\:b:/s/1"}, -ENOTSUP, ""},
	{"leads up", "overlay", "overlay", {"lowerdir=/s/../../etc:/s/1"}, -ENOTSUP, ""},
	{"relative", "overlay", "overlay", {"lowerdir=s/1"}, -ENOTSUP, ""},
	{"the root", "overlay", "overlay", {"lowerdir=/"}, -ENOTSUP, ""},
	{"an empty name", "overlay", "overlay", {"lowerdir=/s/1::/s/2"}, -ENOTSUP, ""},
	{"no layers", "overlay", "overlay", {"index=off"}, -ENOTSUP, ""},
	{"no source", "bind", "", {"rbind"}, -ENOTSUP, ""},
};

static struct gt_typed_root root;

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};
		struct gt_buf m = {0};
		struct gt_err e = {0};
		char dirs[256] = "";

		print_message("%s\n", rows[i].name);
		gt_pb_add_str(&m, 1, rows[i].type);
		gt_pb_add_str(&m, 2, rows[i].source);
		for (unsigned o = 0; o < 3 && rows[i].option[o]; o++)
			gt_pb_add_str(&m, 4, rows[i].option[o]);
		add_message(&b, 1, &m);
		assert_int_equal(gt_nri_read_mounts(b.p, b.len, &root, &e), rows[i].ret);
		if (rows[i].ret < 0)
			continue;
		for (uint32_t d = 0; d < root.dirs.v.n; d++) {
			if (d > 0)
				strcat(dirs, " ");
			strcat(dirs, gt_strv_at(&root.dirs.v, d));
		}
		assert_string_equal(dirs, rows[i].dirs);
		assert_true(gt_nri_mounts_agree(&root, b.p, b.len));
		/* A worker that was taken over names a place of its own, or a part of one. */
		gt_list_init(&root.dirs);
		(void)gt_strv_add(&root.dirs.v, "/etc", 4);
		assert_false(gt_nri_mounts_agree(&root, b.p, b.len));
		gt_list_init(&root.dirs);
		(void)gt_strv_add(&root.dirs.v, "/s", 2);
		assert_false(gt_nri_mounts_agree(&root, b.p, b.len));
	}
}

static void test_more_layers_than_overlayfs_takes(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	_cleanup_(gt_buf_done) struct gt_buf list = {0};
	struct gt_buf m = {0};
	struct gt_err e;

	(void)state;
	gt_buf_str(&list, "lowerdir=/s/0");
	for (unsigned i = 1; i <= GT_OVERLAY_MAX; i++)
		gt_buf_fmt(&list, ":/s/%u", i);
	gt_pb_add_str(&m, 1, "overlay");
	gt_pb_add_str(&m, 4, list.p);
	add_message(&b, 1, &m);
	assert_int_equal(gt_nri_read_mounts(b.p, b.len, &root, &e), -ENOTSUP);
}

static void test_two_mounts_and_no_message(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_err e;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct gt_buf m = {0};

		gt_pb_add_str(&m, 1, "bind");
		gt_pb_add_str(&m, 2, "/s/u");
		add_message(&b, 1, &m);
	}
	assert_int_equal(gt_nri_read_mounts(b.p, b.len, &root, &e), -ENOTSUP);
	assert_int_equal(gt_nri_read_mounts("\x0a\x09x", 3, &root, &e), -EBADMSG);
	assert_int_equal(gt_nri_read_mounts(NULL, 0, &root, &e), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_more_layers_than_overlayfs_takes),
		cmocka_unit_test(test_two_mounts_and_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
