/*
 * What becomes of a decision: log lines, its record, the counters. Effectful: writes all three.
 */
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"

const char *gt_decision_name(const struct gt_decision *d)
{
	return d->rec && d->rec->facts.ident.id[0] ? d->rec->facts.ident.id : "(unknown container)";
}

void gt_log_faults(const struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;

	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			gt_log(GT_LOG_ERROR, "%s: %s:%s", gt_decision_name(d), p->layer[i].path,
			       p->layer[i].error);
	}
	if (d->rec->message[0])
		gt_log(GT_LOG_ERROR, "%s: %s", gt_decision_name(d), d->rec->message);
}

void gt_log_decision(const struct gt_decision *d)
{
	char line[1024];

	if (!d->rec)
		return;
	gt_record_log_line(d->rec, line, sizeof(line));
	gt_log(GT_LOG_INFO, "%s", line);
}

static int open_records(const struct gt_decision *d)
{
	int fd = gt_machine_records(d->machine, true);

	if (fd < 0)
		gt_log(fd == -ENXIO ? GT_LOG_INFO : GT_LOG_WARNING, "%s: no record: %s",
		       gt_decision_name(d), d->machine->why_no_records.msg);
	return fd;
}

void gt_forget(struct gt_machine *m, const char *id)
{
	struct gt_err e = {0};
	int dir = gt_machine_records(m, false);

	if (dir >= 0 && gt_record_remove(dir, id, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", id, e.msg);
}

void gt_keep(struct gt_decision *d, int result, const struct gt_err *why)
{
	struct gt_record *rec = d->rec;
	struct gt_err e = {0};
	unsigned which = rec && rec->was_awaited ? 0 : 1u << GT_COUNT_DECIDED; /* once is enough */
	bool named = rec && rec->facts.ident.id[0];
	int fd;

	if (!rec || (!named && !d->state))
		return;
	if (result < 0 && rec->message[0] == '\0')
		gt_copy_cut(rec->message, why->msg);
	fd = open_records(d);
	if (fd < 0)
		return;
	if (named && gt_record_save(fd, rec, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: no record: %s", gt_decision_name(d), e.msg);
	/* A live container may have been given a part of the plan; a document all of it, or none.
	 */
	if (gt_plan_sets(&rec->plan) && (result == 0 || d->state) && rec->n_earlier == 0)
		which |= 1u << GT_COUNT_TUNED;
	if (result < 0)
		which |= 1u << GT_COUNT_FAILED;
	if (gt_record_count_decision(fd, which, rec->duration_us) < 0)
		gt_log(GT_LOG_DEBUG, "cannot count"); /* a full /run: the record said so */
}
