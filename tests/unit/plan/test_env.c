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

/* A value that nobody can mean is kept all the same. */
static void test_kept_with_a_warning(void **state)
{
	static const struct plan_case rows[] = {
		{"GOMEMLIMIT at the limit", "M=512MiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set w=above-memory-limit"},
		{"GOMEMLIMIT above it", "M=4GiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set w=above-memory-limit"},
		{"a byte below it", "M=536870911 m0=512MiB", "GOMEMLIMIT=keep:already-set"},
		{"above an ancestor's", "M=512MiB m0=1GiB m1=256MiB",
		 "GOMEMLIMIT=keep:already-set w=above-memory-limit"},
		{"above memory.high", "M=512MiB h0=256MiB",
		 "GOMEMLIMIT=keep:already-set w=above-memory-limit"},
		{"above a limit that is not known", "M=512MiB m0=bad m1=256MiB",
		 "GOMEMLIMIT=keep:already-set"},
		{"without a limit", "M=512GiB", "GOMEMLIMIT=keep:already-set"},
		{"off", "M=off m0=512MiB", "GOMEMLIMIT=keep:already-set"},
		{"Go's own number for off", "M=9223372036854775807 m0=512MiB",
		 "GOMEMLIMIT=keep:already-set"},
		{"a unit forgotten", "M=512 m0=1GiB",
		 "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"a unit forgotten, without a limit", "M=450000",
		 "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"0", "M=0", "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"too small a unit", "M=400KiB", "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"a byte less than 4 MiB", "M=4194303",
		 "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"4 MiB may be meant", "M=4194304", "GOMEMLIMIT=keep:already-set"},
		{"small, and above the limit", "M=3MiB m0=2MiB",
		 "GOMEMLIMIT=keep:already-set w=unit-forgotten"},
		{"one that Go ignores has one warning", "go=1.18 M=4GiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set-ignored w=go-ignores-value"},
		{"one that Go dies of", "M=512 M=1GB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set-fatal w=go-dies-of-value"},
		{"not Go: no word on it", "select=all kind=other M=4GiB m0=512MiB P=64",
		 "GOMEMLIMIT=keep:already-set GOMAXPROCS=keep:already-set"},
		{"GOMAXPROCS four times the CPUs", "P=32",
		 "GOMAXPROCS=keep:already-set w=far-above-cpus"},
		{"one less", "P=31", "GOMAXPROCS=keep:already-set"},
		{"four times the CPUs allowed", "P=8 cpuset=0-1",
		 "GOMAXPROCS=keep:already-set w=far-above-cpus"},
		{"four times the affinity", "P=4 affinity=5",
		 "GOMAXPROCS=keep:already-set w=far-above-cpus"},
		{"CPUs unknown", "P=512 online=unknown", "GOMAXPROCS=keep:already-set"},
		{"version unknown", "go=unknown P=64 M=4GiB m0=512MiB",
		 "GOMAXPROCS=keep:already-set w=far-above-cpus w=above-memory-limit"},
		{"too long: not looked at", "Plong=64 Mlong=1", "GOMAXPROCS=keep:already-set"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* GODEBUG=containermaxprocs=0 is a choice, as GOMAXPROCS is. */
static void test_told_not_to(void **state)
{
	static const struct plan_case rows[] = {
		{"the environment", "go=1.27 D=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to GODEBUG=keep:already-set value=2"},
		{"both keys", "go=1.27 D=containermaxprocs=0,updatemaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to"},
		{"among others", "go=1.25 D=gctrace=1,containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to"},
		{"a Go that does not know it", "go=1.24 D=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to"},
		{"the last one counts",
		 "go=1.27 D=containermaxprocs=0,containermaxprocs=1 "
		 "l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"on", "go=1.27 D=containermaxprocs=1 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"another key", "go=1.24 D=updatemaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"the author", "go=1.27 def=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to GODEBUG=skip:profile-null"},
		{"the author, among others",
		 "go=1.27 def=asynctimerchan=1,containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to"},
		{"an old go line has both",
		 "go=1.27 def=containermaxprocs=0,updatemaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=skip:un-pin GODEBUG=set:un-pin"},
		{"the author, and the environment says yes",
		 "go=1.27 D=containermaxprocs=1 def=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"a request for a number is newer", "go=1.27 D=containermaxprocs=0 a.gomaxprocs=3",
		 "GOMAXPROCS=set:requested:3"},
		{"GOMAXPROCS itself comes first", "go=1.27 D=containermaxprocs=0 P=4",
		 "GOMAXPROCS=keep:already-set"},
		{"GOMEMLIMIT is another matter", "go=1.27 D=containermaxprocs=0 m0=512MiB",
		 "GOMAXPROCS=keep:go-told-not-to GOMEMLIMIT=set:memory-limit:460MiB"},
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
		{"automemlimit, automaxprocs' override is not for it", "aml p.override m0=512MiB",
		 "GOMEMLIMIT=skip:self-managed"},
		{"automemlimit, override", "aml p.memoverride m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"automaxprocs, automemlimit's override is not for it",
		 "amp p.memoverride l0=200000/100000", "GOMAXPROCS=skip:self-managed"},
		{"automemlimit, override, an old Go", "go=1.18 aml p.memoverride m0=512MiB",
		 "GOMEMLIMIT=skip:go-too-old"},
		{"automemlimit, override, kept", "aml p.memoverride M=300MiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set"},
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

/* What was learned of earlier starts. 512 MiB and a ratio of 900: 51.2 MiB beside are 100 permille.
 */
static void test_gomemlimit_learned(void **state)
{
	static const struct plan_case rows[] = {
		{"nothing beside", "learn starts=5 beside=0 m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"128 MiB beside", "learn starts=1 beside=128MiB m0=512MiB",
		 "GOMEMLIMIT=set:learned:332MiB"},
		{"rounded against the program", "learn starts=1 beside=1 m0=512MiB",
		 "GOMEMLIMIT=set:learned:460MiB"},
		{"learn is off", "starts=1 beside=128MiB m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"nothing was learned", "learn m0=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"not measured", "learn starts=3 m0=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"one OOM kill", "learn starts=3 ooms=1 m0=512MiB",
		 "GOMEMLIMIT=set:learned:435MiB"},
		{"both", "learn starts=3 ooms=2 beside=128MiB m0=512MiB",
		 "GOMEMLIMIT=set:learned:281MiB"},
		{"no less than min_ratio", "learn starts=3 ooms=8 beside=128MiB m0=512MiB",
		 "GOMEMLIMIT=set:learned:256MiB"},
		{"another min_ratio", "learn p.minratio=850 starts=3 ooms=8 m0=512MiB",
		 "GOMEMLIMIT=set:learned:435MiB"},
		{"min_ratio above the ratio raises nothing",
		 "learn p.minratio=1000 starts=3 ooms=8 m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"more than the limit is beside", "learn starts=3 beside=2GiB m0=512MiB",
		 "GOMEMLIMIT=set:learned:256MiB"},
		{"2^64-1",
		 "learn starts=3 beside=18446744073709551615 ooms=18446744073709551615 m0=512MiB",
		 "GOMEMLIMIT=set:learned:256MiB"},
		{"cgo, two starts: the profile's caution stays",
		 "learn cgo=yes starts=2 beside=0 m0=512MiB", "GOMEMLIMIT=set:memory-limit:409MiB"},
		{"cgo, two starts, much beside", "learn cgo=yes starts=2 beside=128MiB m0=512MiB",
		 "GOMEMLIMIT=set:learned:281MiB"},
		{"cgo, three starts: what was measured counts",
		 "learn cgo=yes starts=3 beside=16MiB m0=512MiB", "GOMEMLIMIT=set:learned:444MiB"},
		{"cgo, not measured: the caution stays", "learn cgo=yes starts=9 m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:409MiB"},
		{"the machine's memory is shared",
		 "learn starts=1 beside=128MiB m0=64GiB total=512MiB",
		 "GOMEMLIMIT=set:learned:332MiB"},
		{"what is asked for is asked for",
		 "learn guard spirals=3 starts=3 ooms=8 a.gomemlimit=300MiB m0=512MiB",
		 "GOMEMLIMIT=set:requested:300MiB"},
		{"what is there is there", "learn guard spirals=1 starts=3 M=300MiB m0=512MiB",
		 "GOMEMLIMIT=keep:already-set"},
		{"a spiral", "guard spirals=1 m0=512MiB", "GOMEMLIMIT=skip:death-spiral"},
		{"a spiral, guard is off", "learn spirals=1 m0=512MiB",
		 "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"no spiral", "guard spirals=0 m0=512MiB", "GOMEMLIMIT=set:memory-limit:460MiB"},
		{"a spiral of a profile without it", "guard spirals=1 p.gomemlimit m0=512MiB",
		 "GOMEMLIMIT=skip:profile-null"},
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
		{"above the machine's memory", "m0=64GiB total=16GiB",
		 "GOMEMLIMIT=set:machine-memory:14745MiB mem=68719476736"},
		{"as much as the machine's memory", "m0=16GiB total=16GiB",
		 "GOMEMLIMIT=set:memory-limit:14745MiB"},
		{"below the machine's memory", "m0=8GiB total=16GiB",
		 "GOMEMLIMIT=set:memory-limit:7372MiB"},
		{"an ancestor's above the machine's memory", "m1=64GiB total=16GiB",
		 "GOMEMLIMIT=set:machine-memory:14745MiB"},
		{"a machine without a limit", "total=16GiB", "GOMEMLIMIT=skip:no-memory-limit"},
		{"a machine smaller than min_limit", "m0=1GiB total=32MiB",
		 "GOMEMLIMIT=skip:limit-too-small"},
		{"above the machine's memory, cgo", "cgo=yes m0=64GiB total=1GiB",
		 "GOMEMLIMIT=set:machine-memory:819MiB"},
		{"32 bits, much memory", "elf32 m0=16GiB", "GOMEMLIMIT=set:address-space:3072MiB"},
		{"32 bits, just above", "elf32 m0=3415MiB", "GOMEMLIMIT=set:address-space:3072MiB"},
		{"32 bits, just below", "elf32 m0=3413MiB", "GOMEMLIMIT=set:memory-limit:3071MiB"},
		{"32 bits on a machine with less", "elf32 m0=16GiB total=2GiB",
		 "GOMEMLIMIT=set:machine-memory:1843MiB"},
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
		 "p.gomaxprocs go=1.25 def=containermaxprocs=0,updatemaxprocs=0 l0=200000/100000",
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
		{"loads a Go library later", "select=all kind=other loads l0=200000/100000",
		 "GOMAXPROCS=skip:not-go-yet RLIMIT_NOFILE=set:profile:65536"},
		{"not selected, loads a Go library later", "kind=other loads",
		 "selected=no GOMAXPROCS=skip:not-go-yet"},
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

/* io.gotune.enable=true says that Go runs in it, whatever the file is. */
static void test_enabled_any_program(void **state)
{
#define LIMITS " l0=200000/100000 m0=512MiB"
	static const struct plan_case rows[] = {
		{"other", "a.enable=true kind=other go=unknown" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2 GOMEMLIMIT=set:memory-limit:460MiB RLIMIT_NOFILE=set:profile:65536"},
		{"loads a Go library later", "a.enable=true kind=other go=unknown loads" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2 GOMEMLIMIT=set:memory-limit:460MiB"},
		{"cgo unknown: room for C, and no warning",
		 "a.enable=true kind=other go=unknown cgo=unknown" LIMITS,
		 "GOMEMLIMIT=set:memory-limit:409MiB"},
		{"no build info", "a.enable=true kind=unknown go=unknown note=no-build-info" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2 GOMEMLIMIT=set:memory-limit:460MiB"},
		{"script", "a.enable=true kind=script go=unknown" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"by the image", "i.enable=true kind=other go=unknown" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"select all, and enabled", "select=all a.enable=true kind=other go=unknown" LIMITS,
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"select all alone", "select=all kind=other go=unknown" LIMITS,
		 "GOMAXPROCS=skip:not-go GOMEMLIMIT=skip:not-go"},
		{"a profile is no such word", "select=all a.profile=memory kind=other" LIMITS,
		 "GOMAXPROCS=skip:not-go GOGC=skip:not-go profile=memory"},
		{"not allowed", "select=all allow=gogc a.enable=true kind=other" LIMITS,
		 "GOMAXPROCS=skip:not-go w=not-allowed"},
		{"asked for", "a.enable=true kind=other a.gomaxprocs=3 a.gomemlimit=300MiB" LIMITS,
		 "GOMAXPROCS=set:requested:3 GOMEMLIMIT=set:requested:300MiB"},
		{"kept", "a.enable=true kind=other P=5 M=1GB" LIMITS,
		 "GOMAXPROCS=keep:already-set GOMEMLIMIT=keep:already-set"},
		{"null", "a.enable=true kind=other p.gomaxprocs p.gomemlimit" LIMITS,
		 "GOMAXPROCS=skip:profile-null GOMEMLIMIT=skip:profile-null"},
		{"GOGC and GODEBUG of the profile",
		 "a.enable=true kind=other p.gogc=60 p.godebug=gctrace=1",
		 "GOGC=set:profile:60 GODEBUG=set:profile:gctrace=1"},
		{"no limits", "a.enable=true kind=other go=unknown",
		 "GOMAXPROCS=skip:go-default-is-right GOMEMLIMIT=skip:no-memory-limit"},
		{"decided at its exec", "a.enable=true kind=unknown note=at-exec p.gogc=60" LIMITS,
		 "GOMAXPROCS=skip:at-exec GOMEMLIMIT=skip:at-exec GOGC=skip:at-exec RLIMIT_NOFILE=set:profile:65536"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
#undef LIMITS
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
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_self_managed),
		cmocka_unit_test(test_gomemlimit),
		cmocka_unit_test(test_gomemlimit_learned),
		cmocka_unit_test(test_gogc),
		cmocka_unit_test(test_profile_null),
		cmocka_unit_test(test_not_known_to_be_go),
		cmocka_unit_test(test_barrier_shut),
		cmocka_unit_test(test_kept_with_a_warning),
		cmocka_unit_test(test_told_not_to),
		cmocka_unit_test(test_enabled_any_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
