/* The walk over goroutines, what finds them, and what is collected: on a program in a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "fake.h"

static struct fake fake;
static struct gt_gor_answer answer;
static const unsigned minors[] = {19, 20, 21, 22, 23, 24, 25, 26, 27};

static int collect(struct gt_gor_snapshot *s, struct gt_err *e)
{
	int r = fake_locate(&fake, e);

	memset(s, 0, sizeof(*s));
	memset(&answer, 0, offsetof(struct gt_gor_answer, arena.room));
	if (r == 0)
		r = gt_gor_collect(&fake.rt, &fake.mem, &answer, e);
	return r < 0 ? r : gt_gor_answer_check(&answer, 1000, s);
}

static const struct gt_gor_kind *kind_named(const struct gt_gor_snapshot *s, const char *starts)
{
	for (uint32_t i = 1; i < s->n_kind; i++) {
		if (strcmp(s->text + s->kind[i].starts, starts) == 0)
			return &s->kind[i];
	}
	fail_msg("no kind that runs %s", starts);
	return NULL;
}

static void expect_refused(const char *name, int want)
{
	struct gt_gor_snapshot s;
	struct gt_err e = {0};
	int r = collect(&s, &e);

	if (r != want)
		fail_msg("%s: %d (%s), not %d", name, r, e.msg, want);
	assert_true(e.msg[0] != '\0');
}

static void test_gt_gor_collect_of_each_version(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(minors); i++) {
		struct gt_gor_snapshot s;
		struct gt_err e = {0};
		const struct gt_gor_kind *k;

		fake_make(&fake, minors[i], 9);
		if (collect(&s, &e) != 0)
			fail_msg("1.%u: %s", minors[i], e.msg);
		assert_int_equal(s.n_gor, 9);
		assert_int_equal(s.gor[0].id, 1);
		assert_int_equal(s.in_allgs, 9);
		assert_int_equal(s.changed, 0);
		k = kind_named(&s, "main.worker");
		assert_int_equal(k->n, 8);
		assert_int_equal(k->n_read, 8);
		assert_string_equal(s.text + k->by, "main.spawn");
		assert_string_equal(s.text + k->place, "leak.go:51");
		assert_string_equal(s.text + k->state, "chan receive");
		assert_string_equal(s.text + kind_named(&s, "runtime.main")->by, "");
	}
}

static void test_gt_gor_collect_reads_stacks(void **state)
{
	struct gt_gor_snapshot s;
	const struct gt_gor_stack *t = NULL;

	(void)state;
	fake_make(&fake, 27, 50);
	assert_int_equal(collect(&s, NULL), 0);
	for (uint32_t i = 0; i < s.n_stack; i++) {
		if (strcmp(s.text + s.kind[s.stack[i].kind].starts, "main.worker") == 0)
			t = &s.stack[i];
	}
	if (!t) {
		fail_msg("no stack");
		return;
	}
	assert_int_equal(t->n, GT_GOR_STACKS); /* of 49 */
	assert_string_equal(s.text + t->frames, "main.worker;runtime.chanrecv");
	assert_string_equal(s.text + t->at, "main.worker leak.go:60");
}

/* Those that are looked at are from all over the list, not its first or last. */
static void test_gt_gor_collect_samples_evenly(void **state)
{
	struct gt_gor_snapshot s;

	(void)state;
	fake_make(&fake, 27, 60);
	for (unsigned i = 40; i < 60; i++) /* these are in main.main instead */
		fake_put(&fake, STACKS + (i + 1) * STACK_LEN - 0xc0 + 0x38,
			 fake_entry(F_MAIN_MAIN) + 0x20, 8);
	assert_int_equal(collect(&s, NULL), 0);
	for (uint32_t i = 0; i < s.n_stack; i++) {
		if (strstr(s.text + s.stack[i].frames, "main.main;") && s.stack[i].n >= 4 &&
		    s.stack[i].n <= 18)
			return; /* of 32, a third */
	}
	fail_msg("not even");
}

