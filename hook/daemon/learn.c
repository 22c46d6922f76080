/*
 * The part learn: what a container's image can be expected to need beside the Go heap, how often it
 * is killed for want of memory, and whether its collector ran in a death spiral. Effectful: reads
 * memory.stat and CPU clocks; the program through the child of the part resize; writes the file of
 * lessons, which the hook reads at the next start.
 *
 * A container that is half full is looked at about once a second, others every ten: a look is some
 * 200 microseconds. When exactly is drawn: looks that keep step with a program's collections would
 * see the same moment of each.
 */
#include <string.h>
#include <time.h>

#include "gotune/lessons.h"
#include "lives.h"
#include "spiral.h"
#include "tuned.h"

#define TICK_MS 170u
#define FAR	60u /* ticks between two looks at a container that has room */
#define NEAR	90u /* percent of GOMEMLIMIT */

struct learn {
	int lessons;
	uint64_t draw; /* the last one */
	bool failed;   /* it was said that nothing can be written */
};

/* What it knows of a container. */
struct pupil {
	uint64_t key;
	char name[40];
	uint64_t beside; /* bytes outside of the Go heap, the most that was seen */
	uint32_t wait;	 /* ticks until the next look */
	struct gt_spiral spiral;
	bool had_spiral, began;
};

static bool is_wanted(const struct gt_daemon *d)
{
	return d->policy.daemon.learn || d->policy.daemon.guard;
}

/* ---- what is written ---- */

static void say_failed(struct learn *own, const struct pupil *p, int r)
{
	if (r < 0 && !own->failed)
		gt_log(GT_LOG_WARNING, "cannot write what was learned of %s: %s", p->name,
		       strerror(-r));
	own->failed = r < 0;
}

static void load(const struct learn *own, const struct pupil *p, struct gt_lesson *ret)
{
	if (gt_lessons_load(own->lessons, GT_LESSON_IMAGE, p->key, ret) == 0)
		return;
	*ret = (struct gt_lesson){.kind = GT_LESSON_IMAGE, .key = p->key};
	memcpy(ret->name, p->name, sizeof(ret->name));
}

