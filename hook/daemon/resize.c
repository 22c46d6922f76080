/*
 * The part resize: notices when a container's memory limit is changed, decides again, notes the
 * drift in the record and, where `live` has "gomemlimit", makes it the running program's.
 * Effectful: reads cgroups; its privilege is its child's (hook/live/keeper.c).
 *
 * A change of memory.max or memory.limit_in_bytes raises no event, on v1 nor on v2. So each
 * container's own file is read again, from a descriptor that stays open: some 3 microseconds. All
 * of its parents are looked at one container a tick.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "gotune/inspect.h"
#include "tuned.h"

#define TICK_MS 2000u

struct resize {
	struct gt_live_keeper *keeper; /* NULL: nothing is written */
	uint32_t next;		       /* whose parents are looked at */
};

static struct resize *own_of(const struct gt_daemon *d)
{
	return d->own[GT_PART_resize];
}

struct gt_tuned *gt_tuned_of(const struct gt_known *k)
{
	return k->own[GT_PART_resize];
}

/* Is anything read of the programs, or written into them? */
static bool needs_programs(const struct gt_daemon *d)
{
	return d->policy.live != 0 || d->policy.daemon.learn || d->policy.daemon.guard;
}

static bool is_wanted(const struct gt_daemon *d)
{
	return d->policy.daemon.resize || needs_programs(d);
}

static int start(struct gt_daemon *d, struct gt_err *e)
{
	struct resize *own = calloc(1, sizeof(*own));

	if (!own)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d->own[GT_PART_resize] = own;
	if (!needs_programs(d))
		return 0;
	own->keeper = gt_live_keeper_start(e);
	return own->keeper ? 0 : e->code;
}

static void stop(struct gt_daemon *d)
{
	struct resize *own = own_of(d);

	if (!own)
		return;
	gt_live_keeper_free(own->keeper);
	free(own);
	d->own[GT_PART_resize] = NULL;
}

/* ---- what the record says ---- */

/* Does GOMEMLIMIT follow from a limit that can change? What was asked for does not. */
static bool follows_limit(const struct gt_view_setting *s)
{
	static const enum gt_reason reasons[] = {GT_R_MEMORY_LIMIT, GT_R_MEMORY_HIGH,
						 GT_R_ANCESTOR_MEMORY, GT_R_MACHINE_MEMORY,
						 GT_R_LEARNED};
	int reason = gt_words_find(&gt_reason_words, s->reason);

	if (strcmp(s->name, "GOMEMLIMIT") != 0 || strcmp(s->verdict, "set") != 0 ||
	    s->applied != GT_YES)
		return false;
	for (unsigned i = 0; i < GT_ARRAY_LEN(reasons); i++) {
		if ((int)reasons[i] == reason)
			return true;
	}
	return false;
}

static int64_t limit_of(const struct gt_record_view *v)
{
	for (uint32_t i = 0; i < v->n_setting; i++) {
		uint64_t bytes;

		if (follows_limit(&v->setting[i]) &&
		    gt_parse_go_bytes(v->setting[i].value, &bytes) == 0 && bytes < INT64_MAX)
			return (int64_t)bytes;
	}
	return 0;
}

/* "go1.24.4" as 24; 0: not that. */
static uint32_t minor_of(const char *go)
{
	uint32_t minor = 0;

	if (strncmp(go, "go1.", 4) != 0)
		return 0;
	for (const char *p = go + 4; *p >= '0' && *p <= '9' && minor < 1000; p++)
		minor = minor * 10 + (uint32_t)(*p - '0');
	return minor;
}

/* What had been learned then still counts: its program was started with that. */
static void take_lesson(const struct gt_record_view *v, struct gt_lesson_facts *ret)
{
	const struct {
		const char *key;
		struct gt_fact *fact;
	} of[] = {{"lesson_starts", &ret->starts},
		  {"lesson_beside", &ret->beside},
		  {"lesson_oom_kills", &ret->ooms}};

	for (uint32_t i = 0; i < v->n_fact && i < GT_VIEW_FACTS_MAX; i++) {
		for (size_t k = 0; k < GT_ARRAY_LEN(of); k++) {
			if (strcmp(v->fact[i].key, of[k].key) == 0)
				of[k].fact->known =
					gt_parse_u64(v->fact[i].value, &of[k].fact->v) == 0;
		}
	}
}

/* ---- the limit's files ---- */