/* Three words that are only read are another slice. */
static void test_gt_gor_locate_takes_the_slice_that_is_stored(void **state)
{
	(void)state;
	fake_make(&fake, 24, 9);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = fake_entry(F_ALLGADD) + 100 + 7 * i;

		memcpy(fake.b + (at - BASE), "\x48\x8b\x05", 3);
		fake_put(&fake, at + 3, ALLGS - 64 + 8 * i - (at + 7), 4);
	}
	assert_int_equal(fake_locate(&fake, NULL), 0);
	assert_int_equal(fake.rt.allgs, ALLGS);
}

/* Neighbours are read together: that is what makes 100,000 of them quick. */
static void test_gt_gor_walk_reads_neighbours_together(void **state)
{
	struct gt_gor_snapshot s;
	unsigned before;

	(void)state;
	fake_make(&fake, 27, 60);
	assert_int_equal(fake_locate(&fake, NULL), 0);
	before = fake.reads;
	assert_int_equal(collect(&s, NULL), 0);
	/* locate again, header, list, one read of all structs, two or less for each of 33 stacks */
	assert_true(fake.reads - before < 10 + 2 * 33);
}

static void test_gt_gor_walk_with_the_offsets_of_another_version(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(minors); i++) {
		for (unsigned j = 0; j < GT_ARRAY_LEN(minors); j++) {
			const struct gt_gor_layout *a = gt_gor_layout_of(minors[i]);
			const struct gt_gor_layout *b = gt_gor_layout_of(minors[j]);
			bool same = a->goid == b->goid && a->gopc == b->gopc &&
				    a->startpc == b->startpc;

			fake_make(&fake, minors[i], 9);
			fake.rt.layout = b;
			if (!same)
				expect_refused(a->from, -EBADMSG);
		}
	}
}

static void test_gt_gor_locate_what_is_not_there(void **state)
{
	static const struct {
		const char *name;
		uint64_t addr, value;
	} rows[] = {
		{"no moduledata", MODULE, 0},
		{"no code in moduledata", MODULE + 176, DATA},
		{"code ends before it begins", MODULE + 184, TEXT},
		{"allgadd names no slice", TEXT + (F_ALLGADD + 1) * FUNC_LEN + 16, 0x10},
		{"allgs is null", ALLGS, 0},
		{"allgs is odd", ALLGS, LIST + 1},
		{"allgs is empty", ALLGS + 8, 0},
		{"more than there is room for", ALLGS + 16, 3},
		{"list is nowhere", ALLGS, 0x1000},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		fake_make(&fake, 24, 9);
		fake_put(&fake, rows[i].addr, rows[i].value, 8);
		expect_refused(rows[i].name, -EBADMSG);
	}
	fake_make(&fake, 24, 9);
	fake_put(&fake, ALLGS + 8, GT_GOR_MAX + 1ull, 8);
	fake_put(&fake, ALLGS + 16, GT_GOR_MAX + 1ull, 8);
	expect_refused("too many", -EFBIG);
}

static void test_gt_gor_walk_refuses_what_cannot_be(void **state)
{
	const struct gt_gor_layout *l = gt_gor_layout_of(22);
	const struct {
		const char *name;
		unsigned off;
		uint64_t value;
		unsigned n;
	} rows[] = {
		{"status 5", l->status, 5, 4},
		{"status 77", l->status, 77, 4},
		{"goid 0", l->goid, 0, 8},
		{"goid negative", l->goid, UINT64_MAX, 8},
		{"created outside of the code", l->gopc, DATA, 8},
		{"starts outside of the code", l->startpc, 0x10, 8},
		{"a reason that there is not", l->waitreason, 255, 1},
		{"a stack upside down", l->stack_hi, 8, 8},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_gor_snapshot s;

		/* One may be a moment's work: it is left out. More say that nothing is right. */
		fake_make(&fake, 22, 9);
		fake_field(&fake, 0, rows[i].off, rows[i].value, rows[i].n);
		if (collect(&s, NULL) != 0 || s.changed != 1 || s.n_gor != 8)
			fail_msg("%s: %u, %u left out", rows[i].name, s.n_gor, s.changed);
		for (unsigned g = 0; g < 4; g++)
			fake_field(&fake, g, rows[i].off, rows[i].value, rows[i].n);
		expect_refused(rows[i].name, -EBADMSG);
	}
}

