/*
 * The control laws of `live`: pure, so that a table tests them. Where they help and where they do
 * not was measured: docs/live.md.
 */
#include "law.h"

#define MIB	  UINT64_C(1048576)
#define LEAST	  (8 * MIB)
#define DEAD_ZONE 2000000 /* bytes: smaller changes are not worth a write */
#define STEP_MS	  200u
#define STEPS_MAX 10u
#define FULL_HZ	  8000u /* milli: more collections would only cost CPU */

static uint64_t permille(uint64_t v, unsigned share)
{
	return v / 1000 * share + v % 1000 * share / 1000;
}

void gt_law_tick(struct gt_law *s, const struct gt_law_in *in)
{
	uint64_t beside = in->anon > in->mapped ? in->anon - in->mapped : 0;
	uint32_t ms = in->tick_ms > 0 ? in->tick_ms : 1;
	uint32_t hz = s->marked != 0 && in->marked != s->marked ? 1000000u / ms : 0;

	/* A fiftieth of the difference is forgotten each 200 ms. */
	for (uint32_t i = 0; i == 0 || (i < ms / STEP_MS && i < STEPS_MAX); i++)
		s->beside = beside >= s->beside ? beside : s->beside - (s->beside - beside) / 50;
	s->milli_hz = s->milli_hz / 10 * 9 + hz / 10;
	s->marked = in->marked;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A tenth of the way, or what is worth a write. */
static uint64_t step_up(uint64_t way)
{
	return way / 10 > DEAD_ZONE ? way / 10 : smaller(way, DEAD_ZONE + 1);
}

int64_t gt_law_limit(const struct gt_law *s, const struct gt_law_in *in)
{
	uint64_t high = smaller(permille(in->limit, 900), (uint64_t)in->planned),
		 most = permille(in->limit, 880), low = permille(in->marked, 1150) + 4 * MIB;
	uint64_t want = most > s->beside ? most - s->beside : 0, now;

	if (in->planned <= 0 || in->now <= 0 || in->limit >= (uint64_t)INT64_MAX / 2 ||
	    in->marked >= (uint64_t)INT64_MAX / 2)
		return 0;
	if (low < LEAST)
		low = LEAST;
	if (want < low)
		want = low;
	want = smaller(want, high);
	now = smaller((uint64_t)in->now, high);
	if (want > now)
		want = now + step_up(want - now);
	if (want < LEAST)
		return 0;
	if (want + DEAD_ZONE >= (uint64_t)in->now && want <= (uint64_t)in->now + DEAD_ZONE)
		return 0;
	return (int64_t)want;
}

/* What is wanted where SHARE (permille) of the limit is used; 0: neither more nor less. */
static int32_t gogc_for(uint64_t share)
{
	static const struct {
		uint64_t above;
		int32_t gogc;
	} rows[] = {{900, 20}, {850, 30}, {750, 60}, {649, 0}};

	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (share > rows[i].above)
			return rows[i].gogc;
	}
	return 100;
}

int32_t gt_law_gogc(const struct gt_law *s, const struct gt_law_in *in)
{
	uint64_t limit = in->limit / 1000;
	int32_t most = in->gogc_start < 100 ? in->gogc_start : 100, want;

	if (in->gogc < 20 || in->gogc_start < 20 || limit == 0)
		return 0;
	want = gogc_for(in->anon / limit);
	if (want == 0)
		return 0;
	/* One that began above 100 gets that back in the end, too. */
	if (want == 100 && in->gogc_start > 100)
		most = in->gogc_start;
	if (want == 100 || want > most)
		want = most;
	if (want < in->gogc)
		return s->milli_hz >= FULL_HZ ? 0 : want;
	if (want == in->gogc)
		return 0;
	return in->gogc + 5 < want ? in->gogc + 5 : want;
}
