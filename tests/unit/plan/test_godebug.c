/*
 * GODEBUG: merging, its row, and whether containermaxprocs is on.
 */
#include "gotune/base.h"
#include "gotune/plan.h"
#include "plan/rules.h"
#include "plan_cases.h"

static void test_merge_godebug(void **state)
{
	static const struct {
		const char *have, *want, *allow, *result;
	} rows[] = {
		{"", "a=1", NULL, "a=1"},
		{"a=1", "b=2", NULL, "a=1,b=2"},
		{"a=1", "a=2", NULL, "a=1"},
		{"a=1", "a=2,b=3", NULL, "a=1,b=3"},
		{"a=1,b=2", "b=3,c=4,a=5", NULL, "a=1,b=2,c=4"},
		{"a=1,", "b=2", NULL, "a=1,b=2"},
		{"a=1", "", NULL, "a=1"},
		{"", "", NULL, ""},
		{"", "a=1,a=2", NULL, "a=1"},
		{"aa=1", "a=2", NULL, "aa=1,a=2"},
		{"a=1", "aa=2", NULL, "a=1,aa=2"},
		{"x", "a=1", NULL, "x,a=1"},
		{"a", "a=1", NULL, "a,a=1"}, /* without '=' Go sees no key */
		{" a=1", "a=2", NULL, " a=1,a=2"},
		{"a=", "a=2", NULL, "a="},
		{"a=1=2", "a=3", NULL, "a=1=2"},
		{"", "a", NULL, ""},
		{"", "=1", NULL, ""},
		{"", "a=1,,b=2", NULL, "a=1,b=2"},
		{"", "a=1,b=2", ",a,", "a=1"},
		{"", "a=1,b=2", ",b,a,", "a=1,b=2"},
		{"", "a=1", ",aa,", ""},
		{"", "aa=1", ",a,", ""},
		{"", "a=1", "", ""},
		{"", "a=1", ",", ""},
		{"b=1", "a=1", ",c,", "b=1"}, /* what is there is not ours to judge */
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char got[64];
		bool ok = gt_plan_merge_godebug(rows[i].have, rows[i].want, rows[i].allow, got,
						sizeof(got));

		if (ok && strcmp(got, rows[i].result) == 0)
			continue;
		printf("%s + %s: got %s\n", rows[i].have, rows[i].want, got);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_merge_godebug_too_small(void **state)
{
	char got[8];

	(void)state;
	assert_true(gt_plan_merge_godebug("a=1", "b=2", NULL, got, sizeof(got)));
	assert_string_equal(got, "a=1,b=2");
	assert_false(gt_plan_merge_godebug("a=1", "b=22", NULL, got, sizeof(got)));
	assert_false(gt_plan_merge_godebug("a=1,b=2,c=3", "", NULL, got, sizeof(got)));
	assert_false(gt_plan_merge_godebug("a=1234", "b=", NULL, got, sizeof(got)));
	assert_false(gt_plan_merge_godebug("a=12345", "b=2", NULL, got, sizeof(got)));
	assert_true(gt_plan_merge_godebug("a=12345", "a=2", NULL, got, sizeof(got)));
}

static void test_godebug_row(void **state)
{
	static const struct plan_case rows[] = {
		{"nothing wanted", "", "GODEBUG=skip:profile-null"},
		{"profile", "p.godebug=gctrace=1", "GODEBUG=set:profile:gctrace=1"},
		{"profile, not on the list", "p.godebug=cgocheck=2",
		 "GODEBUG=skip:not-allowed w=not-allowed"},
		{"profile, one of two on the list", "p.godebug=cgocheck=2,gctrace=1",
		 "GODEBUG=set:profile:gctrace=1 w=not-allowed"},
		{"merged", "D=netdns=go p.godebug=gctrace=1",
		 "GODEBUG=set:profile:netdns=go,gctrace=1 before.GODEBUG=netdns=go"},
		{"the environment's key is kept", "D=gctrace=2 p.godebug=gctrace=1",
		 "GODEBUG=keep:already-set before.GODEBUG=gctrace=2"},
		{"a request's key is kept as well", "D=gctrace=2 a.godebug=gctrace=1",
		 "GODEBUG=keep:already-set"},
		{"request beats profile", "p.godebug=gctrace=1 a.godebug=gctrace=2",
		 "GODEBUG=set:requested:gctrace=2"},
		{"request and profile", "p.godebug=gctrace=1 a.godebug=netdns=go",
		 "GODEBUG=set:requested:netdns=go,gctrace=1"},
		{"all three", "D=x=1 p.godebug=gctrace=1 a.godebug=netdns=go",
		 "GODEBUG=set:requested:x=1,netdns=go,gctrace=1"},
		{"request adds nothing, profile does",
		 "D=netdns=c p.godebug=gctrace=1 a.godebug=netdns=go",
		 "GODEBUG=set:profile:netdns=c,gctrace=1"},
		{"no preemption, by the profile", "p.godebug=asyncpreemptoff=1",
		 "GODEBUG=set:asyncpreemptoff-risk:asyncpreemptoff=1"},
		{"no preemption, asked for", "D=x=1 a.godebug=asyncpreemptoff=1",
		 "GODEBUG=set:asyncpreemptoff-risk:x=1,asyncpreemptoff=1"},
		{"preemption that was off already", "D=asyncpreemptoff=1 p.godebug=gctrace=1",
		 "GODEBUG=set:profile:asyncpreemptoff=1,gctrace=1"},
		{"preemption that stays on", "p.godebug=asyncpreemptoff=0",
		 "GODEBUG=set:profile:asyncpreemptoff=0"},
		{"empty in the environment", "D= p.godebug=gctrace=1",
		 "GODEBUG=set:profile:gctrace=1 before.GODEBUG="},
		{"empty and nothing wanted", "D=", "GODEBUG=keep:already-set"},
		{"there and nothing wanted", "D=x=1", "GODEBUG=keep:already-set"},
		{"too long", "Dlong=x p.godebug=gctrace=1", "GODEBUG=keep:already-set"},
		{"twice", "D2=x=1 p.godebug=gctrace=1",
		 "GODEBUG=set:profile:x=1,gctrace=1 w=duplicate-variable"},
		{"not Go", "select=all kind=unknown p.godebug=gctrace=1",
		 "GODEBUG=skip:program-unknown"},
		{"not Go, there", "select=all kind=other D=x=1 p.godebug=gctrace=1",
		 "GODEBUG=keep:already-set"},
		{"not Go, request and profile",
		 "select=all kind=other p.godebug=gctrace=1 a.godebug=netdns=go",
		 "GODEBUG=set:requested:netdns=go"},
		{"not Go, nothing wanted", "select=all kind=other", "GODEBUG=skip:profile-null"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* 512 bytes in all: what does not fit is not added, and what is there stays. */
static void test_godebug_row_full(void **state)
{
	static char given[700];
	static const char want[] = "GODEBUG=keep:already-set";
	struct plan_case row = {"no room", given, want};

	(void)state;
	(void)snprintf(given, sizeof(given), "p.godebug=gctrace=1 D=x=%0500d", 1);
	plan_check(&row, 1);
	row = (struct plan_case){"just room", given, "GODEBUG=set:profile"};
	(void)snprintf(given, sizeof(given), "p.godebug=gctrace=1 D=x=%0499d", 1);
	plan_check(&row, 1);
	/* Without room for un-pinning the number is set instead. */
	row = (struct plan_case){"no room to un-pin", given,
				 "GOMAXPROCS=set:cpu-quota:2 GODEBUG=keep:already-set"};
	(void)snprintf(given, sizeof(given),
		       "go=1.25 def=containermaxprocs=0,updatemaxprocs=0 l0=200000/100000 "
		       "D=x=%0490d",
		       1);
	plan_check(&row, 1);
}

static void test_container_on(void **state)
{
	static const struct {
		const char *env, *def;
		enum gt_tri want;
	} rows[] = {
		{"", NULL, GT_YES},
		{"", "", GT_YES},
		{"", "containermaxprocs=0", GT_NO},
		{"", "a=1,containermaxprocs=0,updatemaxprocs=0", GT_NO},
		{"", "containermaxprocs=1", GT_YES},
		{"containermaxprocs=1", "containermaxprocs=0", GT_YES},
		{"containermaxprocs=0", NULL, GT_NO},
		{"containermaxprocs=-1", NULL, GT_NO},
		{"containermaxprocs=2", "containermaxprocs=0", GT_YES},
		{"containermaxprocs=", "containermaxprocs=0", GT_NO},
		{"containermaxprocs=x", "containermaxprocs=0", GT_NO},
		{"containermaxprocs=99999999999", "containermaxprocs=0", GT_NO},
		{"containermaxprocs=99999999999999999999999999", "containermaxprocs=0", GT_NO},
		{"containermaxprocs", "containermaxprocs=0", GT_NO},
		{"containermaxprocs=0,containermaxprocs=1", NULL, GT_YES},
		{"containermaxprocs=1,containermaxprocs=0", NULL, GT_NO},
		{"containermaxprocs=1,containermaxprocs=", "containermaxprocs=0", GT_YES},
		{"xcontainermaxprocs=0", NULL, GT_YES},
		{"containermaxprocsx=0", NULL, GT_YES},
		{"containermaxprocs =0", NULL, GT_YES},
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		plan_usual();
		plan_f.program.has_godebug_default = rows[i].def != NULL;
		plan_copy(plan_f.program.godebug_default, 512, rows[i].def ? rows[i].def : "");
		if (gt_plan_container_on(&plan_f, rows[i].env) == rows[i].want)
			continue;
		printf("row failed: %s\n", rows[i].env);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge_godebug),
		cmocka_unit_test(test_merge_godebug_too_small),
		cmocka_unit_test(test_godebug_row),
		cmocka_unit_test(test_godebug_row_full),
		cmocka_unit_test(test_container_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