static void test_gt_gor_walk_needs_the_main_goroutine(void **state)
{
	(void)state;
	fake_make(&fake, 21, 9);
	fake_field(&fake, 4, fake.rt.layout->goid, 2, 8);
	expect_refused("no number 1", -EBADMSG);
	fake_make(&fake, 21, 9);
	fake_field(&fake, 4, fake.rt.layout->startpc, fake_entry(F_WORKER), 8);
	expect_refused("number 1 is another", -EBADMSG);
	fake_make(&fake, 21, 9);
	fake_main(&fake, 2);
	expect_refused("two of them", -EBADMSG);
}

static void test_gt_gor_walk_skips_the_dead(void **state)
{
	struct gt_gor_snapshot s;

	(void)state;
	fake_make(&fake, 26, 9);
	fake_field(&fake, 0, fake.rt.layout->status, GT_GOR_DEAD, 4);
	fake_field(&fake, 1, fake.rt.layout->status, GT_GOR_IDLE, 4);
	fake_field(&fake, 2, fake.rt.layout->status, 0x1000 | GT_GOR_RUNNING, 4);
	assert_int_equal(collect(&s, NULL), 0);
	assert_int_equal(s.n_gor, 7);
	assert_int_equal(s.in_allgs, 9);
	assert_int_equal(s.changed, 0);
	for (uint32_t i = 1; i < s.n_kind; i++) {
		if (strcmp(s.text + s.kind[i].state, "running") == 0)
			return; /* the collector's bit does not count, and a running one has no
				   stack */
	}
	fail_msg("none runs");
}

static void test_gt_gor_walk_across_a_hole(void **state)
{
	struct gt_gor_snapshot s;

	(void)state;
	fake_make(&fake, 25, 9);
	fake.hole = GS + 3 * G_STEP + 5;
	assert_int_equal(collect(&s, NULL), 0);
	assert_int_equal(s.n_gor, 8);
	assert_int_equal(s.changed, 1);
}

static void test_gt_gor_walk_of_a_list_that_repeats_itself(void **state)
{
	struct gt_gor_snapshot s;

	(void)state;
	fake_make(&fake, 25, 9);
	fake_put(&fake, LIST, GS + G_STEP, 8);
	assert_int_equal(collect(&s, NULL), 0);
	assert_int_equal(s.n_gor, 8);
	for (unsigned i = 0; i < 9; i++)
		fake_put(&fake, LIST + 8 * i, GS + 4 * G_STEP, 8);
	expect_refused("one goroutine nine times", -EBADMSG);
}

static void test_gt_gor_walk_within_its_budget(void **state)
{
	struct gt_err e = {0};

	(void)state;
	fake_make(&fake, 25, 9);
	assert_int_equal(fake_locate(&fake, &e), 0);
	fake.mem.budget = 24 + 72 + 100; /* the header, the list, no struct */
	memset(&answer, 0, offsetof(struct gt_gor_answer, arena.room));
	assert_int_equal(gt_gor_collect(&fake.rt, &fake.mem, &answer, &e), -EFBIG);
}

static void test_gt_gor_frames_end(void **state)
{
	uint64_t pc[GT_GOR_FRAMES], hi = STACKS + STACK_LEN;
	struct gt_gor_raw g = {
		.lo = STACKS, .hi = hi, .sp = hi - 0x100, .bp = hi - 0xc0, .pc = TEXT + 0x1000};

	(void)state;
	fake_make(&fake, 25, 9);
	assert_int_equal(fake_locate(&fake, NULL), 0);
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 4);
	/* A frame pointer that leads back to itself, below the stack pointer, or out of the stack.
	 */
	fake_put(&fake, g.bp, g.bp, 8);
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 2);
	g.bp = g.sp - 8;
	fake_put(&fake, g.bp, g.sp, 8);
	fake_put(&fake, g.bp + 8, TEXT + 0x100, 8);
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 1);
	g.bp = hi - 8;
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 1);
	g.bp = 0;
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 1);
	g.sp = hi;
	assert_int_equal(gt_gor_frames(&fake.rt, &fake.mem, &g, pc), 0);
}

