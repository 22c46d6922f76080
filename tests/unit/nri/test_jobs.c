/* Messages made to hurt, decoded by the real worker; and answers of a worker that was taken over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "messages.h"
#include "nri/request.h"

#define RUNTIME_WAITS_MS 2000 /* then it drops the plugin */
#define MIB		 (1u << 20)

static struct gt_nri_request q;

/* ---- bombs ---- */

static void fill(struct gt_buf *b, const char *piece, size_t len, size_t all)
{
	while (b->len + len <= all)
		gt_buf_add(b, piece, len);
}

/* A container whose field NUMBER is said a hundred thousand times and more: 1.5 MiB of it. */
static void make_repeated(struct gt_buf *b, uint32_t number, const char *text, bool pair)
{
	struct gt_buf one = {0}, c = {0}, m = {0};

	if (pair)
		add_pair(&one, number, text, "");
	else
		gt_pb_add_str(&one, number, text);
	gt_pb_add_str(&c, 1, "one");
	fill(&c, one.p, one.len, MIB + MIB / 2);
	gt_buf_done(&one);
	add_message(&m, 2, &c);
	make_request(b, "CreateContainer", &m);
}

static void make_labels(struct gt_buf *b)
{
	make_repeated(b, 5, "io.gotune.x", true);
}

static void make_annotations(struct gt_buf *b)
{
	make_repeated(b, 6, "io.gotune.x", true);
}

static void make_arguments(struct gt_buf *b)
{
	make_repeated(b, 7, "", false);
}

static void make_environment(struct gt_buf *b)
{
	make_repeated(b, 8, "GOGC=1", false);
}

static void make_mounts(struct gt_buf *b)
{
	make_repeated(b, 9, "\12\1/", false);
}

static void make_limits(struct gt_buf *b)
{
	make_repeated(b, 13, "\12\1x", false);
}

/* 700,000 containers of no bytes. */
static void make_containers(struct gt_buf *b)
{
	struct gt_buf m = {0};

	fill(&m, "\x12\0", 2, MIB + MIB / 2);
	make_request(b, "Synchronize", &m);
}

/* A message in a message, 400,000 times; each is the linux part (field 11) of the one around it. */
static void make_deep(struct gt_buf *b)
{
	struct gt_buf m = {0}, c = {0};

	gt_pb_add_str(&c, 1, "one");
	for (size_t left = 400000; left-- > 0;) {
		size_t len = 4 * left;
		const char head[] = {0x5a, (char)((len & 127) | 128),
				     (char)((len >> 7 & 127) | 128), (char)(len >> 14 & 127)};

		gt_buf_add(&c, head, sizeof(head));
	}
	add_message(&m, 2, &c);
	make_request(b, "CreateContainer", &m);
}

/* Numbers of ten bytes, none of which is asked for. */
static void make_numbers(struct gt_buf *b)
{
	struct gt_buf m = {0};

	fill(&m, "\x78\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11, 2 * MIB);
	make_request(b, "CreateContainer", &m);
}

/* The largest that there may be, of one text. */
static void make_large(struct gt_buf *b)
{
	struct gt_buf m = {0}, c = {0}, text = {0};

	fill(&text, "GOGC=xxxxxxxxxxx", 16, GT_NRI_MESSAGE_MAX - 256);
	gt_pb_add_str(&c, 1, "one");
	add_message(&c, 8, &text);
	add_message(&m, 2, &c);
	make_request(b, "CreateContainer", &m);
}

static const struct {
	const char *name;
	void (*make)(struct gt_buf *b);
} bombs[] = {
	{"labels", make_labels},	 {"annotations", make_annotations},
	{"arguments", make_arguments},	 {"variables", make_environment},
	{"mounts", make_mounts},	 {"limits", make_limits},
	{"containers", make_containers}, {"deep", make_deep},
	{"numbers", make_numbers},	 {"large", make_large},
};

/* Understood or not, in time, and the next message is none the worse. */
static void test_bombs(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf usual = {0};

	(void)state;
	make_call(&usual, "CreateContainer", 2, 0, "one", 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(bombs); i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};
		struct gt_err e = {0};
		int64_t begin;
		int r;

		bombs[i].make(&b);
		assert_int_equal(b.error, 0);
		assert_in_range(b.len, MIB, GT_NRI_MESSAGE_MAX);
		begin = gt_now_ms();
		r = gt_nri_decode(GT_NRI_JOB_REQUEST, b.p, b.len, &q, &e);
		print_message("%s: %d after %d ms\n", bombs[i].name, r, (int)(gt_now_ms() - begin));
		assert_true(gt_now_ms() - begin < RUNTIME_WAITS_MS);
		if (r == 0 && q.has_container)
			assert_string_equal(q.typed.id, "one");
		r = gt_nri_decode(GT_NRI_JOB_REQUEST, usual.p, usual.len, &q, &e);
		assert_int_equal(r, 0);
		assert_string_equal(q.typed.id, "one");
	}
}

