/*
 * Which containers: trouble, opt-in and opt-out, rules, rollout, mode and profile.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "plan_cases.h"

#define ALL_SKIP(r)                                                                               \
	"selected=no GOMAXPROCS=skip:" r " GOMEMLIMIT=skip:" r " GOGC=skip:" r " GODEBUG=skip:" r \
	" RLIMIT_NOFILE=skip:" r " net.core.somaxconn=skip:" r " memory.swappiness=skip:" r

static void test_trouble(void **state)
{
	static const struct plan_case rows[] = {
		{"disabled", "trouble=disabled", ALL_SKIP("disabled") " rows=7"},
		{"state", "trouble=state-invalid", ALL_SKIP("state-invalid")},
		{"config missing", "trouble=config-missing", ALL_SKIP("config-missing")},
		{"config invalid", "trouble=config-invalid", ALL_SKIP("config-invalid")},
		{"no process", "trouble=no-process", ALL_SKIP("config-invalid")},
		{"no linux", "trouble=no-linux", ALL_SKIP("config-invalid")},
		{"policy", "trouble=policy-broken", ALL_SKIP("policy-broken")},
		{"policy broken", "broken", ALL_SKIP("policy-broken")},
		{"disabled beats all", "trouble=disabled broken mode=off", ALL_SKIP("disabled")},
		{"no default profile: no sysctl rows", "trouble=disabled default=gone",
		 "GOGC=skip:disabled rows=6 nowhere=net.core.somaxconn"},
		{"bind rows", "trouble=disabled p.numa=bind",
		 "cpuset.cpus=skip:disabled cpuset.mems=skip:disabled rows=9"},
		{"a kept value is not looked at", "trouble=disabled P=4",
		 "GOMAXPROCS=skip:disabled"},
		{"requests are not listed", "trouble=disabled s.sysctl.net.ipv4.tcp_fastopen=3",
		 "nowhere=net.ipv4.tcp_fastopen"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_opt_in_and_out(void **state)
{
	static const struct plan_case rows[] = {
		{"go: a Go program", "", "RLIMIT_NOFILE=set:profile"},
		{"go: another", "kind=other", ALL_SKIP("not-go")},
		{"go: unknown", "kind=unknown", ALL_SKIP("program-unknown")},
		{"go: a script", "kind=script", ALL_SKIP("program-unknown")},
		{"go: enabled", "kind=other a.enable=true", "RLIMIT_NOFILE=set:profile"},
		{"go: a profile does not opt in", "kind=other a.profile=memory",
		 "RLIMIT_NOFILE=skip:not-go"},
		{"opted out", "a.enable=false", ALL_SKIP("opted-out")},
		{"opted out by the image", "i.enable=false", ALL_SKIP("opted-out")},
		{"opted out beats mode off", "mode=off a.enable=false", ALL_SKIP("opted-out")},
		{"opted out beats a broken rule", "r=x r.broken a.enable=false",
		 ALL_SKIP("opted-out")},
		{"opt-out not allowed", "allow=none a.enable=false",
		 "RLIMIT_NOFILE=set:profile w=not-allowed"},
		{"annotated: silent", "select=annotated", ALL_SKIP("not-selected")},
		{"annotated: enabled", "select=annotated a.enable=true",
		 "RLIMIT_NOFILE=set:profile"},
		{"annotated: a profile", "select=annotated a.profile=memory",
		 "RLIMIT_NOFILE=set:profile profile=memory"},
		{"annotated: a profile of the hook", "select=annotated h.profile=memory",
		 "RLIMIT_NOFILE=set:profile profile=memory"},
		{"annotated: a profile that is none", "select=annotated a.profile=x",
		 "RLIMIT_NOFILE=skip:not-selected w=no-such-profile"},
		{"annotated: not allowed", "select=annotated allow=none a.enable=true",
		 "RLIMIT_NOFILE=skip:not-selected w=not-allowed"},
		{"annotated: another key", "select=annotated a.gogc=50", "GOGC=skip:not-selected"},
		{"annotated: a rule does not opt in", "select=annotated r=x r.profile=memory",
		 "GOGC=skip:not-selected rule=x"},
		{"all: anything", "select=all kind=unknown", "RLIMIT_NOFILE=set:profile"},
		{"all: opted out", "select=all a.enable=false", ALL_SKIP("opted-out")},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_mode(void **state)
{
	static const struct plan_case rows[] = {
		{"enforce", "l0=200000/100000", "mode=enforce GOMAXPROCS=set:cpu-quota:2"},
		{"audit decides the same", "mode=audit l0=200000/100000",
		 "mode=audit GOMAXPROCS=set:cpu-quota:2"},
		{"off", "mode=off", ALL_SKIP("mode-off") " mode=off"},
		{"rule raises", "mode=audit r=x r.mode=enforce",
		 "mode=enforce RLIMIT_NOFILE=set:profile"},
		{"rule lowers", "r=x r.mode=audit", "mode=audit"},
		{"rule off", "r=x r.mode=off", ALL_SKIP("mode-off") " rule=x"},
		{"rule on where the policy is off", "mode=off r=x r.mode=enforce",
		 "mode=enforce RLIMIT_NOFILE=set:profile"},
		{"rule without a mode", "mode=audit r=x", "mode=audit rule=x"},
		{"request lowers", "a.mode=audit", "mode=audit"},
		{"request off", "a.mode=off", ALL_SKIP("mode-off")},
		{"request cannot raise", "mode=audit a.mode=enforce", "mode=audit w=out-of-bounds"},
		{"request cannot raise a rule's", "r=x r.mode=audit a.mode=enforce",
		 "mode=audit w=out-of-bounds"},
		{"request the same", "mode=audit a.mode=audit", "mode=audit"},
		{"request off where off", "mode=off a.mode=off",
		 "mode=off RLIMIT_NOFILE=skip:mode-off"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_rules(void **state)
{
	static const struct plan_case rows[] = {
		{"none", "", "rule= profile=balanced"},
		{"empty match", "r=x r.profile=memory",
		 "rule=x profile=memory GOGC=set:profile:60"},
		{"image", "image=registry.example/pay/api:1 r=x r.image=registry.example/pay*",
		 "rule=x"},
		{"image of another", "image=registry.example/web r=x r.image=registry.example/pay*",
		 "rule="},
		{"image unknown", "r=x r.image=registry*", "rule="},
		{"command as written", "command=/usr/bin/gateway r=x r.command=*/gateway",
		 "rule=x"},
		{"command as looked up", "command=tini path=/srv/gateway r=x r.command=*/gateway",
		 "rule=x"},
		{"command of another", "command=/bin/app r=x r.command=*/gateway", "rule="},
		{"cgroup", "cgroup=/kubepods/burstable/pod1 r=x r.cgroup=*burstable*", "rule=x"},
		{"cgroup of another", "cgroup=/kubepods/besteffort/p r=x r.cgroup=*burstable*",
		 "rule="},
		{"engine", "engine=cri-o r=x r.engine=cri-o", "rule=x"},
		{"engine of another", "engine=podman r=x r.engine=cri-o", "rule="},
		{"annotation", "ann:team=payments r=x r.ann:team=pay*", "rule=x"},
		{"annotation of another", "ann:team=web r=x r.ann:team=pay*", "rule="},
		{"annotation missing", "ann:owner=pay r=x r.ann:team=pay*", "rule="},
		{"annotation with any value", "ann:team= r=x r.ann:team=*", "rule=x"},
		{"annotation, the last counts", "ann:team=web ann:team=pay r=x r.ann:team=pay",
		 "rule=x"},
		{"annotations are ANDed", "ann:team=pay r=x r.ann:team=pay r.ann:tier=1", "rule="},
		{"both annotations", "ann:team=pay ann:tier=1 r=x r.ann:team=pay r.ann:tier=1",
		 "rule=x"},
		{"all must match", "engine=cri-o image=a r=x r.engine=cri-o r.image=b", "rule="},
		{"the first wins", "r=x r.profile=memory r=y", "rule=x profile=memory"},
		{"the second, where the first does not match",
		 "r=x r.engine=cri-o r=y r.profile=memory", "rule=y profile=memory"},
		{"rollout 0 falls through", "r=x r.percent=0 r=y", "rule=y"},
		{"rollout 0, no other", "r=x r.percent=0 r.mode=off", "rule= mode=enforce"},
		{"canary", "id=c1 r=x r.percent=50 r.print=7", "rule=x arm=canary:x:7"},
		{"control", "id=c1 r=x r.percent=1 r.print=7 r=y", "rule=y arm=control:x:7"},
		{"the first draw counts",
		 "id=c1 r=x r.percent=1 r.print=7 r=y r.percent=99 r.print=8",
		 "rule=y arm=control:x:7"},
		{"100 % is no draw", "r=x r.print=7", "rule=x arm=none::0"},
		{"nor is 0 %", "r=x r.percent=0 r.print=7", "rule= arm=none::0"},
		{"no rule, no draw", "", "arm=none::0"},
		{"rolled back", "id=c1 rollback rolled=9 rolled=7 r=x r.percent=50 r.print=7",
		 "rule= w=rule-rolled-back arm=none::0"},
		{"rolled back: the next rule has its turn",
		 "id=c1 rollback rolled=7 r=x r.percent=50 r.print=7 r=y r.percent=99 r.print=8",
		 "rule=y w=rule-rolled-back arm=canary:y:8"},
		{"rolled back, the others go on",
		 "id=c1 rollback rolled=7 r=x r.percent=1 r.print=7", "rule= arm=none::0"},
		{"rolled back, another rule", "id=c1 rollback rolled=6 r=x r.percent=50 r.print=7",
		 "rule=x"},
		{"rolled back, which the policy does not ask for",
		 "id=c1 rolled=7 r=x r.percent=50 r.print=7", "rule=x"},
		{"rollout 100", "r=x r.percent=100", "rule=x"},
		{"rollout by id", "id=c1 cgroup=a.slice:libpod:4 r=x r.percent=50", "rule=x"},
		{"rollout without an id: by cgroup", "id= cgroup=a.slice:libpod:2 r=x r.percent=50",
		 "rule=x"},
		{"rollout without an id: by cgroup, out",
		 "id= cgroup=a.slice:libpod:4 r=x r.percent=50", "rule="},
		{"broken", "r=x r.broken", ALL_SKIP("policy-broken")},
		{"broken, cannot match", "r=x r.broken r.engine=cri-o",
		 "rule= RLIMIT_NOFILE=set:profile"},
		{"broken, after one that wins", "r=x r=y r.broken",
		 "rule=x RLIMIT_NOFILE=set:profile"},
		{"broken, after one that falls through", "r=x r.percent=0 r=y r.broken",
		 ALL_SKIP("policy-broken")},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* From the highest rank to the lowest; each of a container's within what the policy allows. */