static int open_file(int dir, const char *name)
{
	return dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* What is not there is -1. */
static void open_files(const struct gt_daemon *d, const struct gt_known *k, struct gt_tuned *t)
{
	_cleanup_free_ struct gt_cg_places *places = malloc(sizeof(*places));
	_cleanup_close_ int dir = -1;
	const struct gt_cg_place *memory;

	if (!places)
		return;
	gt_cg_find(d->root, k->pid, NULL, places);
	memory = &places->ctl[GT_CTL_MEMORY];
	t->is_v1 = memory->version == GT_CGROUP_V1;
	dir = gt_cg_open(d->root, memory, memory->below);
	t->max = open_file(dir, t->is_v1 ? "memory.limit_in_bytes" : "memory.max");
	t->high = t->is_v1 ? -1 : open_file(dir, "memory.high");
	t->stat = open_file(dir, "memory.stat");
}

/* Is there something else in FD than in TEXT? Then TEXT is that. */
static bool is_changed(int fd, char text[32])
{
	char now[32] = "";

	if (fd < 0 || pread(fd, now, sizeof(now) - 1, 0) <= 0 || strcmp(now, text) == 0)
		return false;
	memcpy(text, now, sizeof(now));
	return true;
}

/* ---- following ---- */

static void note_drift(struct gt_daemon *d, const struct gt_known *k)
{
	struct gt_err e = {0};

	if (d->records >= 0 &&
	    gt_record_note(d->records, k->id, GT_NOTED_DRIFT, time(NULL), &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", k->id, e.msg);
}

/* Decides again; what changed is noted, and followed where the policy says so. */
static void decide_again(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t)
{
	uint32_t asked = 1u << GT_LIVE_GOMEMLIMIT | 1u << GT_LIVE_PRESSURE;
	int64_t planned;
	uint64_t limit;

	if (gt_replan(d, k, t, &planned, &limit) < 0)
		return;
	if (limit == t->limit_bytes && planned == t->planned)
		return;
	t->limit_bytes = limit;
	t->planned = planned;
	if (planned == t->now || !(d->policy.daemon.resize || d->policy.live))
		return;
	note_drift(d, k);
	gt_log(GT_LOG_INFO, "%s: its memory limit is %llu now: GOMEMLIMIT would be %lld, was %lld",
	       k->id, (unsigned long long)limit, (long long)planned, (long long)t->now);
	/* Without a limit, or with one that is too small to share, what it has stays. */
	if (planned == 0 || !(d->policy.live & asked) || t->mode != GT_MODE_ENFORCE)
		return;
	/* The part pressure raises it by and by. */
	if (planned > t->now && d->policy.live & 1u << GT_LIVE_PRESSURE)
		return;
	if (gt_tuned_open(d, k, t))
		gt_tuned_set(d, k, t, planned);
}

static void on_record(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	struct gt_tuned *t = gt_tuned_of(k);
	int mode = gt_words_find(&gt_mode_words, v->mode);

	if (k->pid <= 0 || t || limit_of(v) == 0 || mode < 0)
		return;
	t = calloc(1, sizeof(*t));
	if (!t)
		return; /* the next look at all records tries again */
	*t = (struct gt_tuned){.keeper = own_of(d)->keeper,
			       .max = -1,
			       .high = -1,
			       .stat = -1,
			       .mode = (enum gt_mode)mode};
	gt_copy_cut(t->profile, v->profile);
	gt_copy_cut(t->automemlimit, v->automemlimit);
	take_lesson(v, &t->lesson);
	t->go_minor = minor_of(v->go);
	t->cgo = v->cgo;
	t->began = t->now = t->planned = limit_of(v);
	k->own[GT_PART_resize] = t;
	open_files(d, k, t);
	(void)is_changed(t->max, t->text[0]);
	(void)is_changed(t->high, t->text[1]);
	decide_again(d, k, t);
}

static void on_end(struct gt_daemon *d, struct gt_known *k)
{
	struct gt_tuned *t = gt_tuned_of(k);

	k->own[GT_PART_resize] = NULL;
	if (t)
		gt_tuned_done(d, k, t, !d->ended);
}

static void tick(struct gt_daemon *d)
{
	struct resize *own = own_of(d);

	for (uint32_t i = 0; i < d->n_known; i++) {
		struct gt_tuned *t = gt_tuned_of(d->known[i]);
		bool changed;

		if (!t)
			continue;
		changed = is_changed(t->max, t->text[0]);
		changed = is_changed(t->high, t->text[1]) || changed;
		if (changed || i == own->next)
			decide_again(d, d->known[i], t);
	}
	own->next = own->next + 1 < d->n_known ? own->next + 1 : 0;
}

const struct gt_part gt_part_resize = {
	.name = "resize",
	.is_wanted = is_wanted,
	.start = start,
	.tick_ms = TICK_MS,
	.tick = tick,
	.on_record = on_record,
	.on_end = on_end,
	.stop = stop,
};
