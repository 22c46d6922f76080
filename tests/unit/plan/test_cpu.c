/*
 * The CPU rules of the planner: A, Q, value, native, and what GOMAXPROCS becomes of them.
 */
#include "gotune/base.h"
#include "plan_cases.h"

#define OLD_DEFAULT "def=asynctimerchan=1,containermaxprocs=0,updatemaxprocs=0"

/* Go 1.24 looks at no quota, so that the value is what is set, unless it is |A|. */
static void test_value_of_quota(void **state)
{
	static const struct plan_case rows[] = {
		{"no quota", "", "GOMAXPROCS=skip:go-default-is-right value=8 native=8"},
		{"whole", "l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:4 value=4 native=8 q=400000/100000"},
		{"rounds up", "l0=250000/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"rounds up by a microsecond", "l0=200001/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"exactly two", "l0=200000/100000", "GOMAXPROCS=set:cpu-quota:2"},
		{"never below min", "l0=10000/100000", "GOMAXPROCS=set:cpu-quota:2"},
		{"1.5 CPUs", "l0=150000/100000", "GOMAXPROCS=set:cpu-quota:2"},
		{"another period", "l0=75000/50000", "GOMAXPROCS=set:cpu-quota:2"},
		{"a long period", "l0=3000000/1000000", "GOMAXPROCS=set:cpu-quota:3"},
		{"min 1", "p.min=1 l0=10000/100000", "GOMAXPROCS=set:cpu-quota:1"},
		{"min 0 is still one", "p.min=0 l0=10000/100000", "GOMAXPROCS=set:cpu-quota:1"},
		{"min 4", "p.min=4 l0=150000/100000", "GOMAXPROCS=set:cpu-quota:4"},
		{"min beyond the CPUs", "p.min=12 l0=150000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"floor", "p.round=floor l0=250000/100000", "GOMAXPROCS=set:cpu-quota:2"},
		{"floor, exact", "p.round=floor l0=300000/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"floor knows no min", "p.round=floor l0=150000/100000",
		 "GOMAXPROCS=set:cpu-quota:1"},
		{"floor is at least one", "p.round=floor l0=50000/100000",
		 "GOMAXPROCS=set:cpu-quota:1"},
		{"floor ignores a larger min", "p.round=floor p.min=4 l0=250000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"quota as large as the CPUs", "l0=800000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"quota beyond the CPUs", "l0=1600000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"one CPU only", "online=0 l0=10000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=1"},
		{"128 CPUs", "online=0-127 l0=150000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=128"},
		{"huge numbers", "l0=18446744073709551615/18446744073709551615",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"huge quota", "l0=18446744073709551615/1",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_quota_smallest_of_levels(void **state)
{
	static const struct plan_case rows[] = {
		{"config.json alone", "levels=0 cq=300000/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"config.json without a period", "levels=0 cq=300000",
		 "GOMAXPROCS=set:cpu-quota:3 q=300000/100000"},
		{"config.json unlimited", "cq=unlimited", "GOMAXPROCS=skip:go-default-is-right"},
		{"config.json unlimited, no cgroup read", "cq=unlimited levels=0",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"config.json 0 means leave it", "cq=0/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"config.json smaller than live", "cq=300000/100000 l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"live smaller than config.json", "cq=500000/100000 l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:4"},
		{"config.json and the own cgroup agree", "cq=300000/100000 l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3 level=0"},
		{"config.json and a parent agree", "cq=300000/100000 l1=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3 level=99"},
		{"config.json and a grandparent agree",
		 "cq=150000/100000 l1=800000/100000 l2=300000/200000",
		 "GOMAXPROCS=set:cpu-quota:2 level=99 q=150000/100000"},
		{"parent smaller", "l0=500000/100000 l1=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3 level=1"},
		{"parent equal: the own is named", "l0=300000/100000 l1=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3 level=0"},
		{"parent equal as a fraction", "l0=300000/100000 l1=150000/50000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"parent larger", "l0=300000/100000 l1=500000/100000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"parent only", "l1=300000/100000", "GOMAXPROCS=set:ancestor-quota:3 level=1"},
		{"grandparent", "l1=700000/100000 l2=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3 level=2"},
		{"a nearer one of two equals", "l1=300000/100000 l2=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3 level=1"},
		{"fractions are compared exactly", "l0=333333/100000 l1=333334/100000",
		 "GOMAXPROCS=set:cpu-quota:4 q=333333/100000"},
		{"fractions of unlike periods", "l0=1000000/300000 l1=333333/100000",
		 "GOMAXPROCS=set:ancestor-quota:4 q=333333/100000"},
		{"smaller quota, smaller period", "l0=150000/20000 l1=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3"},
		{"products beyond 64 bits",
		 "l0=18446744073709551614/9223372036854775807 l1=18446744073709551615/6148914691236517205",
		 "GOMAXPROCS=set:cpu-quota:2 level=0"},
		{"products beyond 64 bits, by powers of two",
		 "l0=3298534883328/1099511627776 l1=2199023255552/1099511627776",
		 "GOMAXPROCS=set:ancestor-quota:2"},
		{"period zero", "l0=100000/0", "GOMAXPROCS=skip:limits-unknown value=0"},
		{"quota zero", "l0=0/100000", "GOMAXPROCS=skip:limits-unknown"},
		{"period zero of a parent", "l0=200000/100000 l1=100000/0",
		 "GOMAXPROCS=skip:limits-unknown"},
		{"period zero in config.json", "cq=200000/0", "GOMAXPROCS=skip:limits-unknown"},
		{"a level that could not be read", "l0=200000/100000 l1=bad",
		 "GOMAXPROCS=skip:limits-unknown"},
		{"live, but no cgroup", "levels=0",
		 "GOMAXPROCS=skip:limits-unknown GOMEMLIMIT=skip:limits-unknown"},
		{"not live, no cgroup", "pid=0 levels=0",
		 "GOMAXPROCS=skip:go-default-is-right GOMEMLIMIT=skip:no-memory-limit"},
		{"live, no cgroup, config.json speaks", "levels=0 cq=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_allowed_cpus(void **state)
{
	static const struct plan_case rows[] = {
		{"online unknown", "online=unknown", "GOMAXPROCS=skip:cpus-unknown value=0"},
		{"config cpuset", "cpuset=0-3",
		 "GOMAXPROCS=skip:go-default-is-right value=4 native=4"},
		{"effective cpuset", "effective=2-3",
		 "GOMAXPROCS=skip:go-default-is-right value=2"},
		{"both", "cpuset=0-3 effective=3-6", "GOMAXPROCS=skip:go-default-is-right value=1"},
		{"offline CPUs are not in an effective cpuset",
		 "online=0-3 cpuset=0-7 effective=0-3", "value=4"},
		{"all three", "online=0-5 cpuset=2-7 effective=0-4", "value=3"},
		{"nothing left", "cpuset=0-1 effective=4-5", "GOMAXPROCS=skip:cpus-unknown"},
		/* lxcfs numbers the CPUs online from 0 */
		{"a renumbered list, config.json's cpuset", "online=0-3 cpuset=4-7",
		 "GOMAXPROCS=skip:go-default-is-right value=4 native=4"},
		{"a renumbered list, part of the cpuset", "online=0-3 cpuset=3-7", "value=5"},
		{"a renumbered list, effective", "online=0-3 effective=64-70 l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3 native=7"},
		{"a renumbered list, both", "online=0-3 cpuset=3-7 effective=0-7", "value=5"},
		{"a renumbered list and a request", "online=0-1 effective=0-7 a.gomaxprocs=6",
		 "GOMAXPROCS=set:requested:6"},
		{"a renumbered list has no siblings",
		 "online=0-3 effective=4-7 p.count=physical smt no-core=4",
		 "GOMAXPROCS=skip:cpus-unknown"},
		{"affinity", "affinity=3", "GOMAXPROCS=skip:go-default-is-right value=1 native=1"},
		{"affinity and cpuset", "affinity=1-4 cpuset=3-7", "value=2"},
		{"affinity and effective", "affinity=1-4 effective=4-5", "value=1"},
		{"affinity and quota", "affinity=0-3 l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=4"},
		{"affinity and quota, seen by Go itself", "go=1.25 affinity=0-1 l0=600000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=2 native=2"},
		{"affinity beyond a renumbered list", "online=0-3 affinity=8-9", "value=2"},
		{"affinity without a CPU of the cpuset", "affinity=0 cpuset=1-2",
		 "GOMAXPROCS=skip:cpus-unknown"},
		{"invalid cpuset", "badcpuset", "GOMAXPROCS=skip:cpus-unknown"},
		{"|A| clamps the quota", "cpuset=0-2 l0=600000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=3"},
		{"|A| clamps min", "cpuset=0 l0=10000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=1"},
		{"quota below |A|", "cpuset=0-3 l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3 native=4"},
		{"CPUs unknown spares the rest", "online=unknown m0=512MiB",
		 "GOMAXPROCS=skip:cpus-unknown GOMEMLIMIT=set:memory-limit:460MiB"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_caps(void **state)
{
	static const struct plan_case rows[] = {
		{"max", "p.max=4", "GOMAXPROCS=set:profile-max:4"},
		{"max above", "p.max=64", "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"max below the quota", "p.max=3 l0=600000/100000", "GOMAXPROCS=set:profile-max:3"},
		{"quota below max", "p.max=6 l0=300000/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"max below min", "p.max=1 l0=300000/100000", "GOMAXPROCS=set:profile-max:1"},
		{"quota equals max", "p.max=3 l0=300000/100000", "GOMAXPROCS=set:cpu-quota:3"},
		{"physical", "p.count=physical smt", "GOMAXPROCS=set:physical-cores:4"},
		{"physical, one sibling each", "p.count=physical smt cpuset=0,2,4,6",
		 "GOMAXPROCS=skip:go-default-is-right value=4"},
		{"physical, an odd one", "p.count=physical smt cpuset=0-4",
		 "GOMAXPROCS=set:physical-cores:3"},
		{"physical, only second siblings", "p.count=physical smt cpuset=1,3",
		 "GOMAXPROCS=skip:go-default-is-right value=2"},
		{"physical and quota", "p.count=physical smt l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"physical, siblings unknown", "p.count=physical", "GOMAXPROCS=skip:cpus-unknown"},
		{"physical, one CPU was not looked at", "p.count=physical smt no-core=3",
		 "GOMAXPROCS=skip:cpus-unknown"},
		{"physical, one that is not its own was not",
		 "p.count=physical smt no-core=3 cpuset=0-2", "GOMAXPROCS=set:physical-cores:2"},
		{"logical needs no siblings", "p.count=logical", "value=8"},
		{"numa cap", "p.numa=cap numa=2x4", "GOMAXPROCS=set:numa-cap:4 node=0"},
		{"numa cap, the larger node", "p.numa=cap numa=2x4 cpuset=2-7",
		 "GOMAXPROCS=set:numa-cap:4 node=1"},
		{"numa cap, one node", "p.numa=cap numa=1x8",
		 "GOMAXPROCS=skip:go-default-is-right value=8 node=99"},
		{"numa cap, A within a node", "p.numa=cap numa=2x4 cpuset=4-6",
		 "GOMAXPROCS=skip:go-default-is-right value=3 node=1"},
		{"numa cap, quota smaller", "p.numa=cap numa=2x4 l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"numa cap, quota larger", "p.numa=cap numa=2x4 l0=600000/100000",
		 "GOMAXPROCS=set:numa-cap:4"},
		{"numa cap, quota equal", "p.numa=cap numa=2x4 l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:4"},
		{"numa cap, unknown", "p.numa=cap", "GOMAXPROCS=skip:numa-unknown"},
		{"numa cap and physical", "p.numa=cap p.count=physical numa=2x4 smt",
		 "GOMAXPROCS=set:numa-cap:2"},
		{"numa cap, nodes without our CPUs", "p.numa=cap numa=2x2 cpuset=6-7",
		 "GOMAXPROCS=skip:go-default-is-right value=2 node=99"},
		{"numa ignore", "numa=2x4", "GOMAXPROCS=skip:go-default-is-right value=8 node=99"},
		{"four nodes", "online=0-15 p.numa=cap numa=4x4", "GOMAXPROCS=set:numa-cap:4"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_shares(void **state)
{
	static const struct plan_case rows[] = {
		{"off by default", "shares=512", "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"2 x 512", "p.shares shares=512", "GOMAXPROCS=set:shares:1"},
		{"2 x 1024", "p.shares shares=1024", "GOMAXPROCS=set:shares:2"},
		{"rounds up", "p.shares shares=1025", "GOMAXPROCS=set:shares:3"},
		{"2 is the least", "p.shares shares=2", "GOMAXPROCS=set:shares:1"},
		{"floor", "p.shares p.floor=3 shares=512", "GOMAXPROCS=set:shares:3"},
		{"floor 0 is still one", "p.shares p.floor=0 p.mul=0 shares=512",
		 "GOMAXPROCS=set:shares:1"},
		{"multiplier", "p.shares p.mul=4 shares=1024", "GOMAXPROCS=set:shares:4"},
		{"clamped to A", "p.shares shares=262144",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"floor clamped to A", "p.shares p.floor=64 shares=2",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"min does not count", "p.shares p.min=4 shares=512", "GOMAXPROCS=set:shares:1"},
		{"only without a quota", "p.shares shares=512 l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:4"},
		{"an ancestor's quota is one", "p.shares shares=512 l1=400000/100000",
		 "GOMAXPROCS=set:ancestor-quota:4"},
		{"unknown shares", "p.shares", "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"shares 0 are not set", "p.shares shares=0",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"overflow is no limit", "p.shares shares=18446744073709551615",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"max below", "p.shares p.max=2 shares=4096", "GOMAXPROCS=set:profile-max:2"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_sched_latency(void **state)
{
	static const struct plan_case rows[] = {
		{"off by default", "lat=1000000", "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"below 5 ms caps at 4", "p.latency lat=4999999", "GOMAXPROCS=set:sched-latency:4"},
		{"5 ms does not", "p.latency lat=5000000",
		 "GOMAXPROCS=skip:go-default-is-right value=8"},
		{"below 5 ms, quota smaller", "p.latency lat=3000000 l0=300000/100000",
		 "GOMAXPROCS=set:cpu-quota:3"},
		{"below 5 ms, quota larger", "p.latency lat=3000000 l0=600000/100000",
		 "GOMAXPROCS=set:sched-latency:4"},
		{"below 5 ms, 4 CPUs", "p.latency lat=3000000 cpuset=0-3",
		 "GOMAXPROCS=skip:go-default-is-right value=4"},
		{"15 ms does not", "p.latency lat=15000000 l0=500000/100000",
		 "GOMAXPROCS=set:cpu-quota:5"},
		{"above 15 ms allows 1.2", "p.latency lat=15000001 l0=500000/100000",
		 "GOMAXPROCS=set:sched-latency:6"},
		{"1.2 rounds down", "p.latency lat=24000000 l0=600000/100000",
		 "GOMAXPROCS=set:sched-latency:7"},
		{"1.2 of 4 is 4", "p.latency lat=24000000 l0=400000/100000",
		 "GOMAXPROCS=set:cpu-quota:4"},
		{"at most 8", "online=0-31 p.latency lat=24000000 l0=700000/100000",
		 "GOMAXPROCS=set:sched-latency:8"},
		{"8 is not a cap on more", "online=0-31 p.latency lat=24000000 l0=1200000/100000",
		 "GOMAXPROCS=set:cpu-quota:12"},
		{"never above A", "online=0-5 p.latency lat=24000000 l0=500000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=6"},
		{"never above max", "p.max=5 p.latency lat=24000000 l0=500000/100000",
		 "GOMAXPROCS=set:cpu-quota:5"},
		{"unknown changes nothing", "p.latency l0=500000/100000",
		 "GOMAXPROCS=set:cpu-quota:5"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* facts/go-runtime: what each Go chooses by itself, and that it is then left alone. */
static void test_native_by_version(void **state)
{
	static const struct plan_case rows[] = {
		{"1.13", "go=1.13 l0=200000/100000", "GOMAXPROCS=set:cpu-quota:2 native=8"},
		{"1.24", "go=1.24 l0=200000/100000", "GOMAXPROCS=set:cpu-quota:2 native=8"},
		{"1.25", "go=1.25 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"1.27", "go=1.27 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"1.25 rounds up", "go=1.25 l0=250000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=3"},
		{"1.25 has at least 2", "go=1.25 l0=10000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"1.25, one CPU", "go=1.25 cpuset=0 l0=10000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=1"},
		{"1.25, config.json's quota", "go=1.25 cq=300000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=3"},
		{"1.25 does not see ancestors", "go=1.25 l1=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3 native=8"},
		{"1.25, ancestor tighter", "go=1.25 l0=600000/100000 l1=300000/100000",
		 "GOMAXPROCS=set:ancestor-quota:3 native=6"},
		{"1.25, ancestor wider", "go=1.25 l0=300000/100000 l1=600000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=3"},
		{"1.25, floor differs", "go=1.25 p.round=floor l0=250000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=3"},
		{"1.25, floor equals", "go=1.25 p.round=floor l0=300000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=3"},
		{"1.25, min 1 differs", "go=1.25 p.min=1 l0=10000/100000",
		 "GOMAXPROCS=set:cpu-quota:1 native=2"},
		{"1.25, no quota", "go=1.25", "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"1.25, max", "go=1.25 p.max=4", "GOMAXPROCS=set:profile-max:4 native=8"},
		{"1.25, mount root not /", "go=1.25 sees125=no l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=8"},
		{"1.26, mount root not /", "go=1.26 sees125=no l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"1.25, no mount", "go=1.25 sees=no l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=8"},
		{"1.26, no mount", "go=1.26 sees=no l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=8"},
		{"each says whether it sees it", "go=1.25 sees125=no", "seen=no"},
		{"... 1.26", "go=1.26 sees125=no", "seen=yes"},
		{"... 1.24 does not look", "sees=yes", "seen=no"},
		{"... who is no Go program", "select=all kind=other", "seen=unknown"},
		{"1.25 may see another quota", "go=1.25 sees=no other125 l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=0 seen=unknown"},
		{"1.25 may see another quota, and has none", "go=1.25 sees=no other125",
		 "GOMAXPROCS=set:cpus-allowed:8 native=0"},
		{"1.26 does not mind what 1.25 may see",
		 "go=1.26 sees=yes other125 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"1.27 may see another quota", "go=1.27 sees=unknown other126",
		 "GOMAXPROCS=set:cpus-allowed:8 native=0"},
		{"1.24 looks at none", "other125 other126", "GOMAXPROCS=skip:go-default-is-right"},
		{"version unknown, may see another quota", "go=unknown other126",
		 "GOMAXPROCS=set:cpus-allowed:8 native=0"},
		{"version unknown, none sees it", "go=unknown sees=no",
		 "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"turned off, nothing else is seen", "go=1.25 other125 " OLD_DEFAULT,
		 "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"1.25, root unknown", "go=1.25 sees125=unknown l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=0"},
		{"1.25, root unknown, no quota", "go=1.25 sees125=unknown",
		 "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"1.26, root unknown", "go=1.26 sees125=unknown l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"version unknown, quota", "go=unknown l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 native=0"},
		{"version unknown, no quota", "go=unknown",
		 "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"1.25, min beyond the CPUs", "go=1.25 p.min=12 l0=200000/100000",
		 "GOMAXPROCS=set:cpus-allowed:8 native=2"},
		{"1.25, no sibling to leave out",
		 "go=1.25 p.min=12 p.count=physical smt cpuset=0,2,4,6 l0=200000/100000",
		 "GOMAXPROCS=set:cpus-allowed:4"},
		{"1.25, no other node",
		 "go=1.25 p.min=12 p.numa=cap numa=2x4 cpuset=0-3 l0=200000/100000",
		 "GOMAXPROCS=set:cpus-allowed:4"},
		{"shares are not Go's", "go=1.25 p.shares shares=1024",
		 "GOMAXPROCS=set:shares:2 native=8"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

#define UNPINNED "containermaxprocs=1,updatemaxprocs=1"

static void test_unpin(void **state)
{
	static const struct plan_case rows[] = {
		{"un-pin", "go=1.25 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:un-pin GODEBUG=set:un-pin:" UNPINNED " native=8"},
		{"un-pin 1.27", "go=1.27 " OLD_DEFAULT " l0=300000/100000",
		 "GOMAXPROCS=skip:un-pin GODEBUG=set:un-pin:" UNPINNED},
		{"not before 1.25", "go=1.24 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 GODEBUG=skip:profile-null"},
		{"not with an unknown version", "go=unknown " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"nothing to gain without a quota", "go=1.25 " OLD_DEFAULT,
		 "GOMAXPROCS=skip:go-default-is-right GODEBUG=skip:profile-null"},
		{"not where the value differs", "go=1.25 " OLD_DEFAULT " l1=200000/100000",
		 "GOMAXPROCS=set:ancestor-quota:2 GODEBUG=skip:profile-null"},
		{"not where 1.25 is blind", "go=1.25 sees125=no " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"not where the view is unknown",
		 "go=1.25 sees125=unknown " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2"},
		{"1.26 is not blind", "go=1.26 sees125=no " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:un-pin"},
		{"merged", "go=1.25 D=gctrace=1 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:un-pin GODEBUG=set:un-pin:gctrace=1," UNPINNED
		 " before.GODEBUG=gctrace=1"},
		{"updatemaxprocs kept",
		 "go=1.25 D=updatemaxprocs=0 " OLD_DEFAULT " l0=200000/100000",
		 "GODEBUG=set:un-pin:updatemaxprocs=0,containermaxprocs=1"},
		{"the environment says 0",
		 "go=1.25 D=containermaxprocs=0 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to GODEBUG=keep:already-set"},
		{"the environment says 0, new default",
		 "go=1.25 D=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to GODEBUG=keep:already-set"},
		{"the environment says 1",
		 "go=1.25 D=containermaxprocs=1 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right GODEBUG=keep:already-set native=2"},
		{"the last valid wins",
		 "go=1.25 D=containermaxprocs=1,containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=keep:go-told-not-to"},
		{"an invalid one does not",
		 "go=1.25 D=containermaxprocs=1,containermaxprocs=x " OLD_DEFAULT
		 " l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"an entry with a space does not",
		 "go=1.25 D=~containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right native=2"},
		{"GODEBUG too long", "go=1.25 Dlong=x " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 GODEBUG=keep:already-set native=0"},
		{"GODEBUG too long, no quota", "go=1.25 Dlong=x " OLD_DEFAULT,
		 "GOMAXPROCS=skip:go-default-is-right native=8"},
		{"asked for containermaxprocs=0",
		 "go=1.25 a.godebug=containermaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=set:cpu-quota:2 GODEBUG=set:requested:containermaxprocs=0"},
		{"asked for containermaxprocs=1",
		 "go=1.25 a.godebug=containermaxprocs=1 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right GODEBUG=set:requested:containermaxprocs=1 native=2"},
		{"with the profile's entries",
		 "go=1.25 p.godebug=gctrace=1 " OLD_DEFAULT " l0=200000/100000",
		 "GODEBUG=set:un-pin:gctrace=1," UNPINNED},
		{"GOMAXPROCS is there", "go=1.25 P=6 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=keep:already-set GODEBUG=skip:profile-null"},
		{"GOMAXPROCS is asked for",
		 "go=1.25 a.gomaxprocs=6 " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=set:requested:6 GODEBUG=skip:profile-null"},
		{"self-managed", "go=1.25 amp " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:self-managed GODEBUG=skip:profile-null"},
		{"a default of another key", "go=1.25 def=gotypesalias=0 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"updatemaxprocs=0 alone is no pin",
		 "go=1.25 def=updatemaxprocs=0 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"at the barrier both wait",
		 "go=1.25 barrier=selinux " OLD_DEFAULT " l0=200000/100000",
		 "GOMAXPROCS=skip:selinux GODEBUG=skip:selinux"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_of_quota),
		cmocka_unit_test(test_quota_smallest_of_levels),
		cmocka_unit_test(test_allowed_cpus),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_sched_latency),
		cmocka_unit_test(test_native_by_version),
		cmocka_unit_test(test_unpin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
