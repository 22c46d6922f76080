/*
 * The first stack of a program, rebuilt: rows of environments before and after, and stacks that are
 * not what the ABI says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "apply/stack.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define SP    0x7ffc00001000ULL
#define ENTRY 0x401000ULL

/* A stack as the kernel lays it out, made by hand: image[] is at address SP. */
static unsigned char image[80000];
static size_t image_len;

static void word(size_t *off, uint64_t v)
{
	memcpy(image + *off, &v, 8);
	*off += 8;
}

/* ENV is NULL-terminated; two arguments are always there. */
static struct gt_stack make_stack(const char *const *env)
{
	size_t n = 0, off = 0, str;
	uint64_t argv0;

	while (env[n])
		n++;
	memset(image, 0xee, sizeof(image));
	str = 8 * (1 + 3 + n + 1 + 6) + 40; /* a gap, as for AT_RANDOM's bytes */
	word(&off, 2);
	argv0 = SP + str;
	word(&off, argv0);
	word(&off, argv0 + 5);
	word(&off, 0);
	memcpy(image + str, "/app\0-x", 8);
	str += 8;
	for (size_t i = 0; i < n; i++) {
		word(&off, SP + str);
		strcpy((char *)image + str, env[i]);
		str += strlen(env[i]) + 1;
	}
	word(&off, 0);
	word(&off, AT_RANDOM);
	word(&off, SP + 100);
	word(&off, AT_SYSINFO_EHDR);
	word(&off, 0x7fff0000);
	word(&off, AT_NULL);
	word(&off, 0);
	image_len = str;
	return (struct gt_stack){.image = image,
				 .len = str,
				 .sp = SP,
				 .entry = ENTRY,
				 .limit = UINT64_MAX,
				 .mm = {.env_end = SP + str}};
}

static uint64_t get(const struct gt_stack_new *n, uint64_t addr)
{
	uint64_t v;

	assert_true(addr >= n->addr && addr + 8 <= n->addr + n->len);
	memcpy(&v, n->image + (addr - n->addr), 8);
	return v;
}

/* A string of the new image, or of the old one. */
static const char *text(const struct gt_stack_new *n, uint64_t p)
{
	if (p >= n->addr && p < n->addr + n->len)
		return (const char *)n->image + (p - n->addr);
	assert_true(p >= SP && p < SP + image_len);
	return (const char *)image + (p - SP);
}

static void add(struct gt_barrier_job *j, const char *name, const char *value, const char *expect)
{
	struct gt_barrier_env *e = &j->env[j->n_env++];

	assert_true(gt_copy_str(e->name, sizeof(e->name), name));
	assert_true(gt_copy_str(e->value, sizeof(e->value), value));
	e->has_expect = expect != NULL;
	if (expect)
		assert_true(gt_copy_str(e->expect, sizeof(e->expect), expect));
}

/* Everything that must hold of any result, and the environment as one string, joined by '|'. */
static void check(const struct gt_stack_new *n, bool compact, char *ret_env, size_t cap)
{
	uint64_t p = n->sp, expect_at = 0;

	assert_int_equal(n->sp % 16, 0);
	assert_int_equal(n->ret_slot, n->sp - 8);
	assert_int_equal(get(n, n->ret_slot), ENTRY);
	assert_int_equal(n->addr + n->len, SP);
	assert_int_equal(get(n, p), 2); /* argc */
	assert_string_equal(text(n, get(n, p + 8)), "/app");
	assert_string_equal(text(n, get(n, p + 16)), "-x");
	assert_int_equal(get(n, p + 24), 0);
	ret_env[0] = '\0';
	for (p += 32; get(n, p); p += 8) {
		const char *s = text(n, get(n, p));

		if (!compact && expect_at)
			assert_int_equal(get(n, p), expect_at); /* contiguous */
		expect_at = get(n, p) + strlen(s) + 1;
		assert_true(gt_append(ret_env, cap, s) && gt_append(ret_env, cap, "|"));
	}
	p += 8;
	assert_int_equal(get(n, p), AT_RANDOM);
	assert_int_equal(get(n, p + 8), SP + 100);
	assert_int_equal(get(n, p + 16), AT_SYSINFO_EHDR);
	assert_int_equal(get(n, p + 32), AT_NULL);
	if (!compact) {
		struct prctl_mm_map mm;

		memcpy(&mm, n->image + (n->map_addr - n->addr), sizeof(mm));
		assert_int_equal(n->map_addr % 16, 0);
		assert_int_equal(mm.env_end, SP);
		assert_int_equal(mm.env_end, expect_at);
		assert_true(mm.env_start < mm.env_end && mm.env_start >= n->map_addr + sizeof(mm));
	} else {
		assert_int_equal(n->map_addr, 0);
	}
}

