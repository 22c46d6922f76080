/*
 * TOML, read by toml++: the only place that knows it, and the only one in C++, is
 * base/toml.cc. What was read is looked at as JSON. Only `gotune` links it.
 */
#ifndef GOTUNE_BASE_TOML_H
#define GOTUNE_BASE_TOML_H

#include "gotune/base/err.h"
#include "gotune/base/str.h"

/*
 * Appends to OUT the TOML document TEXT as one line of JSON: tables as objects with their keys
 * sorted, so that equal trees are equal texts; dates, times, infinities and NaN as strings.
 * -EINVAL: not TOML, "LINE:COLUMN: what"; -ENOMEM. (A heap that is exhausted inside toml++ ends the
 * program: it is built without exceptions.) Pure but for the heap.
 */
GT_MUST_CHECK int gt_toml_to_json(const char *text, size_t len, struct gt_buf *out,
				  struct gt_err *e);

/* Byte offsets in the document, [begin, end); found is false when there is nothing. */
struct gt_toml_region {
	bool found;
	size_t begin, end;
};

/*
 * Where the value at PATH (N keys) stands; of a table that has a header of its own, "[a.b]", the
 * header. A table that is only implied, by [a.b.c], has the region of the header that implied it:
 * callers check what they make of it. Errors as gt_toml_to_json.
 */
GT_MUST_CHECK int gt_toml_find(const char *text, size_t len, const char *const *path, unsigned n,
			       struct gt_toml_region *ret, struct gt_err *e);

struct gt_toml_doc {
	const char *text;
	size_t len;
};

/* How documents are merged. All may be NULL. */
struct gt_toml_rules {
	/* "a/b/" and a star: tables there are replaced as a whole, and not key by key. */
	const char *whole;
	/* The table OLD_NAME of the table PARENT is taken for one that is called NEW_NAME. */
	const char *parent, *old_name, *new_name;
};

/*
 * Appends to OUT, as gt_toml_to_json writes it, what N documents come to when each is laid over
 * those before it: tables are merged key by key, whatever else is replaced. Errors as
 * gt_toml_to_json. Pure but for the heap.
 */
GT_MUST_CHECK int gt_toml_merge(const struct gt_toml_doc *doc, unsigned n,
				const struct gt_toml_rules *rules, struct gt_buf *out,
				struct gt_err *e);

#endif
