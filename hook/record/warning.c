/*
 * A record's warnings: adds one, and writes one sentence on one: what it is about, and the
 * catalogue's sentence. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

/* The value of the request that a warning is about; "" when it is not about a request. */
static const char *value_about(const struct gt_record *r, const char *about)
{
	static const char prefix[] = "io.gotune.";
	int key;

	if (!gt_has_prefix(about, prefix))
		return "";
	key = gt_words_find(&gt_key_words, about + sizeof(prefix) - 1);
	return key < 0 ? "" : r->facts.req.key[key].value;
}

void gt_record_warn(struct gt_record *r, enum gt_warning_id id)
{
	struct gt_plan *p = &r->plan;

	if (p->n_warning == GT_WARNINGS_MAX)
		p->warnings_dropped++;
	else
		p->warning[p->n_warning++] = (struct gt_warning){.id = id};
}

void gt_record_warning(const struct gt_record *r, uint32_t i, char *buf, size_t cap)
{
	struct gt_text t = {.buf = buf, .cap = cap};
	const struct gt_warning *w;

	if (cap == 0)
		return;
	buf[0] = '\0';
	if (i >= r->plan.n_warning || i >= GT_WARNINGS_MAX)
		return;
	w = &r->plan.warning[i];
	if (w->about[0]) {
		const char *value = value_about(r, w->about);

		gt_text_add(&t, value[0] ? "%s=%.100s: " : "%s%.100s: ", w->about, value);
	}
	gt_text_add(&t, "%s",
		    w->id < GT_W_COUNT ? gt_words_get(&gt_warning_sentences, w->id)
				       : "something needs attention");
}
