/*
 * Takes plain values from the events of a policy file, and notes faults with their place. Pure.
 */
#include <stdarg.h>
#include <stdio.h>

#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

struct gt_json_pos gt_policy_place(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->at = gt_json_locate_from(rd->doc, rd->len, ev->begin, &rd->at);
	return rd->at;
}

static void GT_PRINTF(4, 0) note_fault(struct gt_policy_reader *rd, size_t offset, const char *path,
				       const char *fmt, va_list ap)
{
	struct gt_json_pos pos = gt_json_locate(rd->doc, rd->len, offset);
	char text[192];
	struct gt_err e;

	if (rd->n_fault == 0) { /* the first is the one to fix */
		(void)vsnprintf(text, sizeof(text), fmt, ap);
		(void)gt_err_set(&e, -EINVAL, "%u:%u: %s%s%s", pos.line, pos.column, path,
				 *path ? ": " : "", text);
		gt_copy_cut(rd->error, e.msg);
	}
	rd->n_fault++;
}

int gt_policy_fault(struct gt_policy_reader *rd, size_t offset, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_fault(rd, offset, "", fmt, ap);
	va_end(ap);
	return 0;
}

/* "profiles.balanced.gogc", "rules[0].name" */
static void write_path(const struct gt_json_event *ev, char *dst, size_t cap)
{
	dst[0] = '\0';
	for (unsigned i = 0; i < ev->depth; i++) {
		const struct gt_json_step *step = &ev->path[i];

		if (step->key) {
			(void)gt_append(dst, cap, i ? "." : "");
			(void)gt_append(dst, cap, step->key);
		} else {
			(void)gt_append(dst, cap, "[");
			(void)gt_append_u64(dst, cap, step->index);
			(void)gt_append(dst, cap, "]");
		}
	}
}

int gt_policy_fault_at(struct gt_policy_reader *rd, const struct gt_json_event *ev, const char *fmt,
		       ...)
{
	char path[128]; /* may be cut: the place says the rest */
	va_list ap;

	write_path(ev, path, sizeof(path));
	va_start(ap, fmt);
	note_fault(rd, ev->begin, path, fmt, ap);
	va_end(ap);
	return 0;
}

struct gt_json_event gt_policy_below(const struct gt_json_event *ev, unsigned n)
{
	struct gt_json_event below = *ev;

	below.path += n;
	below.depth -= n;
	return below;
}

int gt_policy_text(struct gt_policy_reader *rd, const struct gt_json_event *ev, char *dst,
		   size_t cap)
{
	char text[GT_PATH_CAP];

	if (ev->type != GT_JSON_STRING)
		return gt_policy_fault_at(rd, ev, "not a string");
	if (cap > sizeof(text))
		cap = sizeof(text);
	if (!gt_copy(text, cap, ev->text, ev->len))
		return gt_policy_fault_at(rd, ev, "longer than %zu bytes", cap - 1);
	for (const char *s = text; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return gt_policy_fault_at(rd, ev, "has a control character");
	}
	memcpy(dst, text, strlen(text) + 1);
	return 1;
}

int gt_policy_word(struct gt_policy_reader *rd, const struct gt_json_event *ev,
		   const struct gt_words *words, unsigned *ret)
{
	char text[64] = "", allowed[128] = "";
	int i = -1;

	if (ev->type == GT_JSON_STRING && gt_copy(text, sizeof(text), ev->text, ev->len))
		i = gt_words_find(words, text);
	if (i >= 0) {
		*ret = (unsigned)i;
		return 1;
	}
	for (unsigned j = 0; j < words->n; j++) {
		(void)gt_append(allowed, sizeof(allowed), j ? ", " : "");
		(void)gt_append(allowed, sizeof(allowed), gt_words_get(words, j));
	}
	if (!text[0])
		return gt_policy_fault_at(rd, ev, "must be one of %s", allowed);
	return gt_policy_fault_at(rd, ev, "\"%s\" is not one of %s", text, allowed);
}

int gt_policy_number(struct gt_policy_reader *rd, const struct gt_json_event *ev, uint64_t min,
		     uint64_t max, uint64_t *ret)
{
	uint64_t v;

	if (ev->type != GT_JSON_INT && ev->type != GT_JSON_NUMBER)
		return gt_policy_fault_at(rd, ev, "not a whole number");
	if (gt_field_u64(ev, &v) < 0 || v < min || v > max)
		return gt_policy_fault_at(rd, ev, "must be a whole number from %llu to %llu",
					  (unsigned long long)min, (unsigned long long)max);
	*ret = v;
	return 1;
}

bool gt_policy_name_ok(const char *s, size_t len)
{
	char name[GT_NAME_CAP];

	return gt_copy(name, sizeof(name), s, len) && gt_is_plain(name);
}
