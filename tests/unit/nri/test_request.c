/* The runtime's calls, decoded; and the second reading of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "messages.h"
#include "nri/request.h"

static struct gt_nri_request q;

static int read_back(struct gt_buf *b)
{
	struct gt_err e = {0};
	int r = gt_nri_read_request(b->p, b->len, &q, &e);

	if (r == 0)
		assert_true(gt_nri_request_valid(&q));
	return r;
}

static void test_a_container_as_config_json_would_have_it(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	const struct gt_bundle *c = &q.typed.bundle;

	(void)state;
	make_call(&b, "CreateContainer", 2, 0, "one", 0);
	assert_int_equal(read_back(&b), 0);
	assert_int_equal(q.call, GT_NRI_CALL_CREATE);
	assert_int_equal(q.event, GT_NRI_CREATE);
	assert_true(q.has_container);
	assert_string_equal(q.typed.id, "one");
	assert_string_equal(q.typed.name, "main");
	assert_int_equal(q.typed.pid, 0);
	assert_true(c->has_process && c->has_linux);
	assert_int_equal(c->args.n, 2);
	assert_string_equal(gt_strv_at(&c->args, 0), "/probe");
	assert_true(c->var[GT_VAR_GOGC].present && !c->var[GT_VAR_GOMAXPROCS].present);
	assert_string_equal(c->var[GT_VAR_GOGC].value, "77");
	assert_string_equal(c->path_env, "/bin");
	assert_string_equal(gt_strv_pair(&c->gotune_env, "GOTUNE_MODE"), "audit");
	assert_true(c->res.has_quota && c->res.quota_us == 50000 && c->res.period_us == 100000);
	assert_int_equal(c->res.mem_limit_bytes, 512 << 20);
	assert_true(c->res.has_swappiness && c->res.swappiness == 0);
	assert_string_equal(c->res.cpus, "0-1");
	assert_string_equal(gt_strv_pair(&c->res.unified, "memory.high"), "400000000");
	assert_string_equal(gt_strv_pair(&c->sysctl, "net.core.somaxconn"), "99");
	assert_string_equal(gt_strv_pair(&c->mounts, "/data"), "/srv/data");
	assert_string_equal(gt_strv_pair(&c->mounts, "/proc"), "");
	assert_true(c->ns[GT_NS_NET].joined);
	assert_string_equal(c->cgroups_path, "kubepods.slice:cri-containerd:one");
	assert_true(c->has_nofile && c->nofile_soft == 300 && c->nofile_hard == 9000);
	/* The container's annotation counts before the pod's; labels are a rank of their own. */
	assert_string_equal(gt_strv_pair(&c->annotations, "io.gotune.profile"), "container");
	assert_string_equal(gt_strv_pair(&c->annotations, "io.gotune.gomaxprocs/main"), "3");
	assert_string_equal(gt_strv_pair(&c->annotations, "other"), "y");
	assert_string_equal(gt_strv_pair(&q.typed.labels, "io.gotune.gogc"), "50");
	assert_null(gt_strv_pair(&q.typed.labels, "app"));
	assert_true(c->has_seccomp && !c->prctl_allowed);
}

static void test_our_annotations_have_room_beside_a_long_one(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf m = {0}, pod = {0}, c = {0};
	char *text = malloc(40000);

	(void)state;
	memset(text, 'x', 39999);
	text[39999] = '\0';
	add_pair(&pod, 6, "kubectl.kubernetes.io/last-applied-configuration", text);
	add_pair(&pod, 6, "io.gotune.gogc", "60");
	make_container(&c, "one", 0);
	add_message(&m, 1, &pod);
	add_message(&m, 2, &c);
	make_request(&b, "CreateContainer", &m);
	assert_int_equal(read_back(&b), 0);
	assert_string_equal(gt_strv_pair(&q.typed.bundle.annotations, "io.gotune.gogc"), "60");
	assert_int_equal(q.typed.bundle.annotations.dropped, 1);
	free(text);
}

static void test_events_by_both_of_their_calls(void **state)
{
	static const struct {
		const char *method;
		uint32_t field;
		uint64_t number;
		enum gt_nri_event event;
	} rows[] = {
		{"StateChange", 3, 6, GT_NRI_START},	  {"StartContainer", 2, 0, GT_NRI_START},
		{"StateChange", 3, 11, GT_NRI_REMOVE},	  {"RemoveContainer", 2, 0, GT_NRI_REMOVE},
		{"UpdateContainer", 2, 0, GT_NRI_UPDATE}, {"StopContainer", 2, 0, GT_NRI_STOP},
		{"StateChange", 3, 99, GT_NRI_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};

		print_message("%s %u\n", rows[i].method, (unsigned)rows[i].number);
		make_call(&b, rows[i].method, rows[i].field, rows[i].number, "one", 1234);
		assert_int_equal(read_back(&b), 0);
		assert_int_equal(q.call, GT_NRI_CALL_EVENT);
		assert_int_equal(q.event, rows[i].event);
		assert_int_equal(q.typed.pid, 1234);
		assert_true(gt_nri_request_agrees(&q, b.p, b.len));
	}
}