#define MANY 6
static const struct row {
	const char *name;
	const char *env[MANY];
	struct {
		const char *name, *value, *expect;
	} job[3];
	bool changed;
	const char *want;
	int error[3];
} rows[] = {
	{"add to none", {NULL}, {{"GOMAXPROCS", "2", NULL}}, true, "GOMAXPROCS=2|", {0}},
	{"add at the end",
	 {"A=1", "B=2"},
	 {{"GOMAXPROCS", "2", NULL}},
	 true,
	 "A=1|B=2|GOMAXPROCS=2|",
	 {0}},
	{"replace in place",
	 {"A=1", "GODEBUG=x=1", "B=2"},
	 {{"GODEBUG", "x=1,y=2", "x=1"}},
	 true,
	 "A=1|GODEBUG=x=1,y=2|B=2|",
	 {0}},
	{"somebody else's value",
	 {"GOMAXPROCS=7"},
	 {{"GOMAXPROCS", "2", NULL}},
	 false,
	 "",
	 {-EEXIST}},
	{"changed since the plan",
	 {"GODEBUG=z=1"},
	 {{"GODEBUG", "x=1", "y=1"}},
	 false,
	 "",
	 {-EEXIST}},
	{"not there, though it was to be replaced",
	 {"A=1"},
	 {{"GODEBUG", "x=1,y=2", "x=1"}},
	 false,
	 "",
	 {-EEXIST}},
	{"right already", {"GOMAXPROCS=2"}, {{"GOMAXPROCS", "2", NULL}}, false, "", {0}},
	{"the first of two counts",
	 {"GOGC=1", "GOGC=2"},
	 {{"GOGC", "60", "1"}},
	 true,
	 "GOGC=60|GOGC=2|",
	 {0}},
	{"a prefix is no match",
	 {"GOMAXPROCSX=1", "XGOMAXPROCS=1"},
	 {{"GOMAXPROCS", "4", NULL}},
	 true,
	 "GOMAXPROCSX=1|XGOMAXPROCS=1|GOMAXPROCS=4|",
	 {0}},
	{"an entry without =",
	 {"GOMAXPROCS", ""},
	 {{"GOMAXPROCS", "4", NULL}},
	 true,
	 "GOMAXPROCS||GOMAXPROCS=4|",
	 {0}},
	{"three, one not ours",
	 {"GOGC=1"},
	 {{"GOMAXPROCS", "2", NULL}, {"GOGC", "60", NULL}, {"GOMEMLIMIT", "460MiB", NULL}},
	 true,
	 "GOGC=1|GOMAXPROCS=2|GOMEMLIMIT=460MiB|",
	 {0, -EEXIST, 0}},
	{"empty value",
	 {"GODEBUG="},
	 {{"GODEBUG", "gctrace=1", ""}},
	 true,
	 "GODEBUG=gctrace=1|",
	 {0}},
};

static unsigned char room[1 << 20];

static int build(const struct gt_stack *s, const struct gt_barrier_job *job, bool compact,
		 struct gt_stack_new *ret)
{
	memset(room, 0, sizeof(room));
	return gt_stack_build(s, job, compact, room, sizeof(room), ret);
}

