/*
 * Where a program's records go, and what becomes of a decision whose container does not run yet.
 * Effectful: the directory of records, the log.
 */
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

const char *gt_keep_dir(const char *dir, char buf[GT_RECORD_DIR_CAP])
{
	if (dir)
		return dir;
	if (gt_record_dir_default(buf) < 0)
		return NULL;
	if (strcmp(buf, GT_RECORD_DIR) != 0)
		(void)mkdir(buf, 0700); /* most often it is there */
	return buf;
}

int gt_keep_open(const char *dir, const char *who)
{
	char buf[GT_RECORD_DIR_CAP];
	const char *where = gt_keep_dir(dir, buf);
	struct gt_err e = {0};
	int fd;

	if (!where) {
		gt_log(GT_LOG_INFO, "%s: no record: this user has no /run/user directory", who);
		return -ENOENT;
	}
	fd = gt_record_dir_open(where, true, &e);
	if (fd < 0)
		gt_log(GT_LOG_WARNING, "%s: no record: %s", who, e.msg);
	return fd;
}

int gt_keep_open_old(const char *dir)
{
	char buf[GT_RECORD_DIR_CAP];
	const char *where = dir ? dir : gt_record_dir_default(buf) == 0 ? buf : NULL;

	return where ? gt_record_dir_open(where, false, NULL) : -ENOENT;
}

void gt_keep_edited(struct gt_record *rec, const char *dir, int result, const struct gt_err *why)
{
	_cleanup_close_ int fd = -1;
	struct gt_err e = {0};
	unsigned which = 1u << GT_COUNT_DECIDED;

	if (!rec || rec->facts.ident.id[0] == '\0')
		return;
	if (result < 0 && rec->message[0] == '\0')
		(void)gt_copy_str(rec->message, sizeof(rec->message), why->msg); /* cut */
	fd = gt_keep_open(dir, rec->facts.ident.id);
	if (fd < 0)
		return;
	if (gt_record_save(fd, rec, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: no record: %s", rec->facts.ident.id, e.msg);
	which |= result == 0 && gt_plan_sets(&rec->plan) ? 1u << GT_COUNT_TUNED : 0;
	which |= result < 0 ? 1u << GT_COUNT_FAILED : 0;
	if (gt_record_count(fd, which) < 0)
		gt_log(GT_LOG_DEBUG, "cannot count"); /* a full /run: the record said so */
}
