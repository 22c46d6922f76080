/*
 * The machine, opened once: its root, the kill switch, the policy, the directory of records.
 * Effectful: opens files; makes the directory of records.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/record.h"

#define NOT_OPEN (-1)
#define NO_USE	 (-2) /* it cannot be opened: asked once is enough */

int gt_machine_open(struct gt_machine *m, struct gt_err *e)
{
	int fd = gt_root_open(m->sysroot, e);

	m->root = fd < 0 ? -1 : fd;
	m->off = gt_disabled(m->root);
	return fd < 0 ? fd : 0;
}

/* Where they are kept: DIR, or the default place, a user's own being made for them alone. */
static int open_records(const char *dir, bool create, struct gt_err *e)
{
	char own[GT_RECORD_DIR_CAP];

	if (!dir) {
		if (gt_record_dir_default(own) < 0)
			return gt_err_set(e, -ENXIO, "this user has no /run/user directory");
		if (create && strcmp(own, GT_RECORD_DIR) != 0)
			(void)mkdir(own, 0700); /* most often it is there */
		dir = own;
	}
	return gt_record_dir_open(dir, create, e);
}

static bool is_whole(int records)
{
	return faccessat(records, GT_RECORD_CONTAINERS, F_OK, 0) == 0;
}

int gt_machine_records(struct gt_machine *m, bool create)
{
	int r;

	if (m->records >= 0 && (m->made || !create))
		return m->records;
	if (m->records == NO_USE)
		return m->why_no_records.code;
	r = open_records(m->record_dir, create, &m->why_no_records);
	gt_cleanup_close(&m->records); /* opened by who did not want it made */
	m->records = r >= 0 ? r : r == -ENOENT && !create ? NOT_OPEN : NO_USE;
	m->made = r >= 0 && (create || is_whole(r));
	return r;
}

/* What fails for want of memory, say, need not fail again; and the policy names the runtime. */
#define TRIES 2

/* Where the policy's compiled form is: beside the records, if there are any. */
static int cache_dir(void *m)
{
	return gt_machine_records(m, false);
}

int gt_machine_policy(struct gt_machine *m, struct gt_err *e)
{
	const struct gt_policy_cache cache = {cache_dir, m, !m->only_looks};
	int r = 0;

	for (unsigned i = 0; i < TRIES && !m->has_policy; i++) {
		r = m->root < 0 ? gt_machine_open(m, e) : 0;
		if (r == 0)
			r = gt_policy_load(m->root, m->policy_file, m->sysroot ? NULL : &cache,
					   &m->policy, e);
		m->has_policy = r == 0;
		if (m->has_policy && i + 1 < TRIES && !gt_policy_is_valid(&m->policy)) {
			gt_policy_done(&m->policy);
			m->has_policy = false;
		}
	}
	return r;
}

void gt_machine_lend_policy(struct gt_machine *m, const struct gt_policy *p)
{
	m->policy = *p;
	m->has_policy = m->policy_lent = true;
}

void gt_machine_done(struct gt_machine *m)
{
	if (!m->policy_lent)
		gt_policy_done(&m->policy);
	gt_cleanup_close(&m->root);
	gt_cleanup_close(&m->records);
	*m = GT_MACHINE_NONE;
}
