/*
 * What holds of every plan, whatever the facts: asked of some ten thousand combinations of words
 * that change the usual container. The draw is fixed, so that a failure can be repeated.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "plan_cases.h"

static const char *const words[] = {
	"l0=150000/100000",
	"l1=300000/100000",
	"l0=100000/0",
	"l1=bad",
	"levels=0",
	"cq=250000",
	"cq=unlimited",
	"m0=512MiB",
	"m1=48MiB",
	"h0=256MiB",
	"m0=9223372036854775808",
	"m1=bad",
	"cmem=1GiB",
	"shares=1024",
	"p.shares",
	"online=unknown",
	"online=0",
	"online=0-127",
	"cpuset=2-5",
	"effective=4-63",
	"badcpuset",
	"p.count=physical",
	"smt",
	"p.numa=cap",
	"p.numa=bind",
	"numa=2x4",
	"numa=4x2",
	"numa=1x8",
	"p.latency",
	"lat=3000000",
	"lat=24000000",
	"p.max=3",
	"p.max=1",
	"p.min=1",
	"p.min=64",
	"p.round=floor",
	"go=1.13",
	"go=1.19",
	"go=1.25",
	"go=1.26",
	"go=unknown",
	"kind=other",
	"kind=unknown",
	"cgo=yes",
	"cgo=unknown",
	"amp",
	"aml",
	"nomod",
	"p.override",
	"def=containermaxprocs=0",
	"sees=no",
	"sees125=no",
	"sees125=unknown",
	"other125",
	"affinity=2-3",
	"total=256MiB",
	"elf32",
	"p.memoverride",
	"P=4",
	"P=x",
	"P2=",
	"Plong=1",
	"M=off",
	"M=1GB",
	"C=50",
	"C=x",
	"D=x=1",
	"D=containermaxprocs=0",
	"Dlong=x",
	"p.gomaxprocs",
	"p.gomemlimit",
	"p.gogc=60",
	"p.godebug=gctrace=1,netdns=go",
	"p.nofile=0",
	"p.nofile=5000000",
	"p.swappiness=0",
	"p.swappiness=null",
	"swapmax=max",
	"cg=v1",
	"cg=none",
	"has_swap",
	"has_mems",
	"rl=unknown",
	"rl=4096/4096",
	"rl=1024/1048576",
	"rlc=1024/2048",
	"rlc=70000/70000",
	"raise=no",
	"raise=unknown",
	"nr_open=20000",
	"net=host",
	"net=unknown",
	"ipc=host",
	"sc:net.core.somaxconn=128",
	"sc-:net.core.somaxconn",
	"scc:net.core.somaxconn",
	"a.gomaxprocs=3",
	"a.gomaxprocs=0",
	"a.gomemlimit=300MiB",
	"a.gogc=50",
	"a.godebug=gctrace=2",
	"a.nofile=2000",
	"a.profile=memory",
	"a.profile=x",
	"a.mode=audit",
	"a.enable=true",
	"a.enable=false",
	"s.sysctl.kernel.shmall=5",
	"allow=none",
	"select=all",
	"select=annotated",
	"mode=audit",
	"mode=off",
	"r=x r.profile=memory",
	"r=y r.percent=50",
	"r=z r.broken r.engine=podman",
	"barrier=selinux",
	"barrier=no-process",
	"trouble=config-missing",
	"broken",
	"badlayer",
	"dropped",
	"unknownkey=io.gotune.x",
	"pid=0",
};

/* Does a reason belong to a verdict? The enumeration is in that order, but for two. */
static bool reason_fits(const struct gt_setting *s)
{
	switch (s->verdict) {
	case GT_VERDICT_SET:
		return s->reason != GT_R_NONE && s->reason <= GT_R_NO_SWAP;
	case GT_VERDICT_KEEP:
		return s->reason == GT_R_HARD_LIMIT ||
		       (s->reason >= GT_R_ALREADY_SET && s->reason <= GT_R_ALREADY_HIGHER);
	case GT_VERDICT_SKIP:
		return s->reason == GT_R_UNPIN ||
		       (s->reason > GT_R_ALREADY_HIGHER && s->reason < GT_R_COUNT);
	case GT_VERDICT_COUNT:
		break;
	}
	return false;
}

static const char *row_wrong(const struct gt_setting *s)
{
	if (!reason_fits(s))
		return "a reason of another verdict";
	if ((s->verdict == GT_VERDICT_SET) != (s->value[0] != '\0'))
		return "a value without being set, or the other way round";
	if (!plan_got.selected && s->verdict != GT_VERDICT_SKIP)
		return "not selected, and not skipped";
	if (plan_f.barrier != GT_BARRIER_OK && gt_setting_kind(s->id) == GT_KIND_ENV &&
	    s->verdict == GT_VERDICT_SET)
		return "set behind a shut barrier";
	if (s->id == GT_SET_NOFILE && s->verdict == GT_VERDICT_SET &&
	    (s->soft > s->hard || s->number != s->soft ||
	     (plan_f.nofile.in_config &&
	      (s->soft <= plan_f.nofile.config_soft || s->hard < plan_f.nofile.config_hard))))
		return "a limit that is not raised";
	if (s->id == GT_SET_GODEBUG && s->verdict == GT_VERDICT_SET && s->has_before &&
	    !gt_has_prefix(s->value, s->before))
		return "GODEBUG does not begin with what was there";
	if (s->id < GT_SET_GODEBUG && s->verdict == GT_VERDICT_SET && plan_f.var[s->id].present)
		return "a variable that exists is not kept";
	if (s->id == GT_SET_GOMAXPROCS && s->verdict == GT_VERDICT_SET &&
	    (s->number == 0 || s->number > 128))
		return "an absurd GOMAXPROCS";
	return NULL;
}

static const char *plan_wrong(void)
{
	unsigned cpus = plan_got.cpus_known ? gt_cpus_count(&plan_got.cpus_allowed) : 0;

	if (plan_got.n_setting < 6 || plan_got.n_setting > GT_SETTINGS_MAX)
		return "too few or too many rows";
	if (plan_got.gomaxprocs_value > cpus || plan_got.gomaxprocs_native > cpus)
		return "more Ps than CPUs";
	for (uint32_t i = 0; i < plan_got.n_setting; i++) {
		const char *wrong = row_wrong(&plan_got.setting[i]);

		if (wrong)
			return wrong;
	}
	return NULL;
}

static uint32_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static void test_make_invariants(void **state)
{
	static struct gt_plan again;
	uint64_t seed = 1;
	unsigned tuned = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char given[512] = "";
		const char *wrong;

		for (unsigned k = 0; k < 1 + i % 7; k++) {
			(void)gt_append(given, sizeof(given),
					words[draw(&seed) % GT_ARRAY_LEN(words)]);
			(void)gt_append(given, sizeof(given), " ");
		}
		plan_usual();
		wrong = plan_words(given, true);
		if (wrong)
			fail_msg("%s: cannot be set up: %s", given, wrong);
		memset(&plan_got, 0xff, sizeof(plan_got));
		plan_all(&plan_got);
		memset(&again, 0, sizeof(again));
		plan_all(&again);
		wrong = plan_wrong();
		if (!wrong && memcmp(&plan_got, &again, sizeof(again)) != 0)
			wrong = "the second plan differs";
		if (wrong)
			fail_msg("%s: %s", given, wrong);
		tuned += plan_got.setting[0].verdict == GT_VERDICT_SET;
	}
	assert_in_range(tuned, 500, 9500); /* the draw is not all skips */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_make_invariants)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
