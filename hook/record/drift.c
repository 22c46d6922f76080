/*
 * Notes in a record what gotuned has seen of its container after the decision. Effectful:
 * rewrites that one record, atomically. It must own the directory of records, and needs no other
 * privilege.
 */
#include <fcntl.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

/* Where the value of KEY is, and whether it is still null. */
struct place {
	const char *key;
	bool found, null;
	uint32_t begin, end;
};

static int find_place(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct place *p = ctx;

	(void)e;
	if (!gt_json_at(ev, p->key))
		return 0;
	*p = (struct place){p->key, true, ev->type == GT_JSON_NULL, ev->begin, ev->end};
	return 0;
}

static int rewrite_record(int dirfd, const char *id, const struct gt_buf *doc)
{
	_cleanup_close_ int containers = openat(dirfd, GT_RECORD_CONTAINERS,
						O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char name[GT_ID_MAX + sizeof(GT_RECORD_SUFFIX)];

	if (containers < 0)
		return -errno;
	(void)snprintf(name, sizeof(name), "%s" GT_RECORD_SUFFIX, id);
	return gt_rewrite_atomic(containers, name, doc->p, doc->len, 0600);
}

/* Loads the text of ID's record. Reading it checks that it is a record of ID. */
static int load_record(int dirfd, const char *id, char **ret_doc, size_t *ret_len, struct gt_err *e)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));

	if (!v)
		return gt_err_set(e, -ENOMEM, "out of memory");
	return gt_record_view_load(dirfd, id, v, ret_doc, ret_len, e);
}

int gt_record_note(int dirfd, const char *id, enum gt_record_noted what, int64_t at_s,
		   struct gt_err *e)
{
	static const char *const keys[] = {
		[GT_NOTED_DRIFT] = "drifted_at", [GT_NOTED_SPIRAL] = "spiral_at"};
	_cleanup_free_ char *doc = NULL;
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	struct place at = {.key = keys[what]};
	char text[GT_TIME_CAP];
	size_t len = 0;
	int r;

	r = load_record(dirfd, id, &doc, &len, e);
	if (r < 0)
		return r;
	r = gt_json_walk(doc, len, 0, find_place, &at, NULL, e);
	if (r < 0)
		return r;
	if (!at.found || !at.null) /* an older version wrote the record, or it is noted already */
		return 0;
	gt_record_time_text(at_s, 0, text);
	gt_buf_add(&out, doc, at.begin);
	gt_buf_fmt(&out, "\"%s\"", text);
	gt_buf_add(&out, doc + at.end, len - at.end);
	r = out.error ? out.error : rewrite_record(dirfd, id, &out);
	return r < 0 ? gt_err_sys(e, r, "cannot write the record of %s", id) : 0;
}