static void run_row(const struct row *r, bool compact)
{
	struct gt_stack s = make_stack(r->env);
	struct gt_barrier_job job = {0};
	struct gt_stack_new n;
	char env[512];

	for (unsigned i = 0; i < 3 && r->job[i].name; i++)
		add(&job, r->job[i].name, r->job[i].value, r->job[i].expect);
	assert_int_equal(build(&s, &job, compact, &n), 0);
	for (unsigned i = 0; i < job.n_env; i++) {
		if (n.env_error[i] != r->error[i])
			fail_msg("%s: job %u: %d, want %d", r->name, i, n.env_error[i],
				 r->error[i]);
	}
	if (n.changed != r->changed)
		fail_msg("%s: changed is %d", r->name, n.changed);
	if (!r->changed) {
		assert_null(n.image);
		return;
	}
	check(&n, compact, env, sizeof(env));
	if (strcmp(env, r->want) != 0)
		fail_msg("%s: %s, want %s", r->name, env, r->want);
	assert_true(gt_stack_new_valid(&n, &s, sizeof(room)));
}

static void test_build_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		run_row(&rows[i], false);
		run_row(&rows[i], true);
	}
}

static void test_build_of_a_cut_stack_fails(void **state)
{
	static const char *const env[] = {"A=1", "B=2", NULL};
	struct gt_barrier_job job = {0};
	struct gt_stack_new n;

	(void)state;
	add(&job, "GOGC", "60", NULL);
	for (size_t len = 0; len < make_stack(env).len; len++) {
		struct gt_stack s = make_stack(env);

		s.len = len;
		assert_int_equal(build(&s, &job, false, &n), -EINVAL);
		assert_null(n.image);
	}
}

static void test_build_of_wild_words_never_crashes(void **state)
{
	static const char *const env[] = {"A=1", "GOGC=2", NULL};
	static const uint64_t wild[] = {
		0, 1, 3, UINT64_MAX, SP - 1, SP + sizeof(image), UINT64_MAX - SP, 1ULL << 63};
	struct gt_barrier_job job = {0};

	(void)state;
	add(&job, "GOGC", "60", "2");
	for (size_t off = 0; off < 14 * 8; off += 8) {
		for (size_t i = 0; i < GT_ARRAY_LEN(wild); i++) {
			struct gt_stack s = make_stack(env);
			struct gt_stack_new n;

			memcpy(image + off, &wild[i], 8);
			(void)!build(&s, &job, false, &n); /* any answer but a crash */
		}
	}
}

/* 10,000 pointers to one long string would need more room than any stack has. */
static void test_build_of_shared_strings_is_bounded(void **state)
{
	static unsigned char big[200000];
	struct gt_stack s = {.image = big, .len = sizeof(big), .sp = SP, .limit = UINT64_MAX};
	struct gt_barrier_job job = {0};
	struct gt_stack_new n;
	size_t i = 2;

	(void)state;
	memset(big, 0, sizeof(big));
	memset(big + 100000, 'x', 99999);
	for (; i < 10000; i++) {
		uint64_t p = SP + 100000;

		memcpy(big + i * 8, &p, 8);
	}
	add(&job, "GOGC", "60", NULL);
	assert_int_equal(build(&s, &job, false, &n), -E2BIG);
	assert_null(n.image);
}

/* RLIMIT_STACK counts from two pages above the strings; 64 KiB of strings are copied, or not. */
static void test_build_leaves_stack_enough(void **state)
{
	static char big[65000];
	const char *env[] = {big, NULL};
	enum { WHOLE, COMPACT, NONE };
	static const struct {
		uint64_t limit;
		int want;
	} row[] = {
		{UINT64_MAX, WHOLE}, {8 << 20, WHOLE},	   {5 << 20, WHOLE},	 {4 << 20, COMPACT},
		{1 << 20, COMPACT},  {300 << 10, COMPACT}, {210 << 10, COMPACT}, {195 << 10, NONE},
		{128 << 10, NONE},   {70 << 10, NONE},	   {4096, NONE},	 {0, NONE},
	};

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[1] = '=';
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_stack s = make_stack(env);
		struct gt_barrier_job job = {0};
		struct gt_stack_new n;

		add(&job, "GOGC", "60", NULL);
		s.limit = row[i].limit;
		if (build(&s, &job, false, &n) != (row[i].want == WHOLE ? 0 : -ENOSPC))
			fail_msg("limit %llu, whole", (unsigned long long)s.limit);
		if (build(&s, &job, true, &n) != (row[i].want != NONE ? 0 : -ENOSPC))
			fail_msg("limit %llu, compact", (unsigned long long)s.limit);
	}
}

