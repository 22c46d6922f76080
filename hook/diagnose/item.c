/*
 * The grammar of the runtime's lines, and the matcher that goes from item to item. Pure.
 *
 * Source: Go's src/runtime/mgc.go (gcMarkTermination), mgcpacer.go, proc.go (schedtrace), 1.15
 * to 1.27. A literal is one argument of print, or a part of one: a tear is never inside an
 * argument, so a finer split does no harm, and lets versions share a table ("%: " became "%", ": "
 * in 1.26).
 */
#include "item.h"
#include "number.h"

enum kind { LIT, NUM, REAL, WORD, LIST, END };
struct item {
	enum kind kind;
	uint8_t slot; /* of a value */
	uint8_t alt;  /* a literal that is not there: go on with that item; 0: it must be there */
	uint8_t len;
	const char *lit;
};
#define L(s)                                \
	{                                   \
		LIT, 0, 0, sizeof(s) - 1, s \
	}
#define OPT(s, a)                           \
	{                                   \
		LIT, 0, a, sizeof(s) - 1, s \
	}
#define N(slot)                       \
	{                             \
		NUM, slot, 0, 0, NULL \
	}
#define R(slot)                        \
	{                              \
		REAL, slot, 0, 0, NULL \
	}
#define W(slot)                        \
	{                              \
		WORD, slot, 0, 0, NULL \
	}
#define E                          \
	{                          \
		END, 0, 0, 0, NULL \
	}

/* clang-format off */
static const struct item gc_items[] = {
	L("gc "), N(GT_GCV_N), L(" @"), R(GT_GCV_AT), L("s "), N(GT_GCV_PERCENT), L("%"),
	OPT(" (checking for goroutine leaks)", 8), L(": "),
	R(3), L("+"), R(4), L("+"), R(5), L(" ms clock, "),
	R(6), L("+"), R(7), L("/"), R(8), L("/"), R(9), L("+"), R(10), L(" ms cpu, "),
	N(GT_GCV_START), L("->"), N(GT_GCV_END), L("->"), N(GT_GCV_LIVE), L(" MB, "), N(GT_GCV_GOAL), L(" MB goal, "),
	N(GT_GCV_STACKS), OPT(" MB stacks, ", 38), N(GT_GCV_GLOBALS), L(" MB globals, "), N(GT_GCV_PROCS), L(" P"), E};
static const struct item ratio_items[] = {
	L("pacer: assist ratio="), R(0), L(" (scan "), N(1), L(" MB in "), N(2), L("->"), N(3), L(" MB) workers="),
	R(4), L("+"), R(5), E};
static const struct item pacer_items[] = {
	L("pacer: "), N(GT_PCV_PERCENT), L("% CPU ("), N(GT_PCV_EXPECTED), L(" exp.) for "), N(2), L("+"), N(3), L("+"), N(4),
	L(" B work ("), N(5), L(" B exp.) in "), N(GT_PCV_TRIGGER), L(" B -> "), N(GT_PCV_PEAK), L(" B ("),
	L("\xe2\x88\x86" "goal "), R(GT_PCV_DELTA), L(", cons/mark "), R(9), L(")"), OPT("[controller reset]", 23), E};
static const struct item old_items[] = {
	L("pacer: H_m_prev="), N(0), L(" h_t="), R(1), L(" H_T="), N(2), L(" h_a="), R(3), L(" H_a="), N(4), L(" h_g="), R(5),
	L(" H_g="), N(6), L(" u_a="), R(7), L(" u_g="), R(8), L(" W_a="), N(9), L(" goal\xce\x94="), R(10),
	L(" actual\xce\x94="), R(11), L(" u_a/u_g="), R(12), E};
static const struct item sweep_items[] = {
	L("pacer: sweep done at heap size "), N(0), L("MB; allocated "), N(1), L("MB during sweep; swept "), N(2),
	L(" pages at "), R(3), L(" pages/byte"), E};
static const struct item sched_items[] = {
	L("SCHED "), N(GT_SCV_MS), L("ms: gomaxprocs="), N(GT_SCV_PROCS), L(" idleprocs="), N(GT_SCV_IDLE), L(" threads="),
	N(GT_SCV_THREADS), L(" spinningthreads="), N(GT_SCV_SPINNING), OPT(" needspinning=", 12), N(GT_SCV_NEED),
	L(" idlethreads="), N(GT_SCV_IDLE_THREADS), L(" runqueue="), N(GT_SCV_QUEUE), OPT(" gcwaiting=", 25),
	W(GT_SCV_GCWAITING), L(" nmidlelocked="), R(GT_SCV_LOCKED), L(" stopwait="), R(GT_SCV_STOPWAIT), L(" sysmonwait="),
	W(GT_SCV_SYSMON), E, {LIST, 0, 0, 0, NULL}, E};
/* clang-format on */

