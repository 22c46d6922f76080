/* A record that was saved by somebody. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_record_view v;
	struct gt_err e = {0};
	int64_t at = 0;

	if (fuzz_answer(gt_record_view_parse((const char *)data, size, &v, &e), &e) < 0)
		return 0;
	HOLDS(v.n_setting <= GT_SETTINGS_MAX && v.n_fact <= GT_VIEW_FACTS_MAX);
	HOLDS(v.n_warning <= GT_WARNINGS_MAX && v.n_set <= v.n_setting &&
	      v.n_applied <= v.n_setting);
	HOLDS(gt_has_prefix(v.schema, "gotune.record/") && memchr(v.id, '\0', sizeof(v.id)));
	for (uint32_t i = 0; i < v.n_setting; i++) {
		HOLDS(memchr(v.setting[i].why, '\0', sizeof(v.setting[i].why)));
		HOLDS(memchr(v.setting[i].value, '\0', sizeof(v.setting[i].value)));
	}
	for (uint32_t i = 0; i < v.n_fact; i++)
		HOLDS(memchr(v.fact[i].key, '\0', sizeof(v.fact[i].key)));
	HOLDS(gt_record_time(v.started_at, &at) <= 0);
	return 0;
}
