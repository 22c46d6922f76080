/*
 * The files that an engine lays one over the other, as it reads them: what is on the disk, or what
 * would be there after a change. A driver says which files there are and in which order; here they
 * are read, merged, and asked who had the last word.
 */
#ifndef GOTUNE_ENGINE_SHEETS_H
#define GOTUNE_ENGINE_SHEETS_H

#include "gotune/base.h"
#include "job.h"

#define GT_SHEETS_MAX 256

/* Files that are taken to be otherwise than on the disk; a NULL text: not there. */
struct gt_view {
	int root;
	struct gt_over {
		const char *path, *text;
		size_t len;
	} over[16];
	unsigned n;
	bool skips_broken; /* to take out what is ours, whatever is wrong with others' files */
};

/* The disk below the root of J and, with AFTER, what its changes make of it. */
struct gt_view gt_view_of(const struct gt_engine_job *j, bool after);
/* PATH and TEXT are borrowed. What does not fit is left out: there is room for all that drivers
 * have. */
void gt_view_set(struct gt_view *v, const char *path, const char *text, size_t len);
/* True when the view has PATH. */
bool gt_view_has(const struct gt_view *v, const char *path);

struct gt_sheet {
	char path[GT_PATH_CAP];
	struct gt_file file;
	struct gt_buf json;
};

struct gt_sheets {
	struct gt_sheet *at[GT_SHEETS_MAX]; /* in the order in which they are read */
	unsigned n;
};
void gt_sheets_done(struct gt_sheets *l);

/* Appends the TOML file at PATH; none when it is not there. -EINVAL with "PATH:LINE:COLUMN: ..."
 * when it is no TOML, -E2BIG, and as gt_file_read_linked. */
GT_MUST_CHECK int gt_sheets_add(struct gt_sheets *l, const struct gt_view *v, const char *path,
				struct gt_err *e);

/* The names in DIR, sorted, hidden ones too, of what is no directory and matches PATTERN
 * (gt_glob). */
GT_MUST_CHECK int gt_view_names(const struct gt_view *v, const char *dir, const char *pattern,
				struct gt_list *ret, struct gt_err *e);

/* Appends each file of DIR whose name matches PATTERN, by name; DEEP: those of its directories as
 * well, where their names sort (Go's filepath.Walk). */
GT_MUST_CHECK int gt_sheets_add_dir(struct gt_sheets *l, const struct gt_view *v, const char *dir,
				    const char *pattern, bool deep, struct gt_err *e);

/* Is the string at PATH (N keys) of the TOML file FILE this VALUE? A file that is broken has none.
 */
bool gt_view_says(const struct gt_view *v, const char *file, const char *const *path, unsigned n,
		  const char *value);

/* What they come to, as JSON. */
GT_MUST_CHECK int gt_sheets_merge(const struct gt_sheets *l, const struct gt_toml_rules *rules,
				  struct gt_buf *ret, struct gt_err *e);

/* True when the layer has something at PATH (N keys). */
bool gt_sheet_has(const struct gt_sheet *l, const char *const *path, unsigned n);

/* The last layer that has something at PATH, or NULL. */
const struct gt_sheet *gt_sheets_last(const struct gt_sheets *l, const char *const *path,
				      unsigned n);

/* The layer of that path, or NULL. */
const struct gt_sheet *gt_sheets_find(const struct gt_sheets *l, const char *path);

#endif