/* The longest literal first where one begins another. */
static const struct {
	enum gt_rt_type type;
	const struct item *item;
} table[] = {
	{GT_RT_GC, gc_items},	    {GT_RT_SCHED, sched_items},	  {GT_RT_RATIO, ratio_items},
	{GT_RT_SWEEP, sweep_items}, {GT_RT_PACER_OLD, old_items}, {GT_RT_PACER, pacer_items},
};
static const struct item *const by_type[GT_RT_COUNT] = {
	[GT_RT_GC] = gc_items,	       [GT_RT_RATIO] = ratio_items, [GT_RT_PACER] = pacer_items,
	[GT_RT_PACER_OLD] = old_items, [GT_RT_SWEEP] = sweep_items, [GT_RT_SCHED] = sched_items,
};

#define NOT_THERE GT_NOT_THERE
#define FORCED	  " (forced)"
#define TICKS	  " schedticks=["

static bool begins_with(const char *s, size_t n, const char *what)
{
	return n >= strlen(what) && memcmp(s, what, strlen(what)) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* " [ 1 0 ] schedticks=[ 597 611 ]": numbers in brackets, each of them an item. */
static size_t take_list(struct gt_tear *t, const char *s, size_t n, bool *ret_closed)
{
	size_t i = 0;

	*ret_closed = false;
	while (i < n) {
		double v;
		size_t used;

		if (begins_with(s + i, n - i, TICKS)) {
			t->group = 1;
			i += sizeof(TICKS) - 1;
			*ret_closed = false;
		} else if (s[i] == ' ' || s[i] == '[') {
			i++;
		} else if (s[i] == ']') {
			*ret_closed = true;
			i++;
		} else if ((used = gt_take_number(s + i, n - i, &v)) != NOT_THERE) {
			struct gt_rt_list *l = &t->l.list[t->group];

			l->n++;
			l->sum += v < 1e15 ? (uint64_t)v : 0;
			l->hash = (l->hash ^ (uint64_t)(v < 1e15 ? v : 0)) * 0x100000001b3u + 1;
			i += used;
		} else {
			break;
		}
	}
	return i > 0 ? i : NOT_THERE;
}

static size_t take_value(const struct item *it, const char *s, size_t n, double *v)
{
	switch (it->kind) {
	case NUM:
		return gt_take_number(s, n, v);
	case REAL:
		return gt_take_real(s, n, v);
	case WORD:
		return gt_take_word(s, n, v);
	case LIT:
	case LIST:
	case END:
		break;
	}
	return NOT_THERE;
}

/* The item that is due: how many bytes of S are it. */
static size_t take(struct gt_tear *t, const struct item *it, const char *s, size_t n)
{
	bool closed;
	size_t used;
	double v = 0;

	if (it->kind == LIT)
		return it->lit && n >= it->len && memcmp(s, it->lit, it->len) == 0 ? it->len
										   : NOT_THERE;
	if (it->kind == LIST) {
		used = take_list(t, s, n, &closed);
		if (used != NOT_THERE && !closed)
			t->item--; /* the list goes on */
		return used;
	}
	used = take_value(it, s, n, &v);
	if (used != NOT_THERE) {
		t->l.v[it->slot] = v;
		t->l.has |= 1u << it->slot;
	}
	return used;
}

/* An old gc line has its Ps where a new one has its stacks. */
static void settle(struct gt_tear *t)
{
	struct gt_rt_line *l = &t->l;

	if (l->type == GT_RT_GC && !(l->has & 1u << GT_GCV_PROCS)) {
		l->v[GT_GCV_PROCS] = l->v[GT_GCV_STACKS];
		l->has = (l->has | 1u << GT_GCV_PROCS) & ~(1u << GT_GCV_STACKS);
		l->v[GT_GCV_STACKS] = 0;
	}
}

/* What follows the last value: nothing, or what marks the cycle. */
static enum gt_tear_end take_end(struct gt_tear *t, const char *s, size_t n, size_t *used)
{
	settle(t);
	if (begins_with(s, n, FORCED)) {
		t->l.forced = true;
		*used += sizeof(FORCED) - 1;
		n -= sizeof(FORCED) - 1;
	}
	if (n > 0)
		return GT_TEAR_MORE; /* another's text: our newline is still to come */
	t->open = false;
	return GT_TEAR_DONE;
}

/* The item that is due or, where that is left out, the one after it. */
static size_t take_due(struct gt_tear *t, const struct item *items, const char *s, size_t n)
{
	uint8_t at = t->item, alt = items[at].alt;
	size_t len = n > 0 ? take(t, &items[at], s, n) : NOT_THERE;

	if (len != NOT_THERE || alt == 0)
		return len;
	if (items[alt].kind == END) {
		t->item = (uint8_t)(alt - 1);
		return 0;
	}
	t->item = alt;
	len = n > 0 ? take(t, &items[alt], s, n) : NOT_THERE;
	if (len == NOT_THERE)
		t->item = at;
	return len;
}

static enum gt_tear_end go_on(struct gt_tear *t, const char *s, size_t n, uint64_t line,
			      size_t *ret_used)
{
	const struct item *items = by_type[t->l.type];
	size_t used = 0, len;

	while (items[t->item].kind != END) {
		len = take_due(t, items, s + used, n - used);
		if (len == NOT_THERE)
			break;
		used += len;
		t->item++;
		t->taken = (uint8_t)(t->taken < UINT8_MAX ? t->taken + 1 : t->taken);
	}
	*ret_used = used;
	if (used > 0) {
		t->missed = 0;
		t->l.last = line;
	}
	if (items[t->item].kind == END) {
		enum gt_tear_end end = take_end(t, s + used, n - used, ret_used);

		return end == GT_TEAR_MORE && *ret_used == 0 ? GT_TEAR_NONE : end;
	}
	return used > 0 ? GT_TEAR_MORE : GT_TEAR_NONE;
}

enum gt_tear_end gt_tear_begin(struct gt_tear *t, const char *s, size_t n, uint64_t line,
			       size_t *ret_used)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(table); i++) {
		const struct item *first = &table[i].item[0];
		enum gt_tear_end end;

		if (n < first->len || memcmp(s, first->lit, first->len) != 0)
			continue;
		*t = (struct gt_tear){.open = true,
				      .l = {.type = table[i].type, .first = line, .last = line}};
		end = go_on(t, s, n, line, ret_used);
		if (end != GT_TEAR_NONE)
			return end;
	}
	t->open = false;
	return GT_TEAR_NONE;
}

