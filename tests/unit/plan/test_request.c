/*
 * Requests: what the policy allows, what is sound, and what a refused one is told.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "plan_cases.h"

static void test_request_allowed(void **state)
{
	static const struct plan_case rows[] = {
		{"allowed", "allow=gogc a.gogc=50", "GOGC=set:requested:50"},
		{"not allowed", "allow=none a.gogc=50", "GOGC=skip:profile-null w=not-allowed"},
		{"another key is", "allow=gogc a.gomaxprocs=2",
		 "GOMAXPROCS=skip:go-default-is-right w=not-allowed"},
		{"not allowed falls back to the profile", "allow=none p.gogc=60 a.gogc=50",
		 "GOGC=set:profile:60 w=not-allowed"},
		{"image variables need it too", "allow=none i.gogc=50",
		 "GOGC=skip:profile-null w=not-allowed"},
		{"labels need it too", "allow=none l.gogc=50",
		 "GOGC=skip:profile-null w=not-allowed"},
		{"image variable", "i.gogc=50", "GOGC=set:requested:50"},
		{"label", "l.gogc=50", "GOGC=set:requested:50"},
		{"--set needs none", "allow=none s.gogc=50", "GOGC=set:requested:50"},
		{"the hook's arguments need none", "allow=none h.profile=memory",
		 "GOGC=set:profile:60 profile=memory"},
		{"profile not allowed", "allow=none a.profile=memory",
		 "GOGC=skip:profile-null profile=balanced w=not-allowed"},
		{"mode not allowed", "allow=none a.mode=off", "mode=enforce w=not-allowed"},
		{"enable not allowed", "allow=none a.enable=false",
		 "RLIMIT_NOFILE=set:profile:65536 w=not-allowed"},
		{"program not allowed", "allow=none a.program=/bin/x", "w=not-allowed"},
		{"program allowed", "a.program=/bin/x", "GOMAXPROCS=skip:go-default-is-right"},
		{"nofile not allowed", "allow=gogc a.nofile=100",
		 "RLIMIT_NOFILE=set:profile:65536 w=not-allowed"},
		{"too long", "a.gogc!=50", "GOGC=skip:profile-null w=too-long"},
		{"too long from --set", "s.gogc!=50", "GOGC=skip:profile-null w=too-long"},
		{"unknown key", "unknownkey=io.gotune.turbo", "w=unknown-key"},
		{"two unknown keys", "unknownkey=io.gotune.a unknownkey=io.gotune.b",
		 "w=unknown-key"
		 " w=unknown-key"},
		{"dropped annotations", "dropped", "w=annotations-dropped"},
		{"a broken layer", "badlayer", "w=policy-layer-broken RLIMIT_NOFILE=set:profile"},
		{"no warning without a sound policy", "broken allow=none a.gogc=50", "selected=no"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_request_bounds(void **state)
{
	static const struct plan_case rows[] = {
		{"gomaxprocs 1", "a.gomaxprocs=1", "GOMAXPROCS=set:requested:1"},
		{"gomaxprocs as many as online", "a.gomaxprocs=8", "GOMAXPROCS=set:requested:8"},
		{"gomaxprocs one more", "a.gomaxprocs=9",
		 "GOMAXPROCS=skip:go-default-is-right w=out-of-bounds"},
		{"gomaxprocs beyond the cpuset", "cpuset=0-1 a.gomaxprocs=8",
		 "GOMAXPROCS=set:requested:8"},
		{"gomaxprocs 0", "a.gomaxprocs=0",
		 "GOMAXPROCS=skip:go-default-is-right w=out-of-bounds"},
		{"gomaxprocs -1", "a.gomaxprocs=-1", "w=bad-value"},
		{"gomaxprocs a word", "a.gomaxprocs=two", "w=bad-value"},
		{"gomaxprocs empty", "a.gomaxprocs=", "w=bad-value"},
		{"gomaxprocs with a space", "a.gomaxprocs=~2", "w=bad-value"},
		{"gomaxprocs beyond 64 bits", "a.gomaxprocs=99999999999999999999",
		 "w=out-of-bounds"},
		{"gomaxprocs 2.0", "a.gomaxprocs=2.0", "w=bad-value"},
		{"gomaxprocs 02", "a.gomaxprocs=02", "GOMAXPROCS=set:requested:2"},
		{"gomaxprocs, online unknown", "online=unknown a.gomaxprocs=1024",
		 "GOMAXPROCS=set:requested:1024"},
		{"gomaxprocs, online unknown, more", "online=unknown a.gomaxprocs=1025",
		 "GOMAXPROCS=skip:cpus-unknown w=out-of-bounds"},
		{"refused falls back to the rule", "l0=200000/100000 a.gomaxprocs=9",
		 "GOMAXPROCS=set:cpu-quota:2 w=out-of-bounds"},
		{"gomemlimit 1 MiB", "a.gomemlimit=1MiB", "GOMEMLIMIT=set:requested:1MiB"},
		{"gomemlimit a byte less", "a.gomemlimit=1048575", "w=out-of-bounds"},
		{"gomemlimit 1GB", "a.gomemlimit=1GB",
		 "GOMEMLIMIT=skip:no-memory-limit w=bad-value"},
		{"gomemlimit OFF", "a.gomemlimit=OFF", "w=bad-value"},
		{"gomemlimit empty", "a.gomemlimit=", "w=bad-value"},
		{"gomemlimit 2^63", "a.gomemlimit=9223372036854775808", "w=out-of-bounds"},
		{"gogc 1", "a.gogc=1", "GOGC=set:requested:1"},
		{"gogc 1000", "a.gogc=1000", "GOGC=set:requested:1000"},
		{"gogc 0", "a.gogc=0", "w=out-of-bounds"},
		{"gogc 1001", "a.gogc=1001", "w=out-of-bounds"},
		{"gogc off is never set", "a.gogc=off", "GOGC=skip:profile-null w=bad-value"},
		{"godebug", "a.godebug=gctrace=1", "GODEBUG=set:requested:gctrace=1"},
		{"godebug two", "a.godebug=gctrace=1,netdns=go",
		 "GODEBUG=set:requested:gctrace=1,netdns=go"},
		{"godebug not on the list", "a.godebug=cgocheck=2",
		 "GODEBUG=skip:profile-null w=not-allowed"},
		{"godebug one of two not on the list", "a.godebug=gctrace=1,cgocheck=2",
		 "GODEBUG=skip:profile-null w=not-allowed"},
		{"godebug a prefix of one on the list", "a.godebug=gc=1", "w=not-allowed"},
		{"godebug with a space", "a.godebug=gctrace=1,~netdns=go", "w=bad-value"},
		{"godebug without a value", "a.godebug=gctrace", "w=bad-value"},
		{"godebug with an empty value", "a.godebug=gctrace=", "w=bad-value"},
		{"godebug without a key", "a.godebug==1", "w=bad-value"},
		{"godebug with an empty entry", "a.godebug=gctrace=1,", "w=bad-value"},
		{"godebug empty", "a.godebug=", "w=bad-value"},
		{"godebug control byte", "a.godebug=gctrace=1\001", "w=bad-value"},
		{"godebug beyond ASCII", "a.godebug=gctrace=\303\251", "w=bad-value"},
		{"nofile", "a.nofile=1000000", "RLIMIT_NOFILE=set:requested:1000000"},
		{"nofile at the policy's most", "nofile_max=5000 a.nofile=5000",
		 "RLIMIT_NOFILE=set:requested:5000"},
		{"nofile above it", "nofile_max=5000 a.nofile=5001",
		 "RLIMIT_NOFILE=set:profile:65536 w=out-of-bounds"},
		{"nofile 0", "a.nofile=0", "w=out-of-bounds"},
		{"nofile unlimited", "a.nofile=unlimited", "w=bad-value"},
		{"enable=1", "select=annotated a.enable=1", "RLIMIT_NOFILE=set:profile"},
		{"enable=yes", "select=annotated a.enable=yes",
		 "RLIMIT_NOFILE=skip:not-selected w=bad-value"},
		{"profile unknown", "a.profile=turbo", "profile=balanced w=no-such-profile"},
		{"profile empty", "a.profile=", "profile=balanced w=no-such-profile"},
		{"mode unknown", "a.mode=dry", "mode=enforce w=bad-value"},
		{"program empty", "a.program=", "w=bad-value"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_request_godebug_too_long(void **state)
{
	static char given[512];
	struct plan_case row = {"201 bytes", given, "GODEBUG=skip:profile-null w=too-long"};

	(void)state;
	(void)snprintf(given, sizeof(given), "a.godebug=gctrace=%0193d", 1);
	plan_check(&row, 1);
	row = (struct plan_case){"200 bytes", given, "GODEBUG=set:requested"};
	(void)snprintf(given, sizeof(given), "a.godebug=gctrace=%0192d", 1);
	plan_check(&row, 1);
}

static void test_warn_same_once_and_bounded(void **state)
{
	(void)state;
	plan_usual();
	memset(&plan_got, 0, sizeof(plan_got));
	plan_f.var[GT_VAR_GOGC].count = 3;
	plan_f.var[GT_VAR_GODEBUG].count = 2;
	for (unsigned k = 0; k < GT_KEY_COUNT; k++)
		plan_f.req.key[k] =
			(struct gt_request){.origin = GT_ORIGIN_LABEL, .too_long = true};
	for (unsigned i = 0; i < GT_UNKNOWN_KEYS_MAX; i++)
		(void)snprintf(plan_f.req.unknown[i], 64, "io.gotune.x%u", i);
	plan_f.req.n_unknown = GT_UNKNOWN_KEYS_MAX;
	plan_all(&plan_got);
	assert_int_equal(plan_got.n_warning, GT_WARNINGS_MAX);
	assert_int_equal(plan_got.warnings_dropped, 2 + GT_KEY_COUNT + GT_UNKNOWN_KEYS_MAX - 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_allowed),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_request_godebug_too_long),
		cmocka_unit_test(test_warn_same_once_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
