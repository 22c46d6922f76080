/*
 * What metrics keep of a record. Pure.
 */
#include "gotune/base.h"
#include "gotune/metrics.h"

static uint8_t index_of(const struct gt_words *words, const char *word)
{
	int i = gt_words_find(words, word);

	return (uint8_t)(i < 0 ? (int)words->n : i);
}

_Static_assert(GT_R_COUNT < 256 && GT_VERDICT_COUNT < 256, "they fit the bytes of a setting");

void gt_metrics_container_of(const struct gt_record_view *v, struct gt_metrics_container *ret)
{
	*ret = (struct gt_metrics_container){0};
	gt_copy_cut(ret->id, v->id);
	gt_copy_cut(ret->image, v->image);
	gt_copy_cut(ret->engine, v->engine);
	gt_copy_cut(ret->profile, v->profile);
	gt_copy_cut(ret->mode, v->mode);
	gt_copy_cut(ret->go, v->go);
	ret->drifted = v->drifted_at[0] != '\0';
	ret->spiral = v->spiral_at[0] != '\0';
	ret->incomplete = v->n_applied < v->n_set;
	for (uint32_t i = 0; i < v->n_setting && i < GT_SETTINGS_MAX; i++) {
		ret->setting[i].verdict = index_of(&gt_verdict_words, v->setting[i].verdict);
		ret->setting[i].reason = index_of(&gt_reason_words, v->setting[i].reason);
		ret->n_setting++;
	}
}