static void test_precedence(void **state)
{
	static const struct plan_case rows[] = {
		{"label over rule", "r=x r.profile=balanced l.profile=memory",
		 "profile=memory rule=x GOGC=set:profile:60"},
		{"image environment over rule", "r=x r.profile=balanced i.profile=memory",
		 "profile=memory rule=x"},
		{"annotation over rule", "r=x r.profile=balanced a.profile=memory",
		 "profile=memory rule=x"},
		{"registration over rule", "r=x r.profile=balanced h.profile=memory",
		 "profile=memory rule=x"},
		{"rule over default", "r=x r.profile=memory", "profile=memory rule=x"},
		{"default", "", "profile=balanced"},
		{"a label is not allowed", "allow=none r=x r.profile=balanced l.profile=memory",
		 "profile=balanced rule=x w=not-allowed"},
		{"an image variable is not allowed", "allow=none l.gogc=1 i.profile=memory",
		 "profile=balanced w=not-allowed w=not-allowed"},
		{"the registration always is", "allow=none h.profile=memory", "profile=memory"},
		{"--set always is", "allow=none s.gogc=50", "GOGC=set:requested:50"},
		{"a label within bounds", "l.gogc=50", "GOGC=set:requested:50"},
		{"a label out of bounds", "l.gogc=1001", "GOGC=skip:profile-null w=out-of-bounds"},
		{"a label that is bad", "l.gogc=off", "GOGC=skip:profile-null w=bad-value"},
		{"a label opts out", "l.enable=false", ALL_SKIP("opted-out")},
		{"a label opts in", "select=annotated l.enable=true", "RLIMIT_NOFILE=set:profile"},
		{"a label's mode, less", "l.mode=audit", "mode=audit"},
		{"a label's mode, more", "mode=audit l.mode=enforce", "mode=audit w=out-of-bounds"},
		{"a label's nofile", "l.nofile=1048577",
		 "RLIMIT_NOFILE=set:profile w=out-of-bounds"},
		{"a label's sysctl is not on the list", "l.sysctl.net.ipv4.tcp_fin_timeout=9",
		 "nowhere=net.ipv4.tcp_fin_timeout w=not-allowed"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_profile(void **state)
{
	static const struct plan_case rows[] = {
		{"default", "", "profile=balanced"},
		{"another default", "default=memory", "profile=memory GOGC=set:profile:60"},
		{"request beats rule", "r=x r.profile=memory a.profile=balanced",
		 "profile=balanced rule=x"},
		{"rule beats default", "r=x r.profile=memory", "profile=memory"},
		{"rule names none that is", "r=x r.profile=gone",
		 "profile=balanced w=no-such-profile"},
		{"default is gone", "default=gone",
		 "selected=no RLIMIT_NOFILE=skip:no-such-profile"},
		{"default is gone, request", "default=gone a.profile=memory",
		 "profile=memory GOGC=set:profile:60"},
		{"default is broken", "p.broken", ALL_SKIP("policy-broken")},
		{"default is broken, request", "p.broken a.profile=memory", "GOGC=set:profile:60"},
		{"request is broken", "a.profile=broken", ALL_SKIP("policy-broken")},
		{"rule's is broken", "r=x r.profile=broken", ALL_SKIP("policy-broken")},
		{"a broken one that is not used", "", "RLIMIT_NOFILE=set:profile"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* gt_plan_select alone gives what gt_plan_make does, without a plan. */
static void test_select_alone(void **state)
{
	struct gt_selection s;

	(void)state;
	plan_usual();
	assert_null(plan_words("r=x r.profile=memory", true));
	gt_plan_select(&plan_f, &plan_p, &s);
	assert_true(s.selected);
	assert_ptr_equal(s.profile, &plan_profiles[1]);
	assert_ptr_equal(s.rule, &plan_rules[0]);
	assert_int_equal(s.mode, GT_MODE_ENFORCE);
	assert_int_equal(s.profile_origin, GT_ORIGIN_NONE);
	assert_null(plan_words("a.profile=balanced a.gogc=x", true));
	gt_plan_select(&plan_f, &plan_p, &s);
	assert_ptr_equal(s.profile, &plan_profiles[0]);
	assert_int_equal(s.profile_origin, GT_ORIGIN_ANNOTATION);
	assert_null(plan_words("a.enable=false", true));
	gt_plan_select(&plan_f, &plan_p, &s);
	assert_false(s.selected);
	assert_int_equal(s.why_not, GT_R_OPTED_OUT);
}

static unsigned rollout_of(const char *rule, uint32_t percent)
{
	unsigned in = 0;

	for (unsigned i = 0; i < 10000; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "container-%u", i);
		in += gt_plan_in_rollout(rule, id, percent);
	}
	return in;
}

static void test_rollout_share(void **state)
{
	(void)state;
	assert_int_equal(rollout_of("canary", 0), 0);
	assert_int_equal(rollout_of("canary", 100), 10000);
	assert_in_range(rollout_of("canary", 1), 50, 150);
	assert_in_range(rollout_of("canary", 5), 400, 600);
	assert_in_range(rollout_of("canary", 50), 4700, 5300);
	assert_in_range(rollout_of("other", 99), 9850, 9950);
}

/* Who is in stays in when the percentage grows, and each rule draws its own canaries. */
static void test_rollout_grows_and_differs(void **state)
{
	unsigned both = 0, one = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char id[32];
		bool in = false;

		(void)snprintf(id, sizeof(id), "%u", i);
		for (uint32_t percent = 0; percent <= 100; percent += 5) {
			bool now = gt_plan_in_rollout("canary", id, percent);

			assert_true(now || !in);
			in = now;
		}
		one += gt_plan_in_rollout("a", id, 50);
		both += gt_plan_in_rollout("a", id, 50) && gt_plan_in_rollout("b", id, 50);
	}
	assert_in_range(one, 420, 580);
	assert_in_range(both, 180, 320);
}

/* Stable across versions: a container must not leave a canary because gotune was updated. */
static void test_rollout_is_stable(void **state)
{
	static const struct {
		const char *id;
		uint32_t first; /* the smallest percentage that takes it in */
	} rows[] = {{"c1", 14}, {"web-7d4b9", 22}, {"", 32}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint32_t p = 0;

		while (!gt_plan_in_rollout("canary", rows[i].id, p))
			p++;
		if (p != rows[i].first)
			printf("%s: %u\n", rows[i].id, p);
		assert_int_equal(p, rows[i].first);
	}
}

/* May what was selected become another selection, once the program is known? */
static void test_awaits_program(void **state)
{
	static const struct {
		const char *name, *given;
		bool awaits;
	} rows[] = {
		{"select go", "", true},
		{"select all", "select=all", false},
		{"annotated, not opted in", "select=annotated", false},
		{"annotated, opted in", "select=annotated a.profile=memory", false},
		{"enabled", "a.enable=true", false},
		{"opted out", "a.enable=false r=a r.command=*x", false},
		{"mode off", "mode=off", false},
		{"a rule by its image", "select=all r=a r.image=x image=x", false},
		{"a rule by its command", "select=all r=a r.command=*/gateway", true},
		{"... in mode off", "mode=off r=a r.command=*/gateway r.mode=enforce", true},
		{"... which the entrypoint has",
		 "select=all command=/gateway r=a r.command=*/gateway", false},
		{"... for another image", "select=all image=y r=a r.command=*/gateway r.image=x",
		 false},
		{"... after one that was chosen",
		 "select=all image=x r=a r.image=x r=b r.command=*/gateway", false},
		{"... before one that was chosen",
		 "select=all image=x r=b r.command=*/gateway r=a r.image=x", true},
		{"... after one that left it out",
		 "select=all image=x r=a r.image=x r.percent=0 r=b r.command=*/gateway", true},
		{"... before a broken one",
		 "select=all image=x r=b r.command=*/gateway r=a r.image=x r.broken", true},
		{"disabled", "trouble=disabled r=a r.command=*/gateway", false},
		{"a broken policy", "broken r=a r.command=*/gateway", false},
	};
	static struct gt_selection sel;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		for (unsigned known = 0; known < 2; known++) {
			plan_usual();
			assert_null(plan_words("kind=unknown note=at-exec path=", true));
			if (plan_words(rows[i].given, true))
				fail_msg("%s: cannot be set up", rows[i].name);
			if (known)
				assert_null(plan_words("kind=go note=", true));
			gt_plan_select(&plan_f, &plan_p, &sel);
			if (gt_plan_awaits_program(&plan_f, &plan_p, &sel) !=
			    (rows[i].awaits && !known))
				fail_msg("%s: %u", rows[i].name, known);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_opt_in_and_out),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_select_alone),
		cmocka_unit_test(test_rollout_share),
		cmocka_unit_test(test_rollout_grows_and_differs),
		cmocka_unit_test(test_rollout_is_stable),
		cmocka_unit_test(test_awaits_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
