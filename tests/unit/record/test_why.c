/*
 * Sentences: there is one for everything that can be said, it names its numbers, and no buffer is
 * overrun. The wording is not asserted.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "record_sample.h"

static void test_why_every_reason_has_a_sentence(void **state)
{
	char buf[640];

	(void)state;
	sample.plan.n_setting = 1;
	for (unsigned id = 0; id < GT_SET_COUNT; id++) {
		for (unsigned why = GT_R_NONE + 1; why < GT_R_COUNT; why++) {
			struct gt_setting *s = &sample.plan.setting[0];

			s->id = id;
			s->reason = why;
			gt_record_why(&sample, 0, buf, sizeof(buf));
			/* A word of the list alone would be a reason without its sentence. */
			if (strlen(buf) < 20 || !strchr(buf, ' '))
				fail_msg("%s: \"%s\"", gt_words_get(&gt_reason_words, why), buf);
		}
	}
}

static void test_why_names_numbers_and_source(void **state)
{
	static const char *const parts[] = {"1.5", "150000", "100000", "/a/b", "2", "8", "0-7"};
	char buf[640];

	(void)state;
	gt_record_why(&sample, 0, buf, sizeof(buf));
	for (size_t i = 0; i < GT_ARRAY_LEN(parts); i++) {
		if (!strstr(buf, parts[i]))
			fail_msg("no %s in: %s", parts[i], buf);
	}
	gt_record_why(&sample, 1, buf, sizeof(buf));
	assert_non_null(strstr(buf, "512 MiB"));
	assert_non_null(strstr(buf, "460 MiB"));
}

static void test_why_nothing_known(void **state)
{
	char buf[640];

	(void)state;
	memset(&sample, 0, sizeof(sample));
	sample.plan.n_setting = 1;
	for (unsigned why = GT_R_NONE + 1; why < GT_R_COUNT; why++) {
		sample.plan.setting[0].reason = why;
		gt_record_why(&sample, 0, buf, sizeof(buf));
		assert_true(buf[0] != '\0');
	}
}

static void test_why_small_buffers(void **state)
{
	char buf[64];

	(void)state;
	for (size_t cap = 0; cap < 40; cap++) {
		memset(buf, 'x', sizeof(buf));
		gt_record_why(&sample, 0, buf, cap);
		for (size_t i = cap; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 'x');
		if (cap > 0)
			assert_non_null(memchr(buf, '\0', cap));
	}
	gt_record_why(&sample, 99, buf, sizeof(buf));
	assert_string_equal(buf, "");
}

static void test_warning_every_one_has_a_sentence(void **state)
{
	char buf[640], one[640] = "";

	(void)state;
	sample.plan.n_warning = 1;
	(void)gt_copy_str(sample.plan.warning[0].about, 128, "io.gotune.gogc");
	(void)gt_copy_str(sample.facts.req.key[GT_KEY_GOGC].value, 512, "often");
	for (unsigned w = GT_W_NONE + 1; w < GT_W_COUNT; w++) {
		sample.plan.warning[0].id = w;
		gt_record_warning(&sample, 0, buf, sizeof(buf));
		assert_true(gt_has_prefix(buf, "io.gotune.gogc=often: "));
		assert_true(strlen(buf) > 40);
		assert_string_not_equal(buf, one); /* no two are the same */
		(void)gt_copy_str(one, sizeof(one), buf);
	}
	(void)gt_copy_str(sample.plan.warning[0].about, 128, "/etc/x");
	gt_record_warning(&sample, 0, buf, sizeof(buf));
	assert_true(gt_has_prefix(buf, "/etc/x: "));
	sample.plan.warning[0].about[0] = '\0';
	gt_record_warning(&sample, 0, buf, sizeof(buf));
	assert_true(buf[0] != '\0' && buf[0] != ':');
	gt_record_warning(&sample, 1, buf, sizeof(buf));
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_why_every_reason_has_a_sentence, sample_make),
		cmocka_unit_test_setup(test_why_names_numbers_and_source, sample_make),
		cmocka_unit_test_setup(test_why_nothing_known, sample_make),
		cmocka_unit_test_setup(test_why_small_buffers, sample_make),
		cmocka_unit_test_setup(test_warning_every_one_has_a_sentence, sample_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