/* At once, since the next start of the image may come before this one's end. */
static void note_spiral(struct gt_daemon *d, struct gt_known *k, struct pupil *p, uint32_t percent)
{
	struct learn *own = d->own[GT_PART_learn];
	struct gt_lesson l;
	struct gt_err e = {0};

	if (p->had_spiral)
		return;
	p->had_spiral = true;
	gt_log(GT_LOG_WARNING,
	       "%s: a death spiral: for a minute, garbage collection near the limit took %u %% of its "
	       "CPU or more",
	       k->id, percent);
	if (d->records >= 0 &&
	    gt_record_note(d->records, k->id, GT_NOTED_SPIRAL, time(NULL), &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", k->id, e.msg);
	load(own, p, &l);
	if (l.image.spirals < UINT8_MAX)
		l.image.spirals++;
	say_failed(own, p, gt_lessons_save(own->lessons, &l, time(NULL)));
}

static void note_life(struct learn *own, const struct pupil *p, const struct gt_life *life)
{
	bool oom = life && life->usage.has_oom_kills && life->usage.oom_kills > 0;
	struct gt_lesson l;

	load(own, p, &l);
	gt_lesson_add_life(&l, p->beside, oom);
	say_failed(own, p, gt_lessons_save(own->lessons, &l, time(NULL)));
}

/* ---- looking ---- */

/* The program's own CPU time, which no cgroup need count. False: it has ended. */
static bool read_cpu(const struct gt_tuned *t, uint64_t *ret_ns)
{
	struct timespec taken;
	clockid_t clock;

	if (clock_getcpuclockid(t->pid, &clock) != 0 || clock_gettime(clock, &taken) < 0)
		return false;
	*ret_ns = (uint64_t)taken.tv_sec * 1000000000 + (uint64_t)taken.tv_nsec;
	return true;
}

static void look_at_spiral(struct gt_daemon *d, struct gt_known *k, const struct gt_tuned *t,
			   struct pupil *p, const struct gt_live_snapshot *s)
{
	struct gt_spiral_look l = {
		.in_mark = s->in_mark, .gc_ns = s->gc_ns, .mark_begin_ns = s->mark_begin_ns};
	struct timespec now = {0};
	uint32_t percent = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	l.now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	l.is_near = s->limit > 0 && s->mapped / NEAR >= (uint64_t)s->limit / 100;
	l.has_cpu = read_cpu(t, &l.cpu_ns);
	if (gt_spiral_look(&p->spiral, &l, &percent))
		note_spiral(d, k, p, percent);
}

/* 2 to 7 ticks: a look in 0.9 seconds, in the mean. */
static uint32_t draw_wait(struct learn *own)
{
	own->draw = own->draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return 2 + (uint32_t)(own->draw >> 40) % 6;
}

static void look(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t, struct pupil *p)
{
	struct gt_tuned_memory memory;
	struct gt_live_snapshot s;
	bool is_half_full;
	uint64_t all;

	if (!gt_tuned_memory(t, &memory))
		return;
	all = memory.anon + memory.shmem;
	is_half_full = all > t->limit_bytes / 2;
	p->wait = is_half_full ? draw_wait(d->own[GT_PART_learn]) : FAR;
	if (!gt_tuned_read(d, k, t, &s))
		return;
	if (all > s.mapped && all - s.mapped > p->beside)
		p->beside = all - s.mapped;
	if (!is_half_full)
		p->spiral = (struct gt_spiral){0}; /* it has room */
	else
		look_at_spiral(d, k, t, p, &s);
}

static void tick(struct gt_daemon *d)
{
	for (uint32_t i = 0; i < d->n_known; i++) {
		struct gt_known *k = d->known[i];
		struct gt_tuned *t = gt_tuned_of(k);
		struct pupil *p = k->own[GT_PART_learn];

		if (!t || !p || t->state == GT_TUNED_LEFT || t->mode != GT_MODE_ENFORCE)
			continue;
		if (p->wait > 0)
			p->wait--;
		else
			look(d, k, t, p);
	}
}

/* ---- the part ---- */

/* The key's 16 digits. */
static bool parse_key(const char *text, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";

	*ret = 0;
	if (strlen(text) != 16 || text[strspn(text, digits)] != '\0')
		return false;
	for (; *text; text++)
		*ret = *ret << 4 | (uint64_t)(strchr(digits, *text) - digits);
	return *ret != 0;
}

static void on_record(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	struct pupil *p = k->own[GT_PART_learn];
	uint64_t key;

	(void)d;
	if (!parse_key(v->lesson, &key))
		return;
	if (!p) {
		p = k->own[GT_PART_learn] = calloc(1, sizeof(*p));
		if (!p)
			return; /* no memory: nothing is learned of it */
		p->had_spiral = v->spiral_at[0] != '\0';
	}
	p->key = key;
	gt_copy_cut(p->name, v->image[0] ? v->image : v->lesson);
	p->began = p->began || k->pid > 0;
}

/* A gotuned that ends learns nothing of containers that go on. */
static void on_end(struct gt_daemon *d, struct gt_known *k)
{
	struct pupil *p = k->own[GT_PART_learn];

	if (!p)
		return;
	if (!d->ended && p->began)
		note_life(d->own[GT_PART_learn], p, gt_life_now(k));
	free(p);
	k->own[GT_PART_learn] = NULL;
}

static int start(struct gt_daemon *d, struct gt_err *e)
{
	struct learn *own = calloc(1, sizeof(*own));

	if (!own)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d->own[GT_PART_learn] = own;
	own->lessons = gt_daemon_lessons(d, e);
	return own->lessons < 0 ? own->lessons : 0;
}

static void stop(struct gt_daemon *d)
{
	struct learn *own = d->own[GT_PART_learn];

	if (!own)
		return;
	gt_cleanup_close(&own->lessons);
	free(own);
	d->own[GT_PART_learn] = NULL;
}

const struct gt_part gt_part_learn = {
	.name = "learn",
	.is_wanted = is_wanted,
	.start = start,
	.tick_ms = TICK_MS,
	.tick = tick,
	.on_record = on_record,
	.on_end = on_end,
	.stop = stop,
};
