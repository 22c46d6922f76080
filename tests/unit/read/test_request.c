/*
 * Requests: which of them counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_bundle b;
static struct gt_requests req;
static struct gt_list set;

static void add(struct gt_strv *v, const char *const *pairs)
{
	for (; pairs[0]; pairs += 2)
		(void)gt_strv_add_pair(v, pairs[0], strlen(pairs[0]), pairs[1], strlen(pairs[1]));
}

static void dump(struct gt_buf *out)
{
	for (unsigned i = 0; i < GT_KEY_COUNT; i++) {
		if (req.key[i].origin)
			gt_buf_fmt(out, "%s=%s (%s)%s\n", gt_words_get(&gt_key_words, i),
				   req.key[i].value,
				   gt_words_get(&gt_origin_words, req.key[i].origin),
				   req.key[i].too_long ? " too long" : "");
	}
	for (unsigned i = 0; i < req.n_sysctl; i++)
		gt_buf_fmt(out, "%s=%s (%s)\n", req.sysctl[i].name, req.sysctl[i].value,
			   gt_words_get(&gt_origin_words, req.sysctl[i].origin));
	for (unsigned i = 0; i < req.n_unknown; i++)
		gt_buf_fmt(out, "unknown %s\n", req.unknown[i]);
}

static void test_read_requests_rows(void **state)
{
	static const struct {
		const char *name;
		const char *annotations[9], *env[7], *set[5];
		const char *want;
	} rows[] = {
		{"none", {NULL}, {NULL}, {NULL}, ""},
		{"every key",
		 {"io.gotune.enable", "true", "io.gotune.mode", "audit", "io.gotune.program", "/x",
		  "io.gotune.nofile", "5", NULL},
		 {"GOTUNE_PROFILE", "latency", "GOTUNE_GOGC", "50", "GOTUNE_GODEBUG", "a=1", NULL},
		 {"io.gotune.gomaxprocs", "3", "io.gotune.gomemlimit", "1GiB", NULL},
		 "enable=true (annotation)\nprofile=latency (image-env)\nmode=audit (annotation)\n"
		 "program=/x (annotation)\ngomaxprocs=3 (set)\ngomemlimit=1GiB (set)\n"
		 "gogc=50 (image-env)\ngodebug=a=1 (image-env)\nnofile=5 (annotation)\n"},
		{"annotation over env",
		 {"io.gotune.gogc", "1", NULL},
		 {"GOTUNE_GOGC", "2", NULL},
		 {NULL},
		 "gogc=1 (annotation)\n"},
		{"container over pod, in any order",
		 {"io.gotune.gogc/app", "1", "io.gotune.gogc", "2", NULL},
		 {NULL},
		 {NULL},
		 "gogc=1 (container-annotation)\n"},
		{"another container's",
		 {"io.gotune.gogc/other", "1", "io.gotune.gogc/", "2", "io.gotune.x/other", "3",
		  NULL},
		 {NULL},
		 {NULL},
		 ""},
		{"set over all",
		 {"io.gotune.gogc/app", "1", NULL},
		 {"GOTUNE_GOGC", "2", NULL},
		 {"io.gotune.gogc", "3", NULL},
		 "gogc=3 (set)\n"},
		{"repeated: the last",
		 {"io.gotune.gogc", "1", "io.gotune.gogc", "2", NULL},
		 {"GOTUNE_MODE", "off", "GOTUNE_MODE", "audit", NULL},
		 {NULL},
		 "mode=audit (image-env)\ngogc=2 (annotation)\n"},
		{"sysctl",
		 {"io.gotune.sysctl.net.core.somaxconn", "1", "io.gotune.sysctl.a.b/app", "2",
		  "io.gotune.sysctl.a.b", "3", NULL},
		 {NULL},
		 {NULL},
		 "net.core.somaxconn=1 (annotation)\na.b=2 (container-annotation)\n"},
		{"unknown",
		 {"io.gotune.GOGC", "1", "io.gotune.", "1", "io.gotune.sysctl.", "1", "io.gotunex",
		  "1", NULL},
		 {"GOTUNE_X", "1", "GOTUNE_X", "1", "GOTUNE_SYSCTL", "1", NULL},
		 {NULL},
		 "unknown GOTUNE_X\nunknown GOTUNE_SYSCTL\nunknown io.gotune.GOGC\n"
		 "unknown io.gotune.\nunknown io.gotune.sysctl.\n"},
		{"env is upper case",
		 {NULL},
		 {"GOTUNE_gogc", "1", "GOTUNE_GOGCX", "1", "GOTUNE_GOG", "1", NULL},
		 {NULL},
		 "unknown GOTUNE_gogc\nunknown GOTUNE_GOGCX\nunknown GOTUNE_GOG\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};

		gt_bundle_init(&b);
		gt_list_init(&set);
		add(&b.annotations, rows[i].annotations);
		add(&b.gotune_env, rows[i].env);
		add(&set.v, rows[i].set);
		gt_read_requests(&b, "app", &set.v, &req);
		gt_buf_str(&out, "");
		dump(&out);
		if (strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

/* The order of rank, each pair of neighbours: whichever comes first in the document. */
static void test_read_labels_rows(void **state)
{
	static const struct {
		const char *name;
		const char *set[3], *annotations[5], *env[3], *labels[7];
		const char *want;
	} rows[] = {
		{"a label alone",
		 {NULL},
		 {NULL},
		 {NULL},
		 {"io.gotune.gogc", "5", "io.gotune.profile", "memory", NULL},
		 "profile=memory (label)\ngogc=5 (label)\n"},
		{"image environment over label",
		 {NULL},
		 {NULL},
		 {"GOTUNE_GOGC", "4", NULL},
		 {"io.gotune.gogc", "5", NULL},
		 "gogc=4 (image-env)\n"},
		{"annotation over image environment",
		 {NULL},
		 {"io.gotune.gogc", "3", NULL},
		 {"GOTUNE_GOGC", "4", NULL},
		 {"io.gotune.gogc", "5", NULL},
		 "gogc=3 (annotation)\n"},
		{"annotation for this container over annotation",
		 {NULL},
		 {"io.gotune.gogc/app", "2", "io.gotune.gogc", "3", NULL},
		 {"GOTUNE_GOGC", "4", NULL},
		 {"io.gotune.gogc", "5", NULL},
		 "gogc=2 (container-annotation)\n"},
		{"--set over all",
		 {"io.gotune.gogc", "1", NULL},
		 {"io.gotune.gogc/app", "2", "io.gotune.gogc", "3", NULL},
		 {"GOTUNE_GOGC", "4", NULL},
		 {"io.gotune.gogc", "5", NULL},
		 "gogc=1 (set)\n"},
		{"key by key",
		 {NULL},
		 {"io.gotune.gogc", "3", NULL},
		 {"GOTUNE_MODE", "audit", NULL},
		 {"io.gotune.gogc", "5", "io.gotune.mode", "off", "io.gotune.nofile", "9", NULL},
		 "mode=audit (image-env)\ngogc=3 (annotation)\nnofile=9 (label)\n"},
		{"a sysctl",
		 {NULL},
		 {"io.gotune.sysctl.a.b", "3", NULL},
		 {NULL},
		 {"io.gotune.sysctl.a.b", "5", "io.gotune.sysctl.c.d", "6", NULL},
		 "a.b=3 (annotation)\nc.d=6 (label)\n"},
		{"an image knows no container of a pod",
		 {NULL},
		 {NULL},
		 {NULL},
		 {"io.gotune.gogc/app", "5", "io.gotune.mode/", "off", NULL},
		 ""},
		{"unknown and foreign",
		 {NULL},
		 {NULL},
		 {NULL},
		 {"io.gotune.nosuch", "5", "GOTUNE_GOGC", "5", "team", "pay", NULL},
		 "unknown io.gotune.nosuch\n"},
		{"twice: the last",
		 {NULL},
		 {NULL},
		 {NULL},
		 {"io.gotune.gogc", "5", "io.gotune.gogc", "6", NULL},
		 "gogc=6 (label)\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_list labels;
		struct gt_buf out = {0};

		gt_bundle_init(&b);
		gt_list_init(&set);
		gt_list_init(&labels);
		add(&set.v, rows[i].set);
		add(&b.annotations, rows[i].annotations);
		add(&b.gotune_env, rows[i].env);
		add(&labels.v, rows[i].labels);
		gt_read_requests(&b, "app", &set.v, &req);
		gt_read_labels(&labels.v, &req);
		gt_buf_str(&out, "");
		dump(&out);
		if (strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

static void test_read_requests_bounds(void **state)
{
	char value[600], name[80];

	(void)state;
	memset(value, '1', sizeof(value));
	gt_bundle_init(&b);
	(void)gt_strv_add_pair(&b.annotations, "io.gotune.gogc", 14, value, 511);
	(void)gt_strv_add_pair(&b.annotations, "io.gotune.mode", 14, value, 512);
	(void)gt_strv_add_pair(&b.annotations, "io.gotune.sysctl.a.b", 20, value, 128);
	for (int i = 0; i < 40; i++) {
		int n = snprintf(name, sizeof(name), "io.gotune.sysctl.net.x%d", i);

		(void)gt_strv_add_pair(&b.annotations, name, (size_t)n, "1", 1);
	}
	gt_read_requests(&b, NULL, NULL, &req);
	assert_false(req.key[GT_KEY_GOGC].too_long);
	assert_true(req.key[GT_KEY_MODE].too_long);
	assert_int_equal(req.n_sysctl, GT_SYSCTL_MAX);
	assert_int_equal(req.n_unknown, GT_UNKNOWN_KEYS_MAX);
	gt_read_requests(NULL, NULL, NULL, &req);
	assert_int_equal(req.n_unknown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_requests_rows),
		cmocka_unit_test(test_read_labels_rows),
		cmocka_unit_test(test_read_requests_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