enum gt_tear_end gt_tear_go_on(struct gt_tear *t, const char *s, size_t n, uint64_t line,
			       size_t *ret_used)
{
	*ret_used = 0;
	return go_on(t, s, n, line, ret_used);
}

bool gt_tear_is_full(const struct gt_tear *t)
{
	return t->open && by_type[t->l.type][t->item].kind == END;
}

bool gt_tear_open(struct gt_tear *t, unsigned k, const char *s, size_t n, uint64_t line,
		  size_t *ret_used)
{
	const struct item *first;

	if (k >= GT_ARRAY_LEN(table))
		return false;
	first = &table[k].item[0];
	if (n < first->len || memcmp(s, first->lit, first->len) != 0)
		return false;
	*t = (struct gt_tear){.open = true,
			      .item = 1,
			      .taken = 1,
			      .l = {.type = table[k].type, .first = line, .last = line}};
	*ret_used = first->len;
	return true;
}

/* Of a list one number, or what is between two. */
static size_t piece_of_list(const char *s, size_t n)
{
	size_t len = 0;

	if (begins_with(s, n, TICKS))
		return sizeof(TICKS) - 1;
	while (len < n && is_digit(s[len]))
		len++;
	return len > 0 ? len : 1;
}

/* What may follow the last value: the mark of a forced cycle, a second list. */
static size_t take_more(struct gt_tear *t, const char *s, size_t n)
{
	if (t->l.type == GT_RT_GC && !t->l.forced && begins_with(s, n, FORCED)) {
		t->l.forced = true;
		return sizeof(FORCED) - 1;
	}
	if (t->l.type == GT_RT_SCHED && by_type[GT_RT_SCHED][t->item - 1].kind == LIST &&
	    t->group == 0 && begins_with(s, n, TICKS)) {
		t->item--;
		t->group = 1;
		return sizeof(TICKS) - 1;
	}
	return 0;
}

size_t gt_tear_step(struct gt_tear *t, const char *s, size_t n, uint64_t line)
{
	const struct item *items = by_type[t->l.type];
	bool listed = items[t->item].kind == LIST || items[items[t->item].alt].kind == LIST;
	size_t used = 0;

	if (listed && !begins_with(s, n, items[t->item].lit ? items[t->item].lit : TICKS))
		n = piece_of_list(s, n) < n ? piece_of_list(s, n) : n;
	while (used == 0 && items[t->item].kind != END) {
		used = take_due(t, items, s, n);
		if (used == NOT_THERE)
			return 0;
		t->item++;
	}
	if (used == 0)
		used = take_more(t, s, n);
	if (used > 0) {
		t->taken = (uint8_t)(t->taken < UINT8_MAX ? t->taken + 1 : t->taken);
		t->l.last = line;
	}
	return used;
}

bool gt_tear_wants_number(const struct gt_tear *t)
{
	enum kind k = by_type[t->l.type][t->item].kind;

	return t->open && (k == NUM || k == REAL || k == WORD || k == LIST);
}

bool gt_tear_may_end(const struct gt_tear *t)
{
	const struct item *items = by_type[t->l.type];
	uint8_t alt = items[t->item].alt;

	return items[t->item].kind == END || (alt > 0 && items[alt].kind == END);
}

void gt_tear_end(struct gt_tear *t)
{
	settle(t);
	t->open = false;
}
