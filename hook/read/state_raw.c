/*
 * OCI state, looked at once more: does what the parser worker says of it appear in the document? A
 * worker that was taken over could name another container's process. Pure; runs in the process
 * that acts on the state.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

enum member { ID, STATUS, PID, BUNDLE, MEMBERS };

struct look {
	const struct gt_state *s;
	bool seen[MEMBERS];
};

static bool is_null(const struct gt_raw_event *ev)
{
	return ev->end - ev->begin == 4 && memcmp(ev->doc + ev->begin, "null", 4) == 0;
}

/* WANT is what the worker says: "" for none. A status is cut to its CAP, which is 0 for others. */
static bool is_text(const struct gt_raw_event *ev, const char *want, size_t cap)
{
	struct gt_raw_text t;

	if (!gt_raw_text(ev, &t))
		return is_null(ev) && want[0] == '\0';
	return gt_raw_eat(&t, want) && (gt_raw_ends(&t) || strlen(want) + 1 == cap);
}

static bool agrees(const struct gt_state *s, enum member m, const struct gt_raw_event *ev)
{
	uint64_t pid = 0;

	switch (m) {
	case ID:
		return is_text(ev, s->id, 0);
	case STATUS:
		return is_text(ev, s->status, sizeof(s->status));
	case BUNDLE:
		return is_text(ev, s->bundle, 0);
	case PID:
		return (is_null(ev) || gt_raw_u64(ev, &pid)) && pid == (uint64_t)s->pid;
	case MEMBERS:
		break;
	}
	return false;
}

static int take(void *ctx, const struct gt_raw_event *ev)
{
	static const char *const name[MEMBERS] = {
		[ID] = "id", [STATUS] = "status", [PID] = "pid", [BUNDLE] = "bundle"};
	struct look *l = ctx;

	for (enum member m = 0; ev->depth == 1 && m < MEMBERS; m++) {
		if (!gt_raw_key_is(ev, name[m]))
			continue;
		if (l->seen[m] || !agrees(l->s, m, ev))
			return -EBADMSG;
		l->seen[m] = true;
	}
	return 0;
}

bool gt_state_agrees(const struct gt_state *s, const char *doc, size_t len)
{
	struct look l = {.s = s};

	return gt_raw_scan(doc, len, take, &l) == 0 && l.seen[ID] &&
	       (l.seen[STATUS] || !s->status[0]) && (l.seen[BUNDLE] || !s->bundle[0]) &&
	       (l.seen[PID] || s->pid == 0);
}
