/*
 * What the process that edits knows while it writes, and the text that it makes of it.
 */
#ifndef GOTUNE_EDIT_SPLICE_TEXT_H
#define GOTUNE_EDIT_SPLICE_TEXT_H

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice.h"

struct gt_splice_edit {
	uint32_t begin, end;	 /* of the document: [begin, end) becomes ... */
	uint32_t text, text_len; /* ... this part of the text */
};
#define GT_SPLICE_EDITS_MAX (GT_PLACES_NODES_MAX + GT_PLACES_ELEMENTS_MAX)

struct gt_splice_writer {
	const struct gt_plan *plan;
	const struct gt_edit_hook *hook; /* NULL: none is to be added */
	struct gt_splice s;
	struct gt_places p;
	bool process; /* a process document: we leave a duplicate variable alone */
	/* Nothing goes there: its parent is missing and must not be made, or it would be empty. */
	bool gone[GT_PLACES_NODES_MAX];
	/* Its text is part of its parent's. */
	struct {
		uint32_t text, text_len;
	} made[GT_PLACES_NODES_MAX];
	enum gt_splice_todo { KEEP, SET, CONFLICT } nofile, env[GT_VAR_COUNT], add_hook;
	struct gt_buf text;
	struct gt_splice_edit edit[GT_SPLICE_EDITS_MAX];
	uint32_t n_edit;
};

/* Does the document have the element WHAT? */
bool gt_splice_has(const struct gt_splice_writer *w, uint32_t what);

/* Appends the entry of a variable, as a JSON string. Errors are in w->text. */
void gt_splice_text_entry(struct gt_splice_writer *w, const struct gt_splice_env *v);

/* Appends a part of the text to itself. */
void gt_splice_text_part(struct gt_buf *text, uint32_t at, uint32_t len);

/* Appends what is missing inside node I, joined by commas; COMMA: something precedes it. */
void gt_splice_text_inside(struct gt_splice_writer *w, int i, bool comma);

/* Makes the text of a value that is missing or null. Its children's text must exist already. */
void gt_splice_text_value(struct gt_splice_writer *w, int i);

#endif
