#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gotune/metrics.h"

static struct gt_metrics_container make(const char *id, bool own_row)
{
	struct gt_metrics_container c = {.engine = "docker",
					 .profile = "balanced",
					 .mode = "enforce",
					 .go = "go1.24.4",
					 .image = "web:1",
					 .own_row = own_row,
					 .has_usage = true};

	gt_copy_cut(c.id, id);
	c.usage = (struct gt_usage){.has_periods = true,
				    .periods = 10,
				    .throttled = 3,
				    .throttled_us = 2500001,
				    .has_memory = true,
				    .memory_bytes = 7};
	return c;
}

/* The text of N containers; the caller frees. */
static void write_all(const struct gt_metrics_container *c, uint32_t n,
		      enum gt_metrics_format format, struct gt_buf *out)
{
	const struct gt_metrics_container *list[200];
	struct gt_metrics m = {.container = list, .n_container = n};

	assert_true(n <= GT_ARRAY_LEN(list));
	for (uint32_t i = 0; i < n; i++)
		list[i] = &c[i];
	gt_metrics_write(&m, format, out);
	assert_int_equal(out->error, 0);
}

static void has(const struct gt_buf *out, const char *line)
{
	if (!strstr(out->p, line))
		fail_msg("no %s in:\n%s", line, out->p);
}

static unsigned lines_of(const struct gt_buf *out, const char *prefix)
{
	unsigned n = 0;

	for (const char *l = out->p; l && *l; l = strchr(l, '\n') + 1)
		n += gt_has_prefix(l, prefix);
	return n;
}

static void test_usage_of_a_container(void **state)
{
	struct gt_metrics_container c = make("a", true);
	struct gt_buf out = {0};

	(void)state;
	write_all(&c, 1, GT_METRICS_TEXT, &out);
	has(&out, "\n# TYPE gotune_container_cpu_periods_total counter\n"
		  "gotune_container_cpu_periods_total{id=\"a\"} 10\n");
	has(&out, "\ngotune_container_cpu_throttled_seconds_total{id=\"a\"} 2.500001\n");
	has(&out, "\ngotune_container_memory_bytes{id=\"a\"} 7\n");
	has(&out, "\ngotune_container_info{id=\"a\",image=\"web:1\",engine=\"docker\",profile="
		  "\"balanced\",mode=\"enforce\",go=\"go1.24.4\"} 1\n");
	/* What is not known has no line, and no head either. */
	assert_null(strstr(out.p, "memory_limit"));
	assert_null(strstr(out.p, "pressure"));
	assert_null(strstr(out.p, "# EOF"));
	assert_true(gt_has_suffix(out.p, "\n"));
	gt_buf_done(&out);
}

/* The same, where a counter's family has another name than its sample, and there is an end. */
static void test_openmetrics(void **state)
{
	struct gt_metrics_container c = make("a", true);
	struct gt_buf out = {0};

	(void)state;
	write_all(&c, 1, GT_METRICS_OPENMETRICS, &out);
	has(&out, "\n# TYPE gotune_container_cpu_periods counter\n"
		  "gotune_container_cpu_periods_total{id=\"a\"} 10\n");
	assert_true(gt_has_suffix(out.p, "\n# EOF\n"));
	gt_buf_done(&out);
}

static void test_pressure_has_a_label(void **state)
{
	struct gt_metrics_container c = make("a", true);
	struct gt_buf out = {0};

	(void)state;
	c.usage.has_pressure[GT_PRESSURE_IO] = true;
	c.usage.some_us[GT_PRESSURE_IO] = 1;
	c.usage.full_us[GT_PRESSURE_IO] = UINT64_MAX;
	write_all(&c, 1, GT_METRICS_TEXT, &out);
	has(&out, "\ngotune_container_pressure_waiting_seconds_total{id=\"a\",resource=\"io\"} "
		  "0.000001\n");
	has(&out, "\ngotune_container_pressure_stalled_seconds_total{id=\"a\",resource=\"io\"} "
		  "18446744073709.551615\n");
	assert_int_equal(lines_of(&out, "gotune_container_pressure"), 2);
	gt_buf_done(&out);
}