static void expect_expanded(uint64_t pc, const char *want)
{
	struct gt_gor_func f[GT_GOR_INLINED];
	char got[256] = "";
	unsigned n = gt_gor_expand(&fake.rt, pc, f);
	size_t at;

	for (unsigned i = 0; i < n; i++) {
		(void)gt_append(got, sizeof(got), i ? " < " : "");
		at = strlen(got);
		memcpy(got + at, f[i].name, f[i].len);
		got[at + f[i].len] = '\0';
		(void)gt_append(got, sizeof(got), " ");
		(void)gt_append(got, sizeof(got), f[i].place);
	}
	if (strcmp(got, want) != 0)
		fail_msg("1.%u: %s, not %s", fake.rt.layout->minor, got, want);
}

static void test_gt_gor_expand_inlined_functions(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(minors); i++) {
		fake_make(&fake, minors[i], 3);
		assert_int_equal(fake_locate(&fake, NULL), 0);
		expect_expanded(fake_entry(F_MAIN_MAIN), "main.main leak.go:40");
		expect_expanded(fake_entry(F_MAIN_MAIN) + 0x10,
				"main.a leak.go:40 < main.main leak.go:40");
		expect_expanded(fake_entry(F_MAIN_MAIN) + 0x90,
				"main.b leak.go:41 < main.a leak.go:40 < main.main leak.go:40");
		expect_expanded(fake_entry(F_WORKER) + 0x90, "main.worker leak.go:61");
		expect_expanded(DATA, "");
	}
}

/* A tree that leads back to itself ends; one that is nowhere is none. */
static void test_gt_gor_expand_of_trees_that_lie(void **state)
{
	struct gt_gor_func f[GT_GOR_INLINED];

	(void)state;
	fake_make(&fake, 27, 3);
	assert_int_equal(fake_locate(&fake, NULL), 0);
	fake_put(&fake, TREE + 0x20 + 8, 0x90, 4);
	fake_put(&fake, TREE + 0x20 + 16 + 8, 0x90, 4);
	assert_int_equal(gt_gor_expand(&fake.rt, fake_entry(F_MAIN_MAIN) + 0x90, f),
			 GT_GOR_INLINED);
	fake.rt.names.gofunc = DATA;
	expect_expanded(fake_entry(F_MAIN_MAIN) + 0x90, "main.main leak.go:41");
	fake.rt.names.gofunc = UINT64_MAX - 4;
	expect_expanded(fake_entry(F_MAIN_MAIN) + 0x90, "main.main leak.go:41");
	fake.rt.names.gofunc = 0;
	expect_expanded(fake_entry(F_MAIN_MAIN) + 0x90, "main.main leak.go:41");
}

static void test_gt_gor_layout_of_versions(void **state)
{
	char range[32];

	(void)state;
	assert_null(gt_gor_layout_of(18));
	assert_null(gt_gor_layout_of(28));
	for (unsigned i = 0; i < GT_ARRAY_LEN(minors); i++)
		assert_int_equal(gt_gor_layout_of(minors[i])->minor, minors[i]);
	gt_gor_layout_range(range, sizeof(range));
	assert_string_equal(range, "1.19 to 1.27");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_gor_collect_of_each_version),
		cmocka_unit_test(test_gt_gor_collect_reads_stacks),
		cmocka_unit_test(test_gt_gor_collect_samples_evenly),
		cmocka_unit_test(test_gt_gor_locate_takes_the_slice_that_is_stored),
		cmocka_unit_test(test_gt_gor_walk_reads_neighbours_together),
		cmocka_unit_test(test_gt_gor_walk_with_the_offsets_of_another_version),
		cmocka_unit_test(test_gt_gor_locate_what_is_not_there),
		cmocka_unit_test(test_gt_gor_walk_refuses_what_cannot_be),
		cmocka_unit_test(test_gt_gor_walk_needs_the_main_goroutine),
		cmocka_unit_test(test_gt_gor_walk_skips_the_dead),
		cmocka_unit_test(test_gt_gor_walk_across_a_hole),
		cmocka_unit_test(test_gt_gor_walk_of_a_list_that_repeats_itself),
		cmocka_unit_test(test_gt_gor_walk_within_its_budget),
		cmocka_unit_test(test_gt_gor_frames_end),
		cmocka_unit_test(test_gt_gor_expand_inlined_functions),
		cmocka_unit_test(test_gt_gor_expand_of_trees_that_lie),
		cmocka_unit_test(test_gt_gor_layout_of_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