/* A room that is too small by one byte is not written beyond. */
static void test_build_keeps_to_its_room(void **state)
{
	static const char *const env[] = {"A=1", NULL};
	struct gt_stack s = make_stack(env);
	struct gt_barrier_job job = {0};
	struct gt_stack_new n;
	size_t len;

	(void)state;
	add(&job, "GOGC", "60", NULL);
	assert_int_equal(build(&s, &job, false, &n), 0);
	len = n.len;
	assert_true(len <= gt_stack_room(s.len));
	assert_int_equal(gt_stack_build(&s, &job, false, room, len, &n), 0);
	memset(room, 0, sizeof(room));
	assert_int_equal(gt_stack_build(&s, &job, false, room, len - 1, &n), -E2BIG);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(room[i], 0);
}

/* What comes back from a child that was taken over: each lie is seen. */
static void test_new_valid_sees_lies(void **state)
{
	static const char *const env[] = {"A=1", NULL};
	struct gt_stack s = make_stack(env);
	struct gt_barrier_job job = {0};
	struct gt_stack_new n, lie;

	(void)state;
	add(&job, "GOGC", "60", NULL);
	assert_int_equal(build(&s, &job, false, &n), 0);
	assert_true(gt_stack_new_valid(&n, &s, n.len));
	assert_false(gt_stack_new_valid(&n, &s, n.len - 1));
#define LIE(member, value)                              \
	lie = n;                                        \
	lie.member = (value);                           \
	if (gt_stack_new_valid(&lie, &s, sizeof(room))) \
	fail_msg(#member " = " #value " was believed")
	LIE(len, SIZE_MAX);
	LIE(len, 0);
	LIE(len, n.len + 16);
	LIE(addr, n.addr + 16);
	LIE(addr, s.sp + 4096);
	LIE(sp, n.sp + 8);
	LIE(sp, s.sp + 16);
	LIE(ret_slot, s.sp + 16);
	LIE(map_addr, n.addr - 16);
	LIE(map_addr, s.sp - 16);
	LIE(env_error[0], 1);
	LIE(env_error[3], -5000);
	lie = n;
	memset(&lie.changed, 7, 1);
	assert_false(gt_stack_new_valid(&lie, &s, sizeof(room)));
}

/* ---- what a stack says ---- */

static const char *value_of(const struct gt_env_var *v)
{
	return v->present ? v->value : "-";
}

static void test_vars_rows(void **state)
{
	static char long_one[600] = "GOGC=";
	static const struct {
		const char *name, *env[MANY];
		const char *maxprocs, *memlimit, *godebug, *gogc; /* "-": not there */
		uint32_t gogc_count;
	} row[] = {
		{"none", {NULL}, "-", "-", "-", "-", 0},
		{"all",
		 {"GOGC=60", "GOMAXPROCS=2", "A=1", "GODEBUG=x=1,y=2", "GOMEMLIMIT=1GiB"},
		 "2",
		 "1GiB",
		 "x=1,y=2",
		 "60",
		 1},
		{"the first of a name counts", {"GOGC=1", "GOGC=2", "GOGC"}, "-", "-", "-", "1", 2},
		{"an empty value is one", {"GOGC=", "GOGC=2"}, "-", "-", "-", "", 2},
		{"a prefix is no match",
		 {"GOGCX=1", "XGOGC=2", "GOG=3", "GOGC", "=GOGC=1"},
		 "-",
		 "-",
		 "-",
		 "-",
		 0},
		{"a value with =", {"GODEBUG==,=", ""}, "-", "-", "=,=", "-", 0},
		{"too long", {long_one, "GOGC=2"}, "-", "-", "-", "", 2},
	};

	(void)state;
	memset(long_one + 5, '1', sizeof(long_one) - 6);
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_stack s = make_stack(row[i].env);
		struct gt_env_var var[GT_VAR_COUNT];
		bool cut = row[i].env[0] == long_one;

		memset(var, 0xa5, sizeof(var));
		assert_int_equal(gt_stack_vars(&s, var), 0);
		if (strcmp(value_of(&var[GT_VAR_GOMAXPROCS]), row[i].maxprocs) != 0 ||
		    strcmp(value_of(&var[GT_VAR_GOMEMLIMIT]), row[i].memlimit) != 0 ||
		    strcmp(value_of(&var[GT_VAR_GODEBUG]), row[i].godebug) != 0 ||
		    strcmp(value_of(&var[GT_VAR_GOGC]), row[i].gogc) != 0 ||
		    var[GT_VAR_GOGC].count != row[i].gogc_count || var[GT_VAR_GOGC].too_long != cut)
			fail_msg("row \"%s\": GOGC is \"%s\", %u of them", row[i].name,
				 var[GT_VAR_GOGC].value, var[GT_VAR_GOGC].count);
		for (unsigned v = 0; v < GT_VAR_COUNT; v++)
			assert_true(gt_env_var_valid(&var[v]));
	}
}