static void test_what_is_no_call_of_ours(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf m = {0};

	(void)state;
	make_request(&b, "RunPodSandbox", &m);
	assert_int_equal(read_back(&b), 0);
	assert_int_equal(q.call, GT_NRI_CALL_UNKNOWN);
	assert_string_equal(q.method, "RunPodSandbox");
	gt_buf_done(&b);
	b = (struct gt_buf){0};
	gt_pb_add_str(&b, 1, "another.Service");
	gt_pb_add_str(&b, 2, "CreateContainer");
	assert_int_equal(read_back(&b), 0);
	assert_int_equal(q.call, GT_NRI_CALL_UNKNOWN);
}

static void test_ids_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const ids[] = {"", "..", "a/b", ".x"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(ids); i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};

		make_call(&b, "CreateContainer", 2, 0, ids[i], 0);
		assert_int_equal(read_back(&b), -EBADMSG);
	}
}

static void test_a_message_cut_anywhere_is_refused_or_smaller(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_err e;

	(void)state;
	make_call(&b, "CreateContainer", 2, 0, "one", 7);
	for (size_t n = 0; n < b.len; n++) {
		char *copy = malloc(n + 1); /* so that a sanitizer sees its end */

		memcpy(copy, b.p, n);
		if (gt_nri_read_request(copy, n, &q, &e) == 0)
			assert_true(!q.has_container && gt_nri_request_valid(&q));
		free(copy);
	}
}

static void test_a_lie_about_the_container_does_not_agree(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};

	(void)state;
	make_call(&b, "StateChange", 3, GT_NRI_START, "one", 1234);
	assert_int_equal(read_back(&b), 0);
	assert_true(gt_nri_request_agrees(&q, b.p, b.len));
	q.typed.pid = 1;
	assert_false(gt_nri_request_agrees(&q, b.p, b.len));
	q.typed.pid = 1234;
	strcpy(q.typed.id, "two");
	assert_false(gt_nri_request_agrees(&q, b.p, b.len));
	strcpy(q.typed.id, "one");
	strcpy(q.method, "StartContainer");
	assert_false(gt_nri_request_agrees(&q, b.p, b.len));
	gt_buf_done(&b);
	b = (struct gt_buf){0};
	make_call(&b, "UpdateContainer", 2, 0, "one", 1234);
	assert_int_equal(read_back(&b), 0);
	q.event = GT_NRI_START; /* an update is none: its process must not be traced */
	assert_false(gt_nri_request_agrees(&q, b.p, b.len));
}

static void test_configure_and_synchronize(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	_cleanup_(gt_buf_done) struct gt_buf s = {0};
	struct gt_buf m = {0};

	(void)state;
	gt_pb_add_str(&m, 2, "containerd");
	gt_pb_add_str(&m, 3, "v2.1.9");
	gt_pb_add_number(&m, 5, 2000);
	gt_pb_add_str(&m, 6, "0.8");
	make_request(&b, "Configure", &m);
	assert_int_equal(read_back(&b), 0);
	assert_int_equal(q.call, GT_NRI_CALL_CONFIGURE);
	assert_string_equal(q.peer.runtime, "containerd");
	assert_string_equal(q.peer.version, "v2.1.9");
	assert_string_equal(q.peer.nri, "0.8");
	for (unsigned i = 0; i < 2000; i++)
		gt_pb_add_str(&m, 2, "x");
	gt_pb_add_number(&m, 3, 1);
	make_request(&s, "Synchronize", &m);
	assert_int_equal(read_back(&s), 0);
	assert_int_equal(q.n_containers, 2000);
	assert_true(q.more);
}

static void test_response_rows(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf status = {0};
	struct gt_nri_response a;
	struct gt_err e;

	(void)state;
	assert_int_equal(gt_nri_read_response(NULL, 0, &a, &e), 0);
	assert_int_equal(a.code, 0);
	gt_pb_add_number(&status, 1, 7);
	gt_pb_add_str(&status, 2, "no");
	add_message(&b, 1, &status);
	assert_int_equal(gt_nri_read_response(b.p, b.len, &a, &e), 0);
	assert_int_equal(a.code, 7);
	assert_string_equal(a.message, "no");
	assert_int_equal(gt_nri_read_response("\x0a\x05", 2, &a, &e), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_container_as_config_json_would_have_it),
		cmocka_unit_test(test_our_annotations_have_room_beside_a_long_one),
		cmocka_unit_test(test_events_by_both_of_their_calls),
		cmocka_unit_test(test_what_is_no_call_of_ours),
		cmocka_unit_test(test_ids_that_lead_elsewhere_are_refused),
		cmocka_unit_test(test_a_message_cut_anywhere_is_refused_or_smaller),
		cmocka_unit_test(test_a_lie_about_the_container_does_not_agree),
		cmocka_unit_test(test_configure_and_synchronize),
		cmocka_unit_test(test_response_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