/* More than ttrpc's bound is refused before anything is done with it. */
static void test_larger_than_there_may_be(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_err e = {0};

	(void)state;
	fill(&b, "\0", 1, GT_NRI_MESSAGE_MAX + 1);
	assert_true(gt_nri_decode(GT_NRI_JOB_REQUEST, b.p, b.len, &q, &e) < 0);
}

/* ---- lies ---- */

/* Who is tuned, traced and recorded; and a process is traced only if it starts. */
static void expect_truth(const struct gt_nri_request *lie, bool starts, size_t at)
{
	if (lie->call == GT_NRI_CALL_UNKNOWN || !lie->has_container)
		return; /* nothing is done with it */
	if (strcmp(lie->typed.id, "one") != 0 || (lie->typed.pid != 42 && lie->typed.pid != 0) ||
	    (lie->event == GT_NRI_START && !starts))
		fail_msg("byte %zu: %s, %d", at, lie->typed.id, (int)lie->typed.pid);
}

/* Each byte before the arenas, otherwise in eight ways: such an answer is refused, or harmless. */
static void try_lies(const char *method)
{
	static const unsigned char turn[] = {1, 2, 4, 8, 16, 32, 64, 128};
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	_cleanup_free_ struct gt_nri_request *lie = malloc(sizeof(*lie));
	struct gt_err e = {0};

	assert_non_null(lie);
	make_call(&b, method, 2, 0, "one", 42);
	assert_int_equal(gt_nri_read_request(b.p, b.len, &q, &e), 0);
	memcpy(lie, &q, sizeof(*lie));
	for (size_t at = 0; at < offsetof(struct gt_nri_request, typed.bundle); at++) {
		for (size_t i = 0; i < GT_ARRAY_LEN(turn); i++) {
			unsigned char *byte = (unsigned char *)lie + at;

			*byte ^= turn[i];
			if (gt_nri_request_valid(lie) && gt_nri_request_agrees(lie, b.p, b.len))
				expect_truth(lie, strcmp(method, "StartContainer") == 0, at);
			*byte ^= turn[i];
		}
	}
}

static void test_lies_about_a_container(void **state)
{
	(void)state;
	try_lies("StartContainer");
	try_lies("CreateContainer");
	try_lies("UpdateContainer");
}

/* Places that are in the bytes, but are none of the layers. */
static void test_lies_about_layers(void **state)
{
	static const char *const lies[] = {"/etc", "/s",   "/s/1/", "/s/1:/s/2", "s/1",
					   "/",	   "/s/w", ":",	    "/s/11",	 "overlay"};
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_typed_root *root = malloc(sizeof(*root));
	struct gt_buf m = {0};
	struct gt_err e = {0};

	(void)state;
	assert_non_null(root);
	gt_pb_add_str(&m, 1, "overlay");
	gt_pb_add_str(&m, 2, "overlay");
	gt_pb_add_str(&m, 4, "lowerdir=/s/2:/s/1");
	add_message(&b, 1, &m);
	assert_int_equal(gt_nri_decode(GT_NRI_JOB_MOUNTS, b.p, b.len, root, &e), 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(lies); i++) {
		gt_list_init(&root->dirs);
		(void)gt_strv_add(&root->dirs.v, "/s/2", 4);
		assert_true(gt_nri_mounts_agree(root, b.p, b.len));
		(void)gt_strv_add(&root->dirs.v, lies[i], strlen(lies[i]));
		if (gt_nri_mounts_agree(root, b.p, b.len) && lies[i][0] == '/')
			fail_msg("%s", lies[i]);
	}
	free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_larger_than_there_may_be),
		cmocka_unit_test(test_lies_about_a_container),
		cmocka_unit_test(test_lies_about_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