static void test_arg(void **state)
{
	static const char *const env[] = {"A=1", NULL};
	struct gt_stack s = make_stack(env);
	uint64_t none = 0;

	(void)state;
	assert_string_equal(gt_stack_arg(&s, 0), "/app");
	assert_string_equal(gt_stack_arg(&s, 1), "-x");
	assert_null(gt_stack_arg(&s, 2));
	assert_null(gt_stack_arg(&s, UINT32_MAX));
	memcpy(image, &none,
	       8); /* no argument at all: Linux 5.18 and later forbids it, others not */
	assert_null(gt_stack_arg(&s, 0));
}

/* Pointers that lead out of the image, and an image that ends within a string. */
static void test_reading_of_wild_stacks(void **state)
{
	static const char *const env[] = {"A=1", "GOGC=2", NULL};
	static const uint64_t wild[] = {
		0, 1, 3, UINT64_MAX, SP - 1, SP + sizeof(image), UINT64_MAX - SP, 1ULL << 63};
	struct gt_env_var var[GT_VAR_COUNT];

	(void)state;
	for (size_t off = 0; off < 14 * 8; off += 8) {
		for (size_t i = 0; i < GT_ARRAY_LEN(wild); i++) {
			struct gt_stack s = make_stack(env);

			memcpy(image + off, &wild[i], 8);
			(void)!gt_stack_vars(&s, var); /* any answer but a crash */
			for (unsigned v = 0; v < GT_VAR_COUNT; v++)
				assert_true(gt_env_var_valid(&var[v]));
			(void)gt_stack_arg(&s, 0);
			(void)gt_stack_arg(&s, 1);
		}
	}
	for (size_t len = 0; len < make_stack(env).len; len++) {
		struct gt_stack s = make_stack(env);

		s.len = len;
		assert_int_equal(gt_stack_vars(&s, var), -EINVAL);
		for (unsigned i = 0; i < 3; i++) {
			const char *a = gt_stack_arg(&s, i);

			assert_true(!a || (size_t)(a - (const char *)image) + strlen(a) < len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_rows),
		cmocka_unit_test(test_build_of_a_cut_stack_fails),
		cmocka_unit_test(test_build_of_wild_words_never_crashes),
		cmocka_unit_test(test_build_of_shared_strings_is_bounded),
		cmocka_unit_test(test_build_leaves_stack_enough),
		cmocka_unit_test(test_build_keeps_to_its_room),
		cmocka_unit_test(test_new_valid_sees_lies),
		cmocka_unit_test(test_vars_rows),
		cmocka_unit_test(test_arg),
		cmocka_unit_test(test_reading_of_wild_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
