/*
 * The environment's rows: what is kept, asked for, left alone or set.
 */
#include "gotune/base.h"
#include "plan_cases.h"

/* Rule 1, also for what Go would ignore or die of. */
static void test_kept(void **state)
{
	static const struct plan_case rows[] = {
		{"GOMAXPROCS", "P=4 l0=200000/100000",
		 "GOMAXPROCS=keep:already-set before.GOMAXPROCS=4"},
		{"leading zero", "P=03", "GOMAXPROCS=keep:already-set"},
		{"beats a request", "P=4 a.gomaxprocs=2",
		 "GOMAXPROCS=keep:already-set before.GOMAXPROCS=4"},
		{"beats --set", "P=4 s.gomaxprocs=2", "GOMAXPROCS=keep:already-set"},
		{"beats self-management", "P=4 amp", "GOMAXPROCS=keep:already-set"},
		{"beats the profile's null", "P=4 p.gomaxprocs", "GOMAXPROCS=keep:already-set"},
		{"beats unknown CPUs", "P=4 online=unknown", "GOMAXPROCS=keep:already-set"},
		{"beats a shut barrier", "P=4 barrier=apparmor", "GOMAXPROCS=keep:already-set"},
		{"empty is ignored by Go",
		 "P=", "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"0 is ignored", "P=0", "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"-1 is ignored", "P=-1", "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"a word is ignored", "P=abc",
		 "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"a space is ignored", "P=~3",
		 "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"2^31 is ignored", "P=2147483648",
		 "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"2^31-1 is fatal", "P=2147483647",
		 "GOMAXPROCS=keep:already-set-fatal w=go-dies-of-value"},
		{"+3 before 1.26", "go=1.25 P=+3",
		 "GOMAXPROCS=keep:already-set-ignored w=go-ignores-value"},
		{"+3 from 1.26", "go=1.26 P=+3", "GOMAXPROCS=keep:already-set"},
		{"version unknown: no word on it", "go=unknown P=abc",
		 "GOMAXPROCS=keep:already-set"},
		{"not Go: no word on it", "select=all kind=other P=abc",
		 "GOMAXPROCS=keep:already-set"},
		{"too long: not looked at", "Plong=x", "GOMAXPROCS=keep:already-set"},
		{"twice", "P2=4", "GOMAXPROCS=keep:already-set w=duplicate-variable"},
		{"twice and ignored", "P2=x",
		 "GOMAXPROCS=keep:already-set-ignored w=duplicate-variable w=go-ignores-value"},
		{"GOMEMLIMIT", "M=300MiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set before.GOMEMLIMIT=300MiB"},
		{"GOMEMLIMIT off", "M=off m0=512MiB", "GOMEMLIMIT=keep:already-set"},
		{"GOMEMLIMIT empty", "M= m0=512MiB", "GOMEMLIMIT=keep:already-set"},
		{"GOMEMLIMIT beats a request", "M=off a.gomemlimit=1GiB",
		 "GOMEMLIMIT=keep:already-set"},
		{"1GB is fatal", "M=1GB", "GOMEMLIMIT=keep:already-set-fatal w=go-dies-of-value"},
		{"OFF is fatal", "M=OFF", "GOMEMLIMIT=keep:already-set-fatal w=go-dies-of-value"},
		{"500Mi is fatal", "M=500Mi",
		 "GOMEMLIMIT=keep:already-set-fatal w=go-dies-of-value"},
		{"fatal, version unknown", "go=unknown M=1GB", "GOMEMLIMIT=keep:already-set"},
		{"GOMEMLIMIT before 1.19", "go=1.18 M=1GB",
		 "GOMEMLIMIT=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC", "C=50 p.gogc=60", "GOGC=keep:already-set before.GOGC=50"},
		{"GOGC off", "C=off", "GOGC=keep:already-set"},
		{"GOGC negative", "C=-1", "GOGC=keep:already-set"},
		{"GOGC 0", "C=0", "GOGC=keep:already-set"},
		{"GOGC 2^31", "C=2147483648", "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC -2^31", "C=-2147483648", "GOGC=keep:already-set"},
		{"GOGC -2^31-1", "C=-2147483649",
		 "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC of a word", "C=OFF", "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC empty", "C= a.gogc=50", "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC +50 before 1.26", "go=1.24 C=+50",
		 "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"GOGC +50 from 1.26", "go=1.26 C=+50", "GOGC=keep:already-set"},
		{"GOGC +-5", "go=1.26 C=+-5", "GOGC=keep:already-set-ignored w=go-ignores-value"},
		{"all at once", "P=2 M=off C=off D=gctrace=1",
		 "GOMAXPROCS=keep:already-set GOMEMLIMIT=keep:already-set GOGC=keep:already-set GODEBUG=keep:already-set"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_self_managed(void **state)
{
	static const struct plan_case rows[] = {
		{"automaxprocs", "amp l0=200000/100000", "GOMAXPROCS=skip:self-managed value=2"},
		{"override", "amp p.override l0=200000/100000", "GOMAXPROCS=set:cpu-quota:2"},
		{"a request overrides", "amp a.gomaxprocs=3 l0=200000/100000",
		 "GOMAXPROCS=set:requested:3"},
		{"modules unknown: go on", "nomod l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 w=modules-unknown"},
		{"modules unknown, kept", "nomod P=4", "GOMAXPROCS=keep:already-set"},
		{"automemlimit", "aml m0=512MiB", "GOMEMLIMIT=skip:self-managed"},
		{"automemlimit, override is not for it", "aml p.override m0=512MiB",
		 "GOMEMLIMIT=skip:self-managed"},
		{"automemlimit, a request overrides", "aml a.gomemlimit=300MiB m0=512MiB",
		 "GOMEMLIMIT=set:requested:300MiB"},
		{"each minds its own", "amp l0=200000/100000 m0=512MiB",
		 "GOMAXPROCS=skip:self-managed GOMEMLIMIT=set:memory-limit:460MiB"},
		{"the other way", "aml l0=200000/100000 m0=512MiB",
		 "GOMAXPROCS=set:cpu-quota:2 GOMEMLIMIT=skip:self-managed"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_gomemlimit(void **state)
{
	static const struct plan_case rows[] = {
		{"512 MiB", "m0=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB mem=536870912"},
		{"1 GiB", "m0=1GiB", "GOMEMLIMIT=set:memory-limit:921MiB"},
		{"rounds down to MiB", "m0=100MiB", "GOMEMLIMIT=set:memory-limit:90MiB"},
		{"one byte less", "m0=104857599", "GOMEMLIMIT=set:memory-limit:89MiB"},
		{"64 MiB is enough", "m0=64MiB", "GOMEMLIMIT=set:memory-limit:57MiB"},
		{"a byte below is not", "m0=67108863", "GOMEMLIMIT=skip:limit-too-small"},
		{"0", "m0=0", "GOMEMLIMIT=skip:limit-too-small"},
		{"min_limit lower", "p.minlimit=1MiB m0=2MiB", "GOMEMLIMIT=set:memory-limit:1MiB"},
		{"nothing is left", "p.minlimit=1MiB m0=1MiB", "GOMEMLIMIT=skip:limit-too-small"},
		{"ratio 500", "p.ratio=500 m0=512MiB", "GOMEMLIMIT=set:memory-limit:256MiB"},
		{"ratio 1000", "p.ratio=1000 m0=512MiB", "GOMEMLIMIT=set:memory-limit:512MiB"},
		{"ratio 1", "p.ratio=1 m0=2GiB", "GOMEMLIMIT=set:memory-limit:2MiB"},
		{"cgo", "cgo=yes m0=512MiB", "GOMEMLIMIT=set:memory-limit:409MiB"},
		{"cgo unknown", "cgo=unknown m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:409MiB w=cgo-unknown"},
		{"cgo unknown, cgo's larger", "cgo=unknown p.cgo=950 m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB w=cgo-unknown"},
		{"no limit", "", "GOMEMLIMIT=skip:no-memory-limit mem=0"},
		{"no limit, cgo unknown: no warning", "cgo=unknown",
		 "GOMEMLIMIT=skip:no-memory-limit"},
		{"config.json", "cmem=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"config.json 0 means leave it", "cmem=0", "GOMEMLIMIT=skip:no-memory-limit"},
		{"config.json smaller", "cmem=256MiB m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:230MiB"},
		{"live smaller", "cmem=512MiB m0=256MiB", "GOMEMLIMIT=set:memory-limit:230MiB"},
		{"memory.high", "m0=512MiB h0=256MiB", "GOMEMLIMIT=set:memory-high:230MiB"},
		{"memory.high larger", "m0=256MiB h0=512MiB", "GOMEMLIMIT=set:memory-limit:230MiB"},
		{"memory.high equal", "m0=256MiB h0=256MiB", "GOMEMLIMIT=set:memory-limit:230MiB"},
		{"memory.high alone", "h0=256MiB", "GOMEMLIMIT=set:memory-high:230MiB"},
		{"memory.high in config.json", "chigh=256MiB cmem=1GiB",
		 "GOMEMLIMIT=set:memory-high:230MiB"},
		{"ancestor", "m0=512MiB m1=256MiB",
		 "GOMEMLIMIT=set:ancestor-memory:230MiB memlevel=1"},
		{"ancestor equal", "m0=256MiB m1=256MiB",
		 "GOMEMLIMIT=set:memory-limit:230MiB memlevel=0"},
		{"config.json and an ancestor agree", "cmem=268435456 m1=256MiB",
		 "GOMEMLIMIT=set:memory-limit:230MiB memlevel=99"},
		{"config.json and the own cgroup agree", "cmem=268435456 m0=256MiB m1=256MiB",
		 "GOMEMLIMIT=set:memory-limit:230MiB memlevel=0"},
		{"an ancestor's max equals the own high", "h0=256MiB m1=256MiB",
		 "GOMEMLIMIT=set:memory-high:230MiB memlevel=0"},
		{"the own max equals an ancestor's high", "m0=256MiB h1=256MiB",
		 "GOMEMLIMIT=set:memory-limit:230MiB memlevel=0"},
		{"ancestor's high", "m0=512MiB h2=256MiB",
		 "GOMEMLIMIT=set:ancestor-memory:230MiB memlevel=2"},
		{"ancestor alone", "m2=512MiB", "GOMEMLIMIT=set:ancestor-memory:460MiB"},
		{"ancestor larger", "m0=512MiB m1=1GiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"ancestor too small", "m0=512MiB m1=32MiB", "GOMEMLIMIT=skip:limit-too-small"},
		{"a level that could not be read", "m0=512MiB m1=bad",
		 "GOMEMLIMIT=skip:limits-unknown mem=0"},
		{"a broken quota spares memory", "l0=1/0 m0=512MiB",
		 "GOMAXPROCS=skip:limits-unknown GOMEMLIMIT=set:memory-limit:460MiB"},
		{"2^63-1", "m0=9223372036854775807",
		 "GOMEMLIMIT=set:memory-limit:7916483719987MiB"},
		{"2^63 is no limit", "m0=9223372036854775808", "GOMEMLIMIT=skip:no-memory-limit"},
		{"2^64-1 is no limit", "m0=18446744073709551615",
		 "GOMEMLIMIT=skip:no-memory-limit"},
		{"1.19", "go=1.19 m0=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"1.18", "go=1.18 m0=512MiB", "GOMEMLIMIT=skip:go-too-old"},
		{"version unknown", "go=unknown m0=512MiB", "GOMEMLIMIT=skip:go-version-unknown"},
		{"profile null", "p.gomemlimit m0=512MiB", "GOMEMLIMIT=skip:profile-null"},
		{"request", "a.gomemlimit=300MiB", "GOMEMLIMIT=set:requested:300MiB"},
		{"request off", "a.gomemlimit=off m0=512MiB", "GOMEMLIMIT=set:requested:off"},
		{"request beats null", "p.gomemlimit a.gomemlimit=300MiB",
		 "GOMEMLIMIT=set:requested:300MiB"},
		{"request above the limit is the author's word", "a.gomemlimit=2GiB m0=512MiB",
		 "GOMEMLIMIT=set:requested:2GiB"},
		{"request, 1.18", "go=1.18 a.gomemlimit=300MiB", "GOMEMLIMIT=skip:go-too-old"},
		{"request off, 1.18", "go=1.18 a.gomemlimit=off", "GOMEMLIMIT=skip:go-too-old"},
		{"request, version unknown", "go=unknown a.gomemlimit=300MiB",
		 "GOMEMLIMIT=set:requested:300MiB"},
		{"request in bytes", "a.gomemlimit=1048576", "GOMEMLIMIT=set:requested:1048576"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_gogc(void **state)
{
	static const struct plan_case rows[] = {
		{"profile null", "", "GOGC=skip:profile-null"},
		{"profile", "p.gogc=60", "GOGC=set:profile:60"},
		{"another profile", "a.profile=memory", "GOGC=set:profile:60 profile=memory"},
		{"request", "a.gogc=50", "GOGC=set:requested:50"},
		{"request beats profile", "p.gogc=60 a.gogc=50", "GOGC=set:requested:50"},
		{"any version", "go=1.13 p.gogc=60", "GOGC=set:profile:60"},
		{"version unknown", "go=unknown p.gogc=60", "GOGC=set:profile:60"},
		{"unknown limits do not matter", "levels=0 p.gogc=60", "GOGC=set:profile:60"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_profile_null(void **state)
{
	static const struct plan_case rows[] = {
		{"gomaxprocs", "p.gomaxprocs l0=200000/100000",
		 "GOMAXPROCS=skip:profile-null value=0"},
		{"request beats it", "p.gomaxprocs a.gomaxprocs=2", "GOMAXPROCS=set:requested:2"},
		{"no un-pinning either",
		 "p.gomaxprocs go=1.25 def=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=skip:profile-null GODEBUG=skip:profile-null"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* Nobody can say what an unknown program makes of a computed number; asked-for ones are its own. */
static void test_not_known_to_be_go(void **state)
{
	static const struct plan_case rows[] = {
		{"all, other", "select=all kind=other l0=200000/100000 m0=512MiB p.gogc=60",
		 "GOMAXPROCS=skip:not-go GOMEMLIMIT=skip:not-go GOGC=skip:not-go RLIMIT_NOFILE=set:profile:65536 net.core.somaxconn=set:profile:65535"},
		{"all, unknown", "select=all kind=unknown l0=200000/100000 m0=512MiB p.gogc=60",
		 "GOMAXPROCS=skip:program-unknown GOMEMLIMIT=skip:program-unknown GOGC=skip:program-unknown RLIMIT_NOFILE=set:profile:65536"},
		{"all, script", "select=all kind=script l0=200000/100000",
		 "GOMAXPROCS=skip:program-unknown"},
		{"enabled, other", "a.enable=true kind=other l0=200000/100000",
		 "GOMAXPROCS=skip:not-go RLIMIT_NOFILE=set:profile:65536"},
		{"all, asked for",
		 "select=all kind=other a.gomaxprocs=2 a.gogc=50 a.gomemlimit=1GiB a.godebug=gctrace=1",
		 "GOMAXPROCS=set:requested:2 GOGC=set:requested:50 GOMEMLIMIT=set:requested:1GiB GODEBUG=set:requested:gctrace=1"},
		{"all, the profile's godebug", "select=all kind=other p.godebug=gctrace=1",
		 "GODEBUG=skip:not-go"},
		{"all, swappiness", "select=all kind=unknown cg=v1",
		 "memory.swappiness=set:profile:1"},
		{"null comes first", "select=all kind=other p.gomaxprocs",
		 "GOMAXPROCS=skip:profile-null"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_barrier_shut(void **state)
{
	static const struct plan_case rows[] = {
		{"open", "l0=200000/100000 m0=512MiB",
		 "GOMAXPROCS=set:cpu-quota:2 GOMEMLIMIT=set:memory-limit:460MiB"},
		{"no-process", "barrier=no-process l0=200000/100000 m0=512MiB",
		 "GOMAXPROCS=skip:no-process GOMEMLIMIT=skip:no-process RLIMIT_NOFILE=skip:no-process net.core.somaxconn=skip:no-process value=2"},
		{"not-an-init", "barrier=not-an-init p.gogc=60",
		 "GOGC=skip:not-an-init RLIMIT_NOFILE=skip:not-an-init net.core.somaxconn=skip:not-an-init"},
		{"not-an-init, the cgroup", "barrier=not-an-init cg=v1 swappiness=60",
		 "memory.swappiness=skip:not-an-init"},
		{"ptrace-denied, the rest", "barrier=ptrace-denied cg=v1",
		 "RLIMIT_NOFILE=set:profile net.core.somaxconn=set:profile memory.swappiness=set:profile"},
		{"ptrace-denied", "barrier=ptrace-denied a.gomaxprocs=2",
		 "GOMAXPROCS=skip:ptrace-denied"},
		{"selinux", "barrier=selinux p.godebug=gctrace=1", "GODEBUG=skip:selinux"},
		{"apparmor", "barrier=apparmor p.gogc=60", "GOGC=skip:apparmor"},
		{"arch", "barrier=arch p.gogc=60",
		 "GOGC=skip:arch-unsupported net.core.somaxconn=set:profile:65535"},
		{"what is skipped anyway says why", "barrier=selinux amp",
		 "GOMAXPROCS=skip:self-managed GOGC=skip:profile-null"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),	     cmocka_unit_test(test_self_managed),
		cmocka_unit_test(test_gomemlimit),   cmocka_unit_test(test_gogc),
		cmocka_unit_test(test_profile_null), cmocka_unit_test(test_not_known_to_be_go),
		cmocka_unit_test(test_barrier_shut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