static void test_hostile_labels(void **state)
{
	static const struct {
		const char *id, *want;
	} rows[] = {
		{"a\"b\\c", "{id=\"a\\\"b\\\\c\"}"},
		{"a\nb", "{id=\"a%0Ab\"}"},
		{"a%0Ab", "{id=\"a%250Ab\"}"}, /* not the same as the one before */
		{"\xff\xfe", "{id=\"%FF%FE\"}"},
		{"\xe2\x80\xae", "{id=\"%E2%80%AE\"}"}, /* right to left */
		{"\x1b[31m", "{id=\"%1B[31m\"}"},
		{"\xc3\xbc", "{id=\"\xc3\xbc\"}"},
		{"} 1\n# HELP x", "{id=\"} 1%0A# HELP x\"}"},
		{"", "{id=\"\"}"},
		{"other", "{id=\"other\"}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_metrics_container c = make(rows[i].id, true);
		struct gt_buf out = {0};
		char want[128];

		write_all(&c, 1, GT_METRICS_TEXT, &out);
		(void)snprintf(want, sizeof(want), "\ngotune_container_memory_bytes%s 7\n",
			       rows[i].want);
		has(&out, want);
		assert_int_equal(lines_of(&out, "gotune_container_memory_bytes"), 1);
		gt_buf_done(&out);
	}
}

/* Those without a row of their own are one row, whatever the others are called. */
static void test_other_is_a_sum(void **state)
{
	struct gt_metrics_container c[] = {make("other", true), make("b", false), make("c", false),
					   make("d", false)};
	struct gt_buf out = {0};

	(void)state;
	c[3].has_usage = false; /* it has ended meanwhile */
	write_all(c, 4, GT_METRICS_TEXT, &out);
	has(&out, "{id=\"other\"} 7\ngotune_container_memory_bytes{id=\"/other\"} 14\n");
	has(&out,
	    "\ngotune_containers{engine=\"docker\",profile=\"balanced\",mode=\"enforce\"} 4\n");
	assert_int_equal(lines_of(&out, "gotune_container_info{"), 1);
	c[1].usage.memory_bytes = UINT64_MAX;
	out.len = 0;
	write_all(c, 4, GT_METRICS_TEXT, &out);
	has(&out, "{id=\"/other\"} 18446744073709551615\n");
	gt_buf_done(&out);
}

/* However many profiles there are. */
static void test_groups_are_bounded(void **state)
{
	static struct gt_metrics_container c[200];
	struct gt_buf out = {0};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(c); i++) {
		c[i] = make("x", false);
		(void)snprintf(c[i].profile, sizeof(c[i].profile), "p%u", i);
	}
	write_all(c, GT_ARRAY_LEN(c), GT_METRICS_TEXT, &out);
	assert_int_equal(lines_of(&out, "gotune_containers{"), GT_METRICS_GROUPS_MAX + 1);
	has(&out, "{engine=\"other\",profile=\"other\",mode=\"other\"} 136\n");
	gt_buf_done(&out);
}

static void test_settings_are_counted(void **state)
{
	struct gt_metrics_container c[2] = {make("a", true), make("b", true)};
	struct gt_buf out = {0};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		c[i].n_setting = 2;
		c[i].setting[0].verdict = GT_VERDICT_SET;
		c[i].setting[0].reason = GT_R_CPU_QUOTA;
		c[i].setting[1].verdict = GT_VERDICT_COUNT;
		c[i].setting[1].reason = GT_R_COUNT;
		c[i].drifted = true;
	}
	c[1].incomplete = true;
	write_all(c, 2, GT_METRICS_TEXT, &out);
	has(&out, "\ngotune_settings{verdict=\"set\",reason=\"cpu-quota\"} 2\n");
	has(&out, "\ngotune_settings{verdict=\"other\",reason=\"other\"} 2\n");
	has(&out, "\ngotune_containers_drifted 2\n");
	has(&out, "\ngotune_containers_incomplete 1\n");
	gt_buf_done(&out);
}

