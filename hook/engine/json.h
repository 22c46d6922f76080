/*
 * Small edits of a JSON text that keep every other byte. All pure but for the heap.
 */
#ifndef GOTUNE_ENGINE_JSON_H
#define GOTUNE_ENGINE_JSON_H

#include "gotune/base.h"

/* A path is an array of at most this many keys, outermost first. */
#define GT_JSON_PATH_MAX 8

struct gt_json_spot {
	bool found;
	enum gt_json_type type; /* of an object or array the _START */
	uint32_t begin, end;	/* of the value, brackets included */
	uint32_t n_children;	/* of an object */
	char text[1024];	/* of a string; "" when it is none or does not fit */
};

/*
 * Where the value at PATH (N keys; 0: the document) is. Not there: found is false, no error.
 * An invalid document is one, with "LINE:COLUMN: " before the message: it is not one JSON document,
 * or on the way to PATH a key appears twice, or in another case (Go reads either). -EINVAL,
 * -EBADMSG, -ENOMEM.
 */
GT_MUST_CHECK int gt_json_find(const char *doc, size_t len, const char *const *path, unsigned n,
			       struct gt_json_spot *ret, struct gt_err *e);

/*
 * Appends to OUT the document with VALUE (JSON text) at PATH: what is there is replaced,
 * objects that are missing on the way are made, in the indentation of the document. Errors as
 * gt_json_find; -EBADMSG also for something on the way that is neither an object nor null,
 * which an object takes the place of.
 */
GT_MUST_CHECK int gt_json_put(const char *doc, size_t len, const char *const *path, unsigned n,
			      const char *value, struct gt_buf *out, struct gt_err *e);

/* Appends to OUT the document without PATH (N > 0), its comma and its white space. */
GT_MUST_CHECK int gt_json_drop(const char *doc, size_t len, const char *const *path, unsigned n,
			       struct gt_buf *out, struct gt_err *e);

#endif