static void test_counters_and_durations(void **state)
{
	struct gt_metrics m = {.has_counts = true,
			       .count = {5, 4, 1},
			       .has_durations = true,
			       .has_self = true,
			       .self_cpu_us = 1500000,
			       .self_rss_bytes = 4096};
	struct gt_buf out = {0};

	(void)state;
	for (unsigned i = 0; i < GT_DURATIONS; i++)
		m.durations.within[i] = i;
	m.durations.sum_us = 123456;
	gt_metrics_write(&m, GT_METRICS_TEXT, &out);
	has(&out, "\ngotune_containers_decided_total 5\n");
	has(&out, "\ngotune_containers_failed_total 1\n");
	has(&out, "_seconds_bucket{le=\"0.0005\"} 0\ngotune_decision_duration_seconds_bucket{le="
		  "\"0.001\"} 1\n");
	has(&out, "{le=\"0.25\"} 8\n");
	has(&out, "{le=\"1.0\"} 9\ngotune_decision_duration_seconds_bucket{le=\"+Inf\"} 10\n"
		  "gotune_decision_duration_seconds_sum 0.123456\n"
		  "gotune_decision_duration_seconds_count 10\n");
	has(&out, "\nprocess_cpu_seconds_total 1.500000\n");
	has(&out, "\ngotune_build_info{version=\"");
	gt_buf_done(&out);
}

static void test_nothing_is_known(void **state)
{
	struct gt_metrics m = {0};
	struct gt_buf out = {0};

	(void)state;
	gt_metrics_write(&m, GT_METRICS_TEXT, &out);
	assert_null(strstr(out.p, "containers_decided"));
	assert_null(strstr(out.p, "process_"));
	assert_null(strstr(out.p, "gotune_container_"));
	assert_int_equal(strlen(out.p), out.len);
	gt_buf_done(&out);
}

static void test_container_of_a_record(void **state)
{
	struct gt_record_view *v = calloc(1, sizeof(*v));
	struct gt_metrics_container c;

	(void)state;
	assert_non_null(v);
	gt_copy_cut(v->id, "x");
	gt_copy_cut(v->drifted_at, "2026-01-01T00:00:00Z");
	memset(v->image, 'i', sizeof(v->image) - 1);
	v->n_set = 2;
	v->n_applied = 1;
	v->n_setting = 2;
	gt_copy_cut(v->setting[0].verdict, "skip");
	gt_copy_cut(v->setting[0].reason, "go-default-is-right");
	gt_copy_cut(v->setting[1].verdict, "of the future");
	gt_copy_cut(v->setting[1].reason, "of the future");
	gt_metrics_container_of(v, &c);
	assert_string_equal(c.id, "x");
	assert_true(c.drifted && c.incomplete && !c.has_usage);
	assert_int_equal(strlen(c.image), GT_METRICS_IMAGE_CAP - 1);
	assert_int_equal(c.n_setting, 2);
	assert_int_equal(c.setting[0].verdict, GT_VERDICT_SKIP);
	assert_string_equal(gt_words_get(&gt_reason_words, c.setting[0].reason),
			    "go-default-is-right");
	assert_int_equal(c.setting[1].verdict, GT_VERDICT_COUNT);
	assert_int_equal(c.setting[1].reason, GT_R_COUNT);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage_of_a_container),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_pressure_has_a_label),
		cmocka_unit_test(test_hostile_labels),
		cmocka_unit_test(test_other_is_a_sum),
		cmocka_unit_test(test_groups_are_bounded),
		cmocka_unit_test(test_settings_are_counted),
		cmocka_unit_test(test_counters_and_durations),
		cmocka_unit_test(test_nothing_is_known),
		cmocka_unit_test(test_container_of_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
