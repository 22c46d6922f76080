/*
 * What planner's rows (plan_cases.h) and fuzzing start from: a static Go 1.24 program on 8 CPUs,
 * cgroup v2 without a limit, everything readable; and a policy of three usual profiles, "broken"
 * the last.
 */
#ifndef TESTS_PLAN_USUAL_H
#define TESTS_PLAN_USUAL_H

#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"

#define USUAL_PROFILES 3

static void usual_facts(struct gt_facts *f)
{
	memset(f, 0, sizeof(*f));
	f->ident = (struct gt_ident){.id = "c1", .command = "/bin/app", .pid = 100};
	f->program = (struct gt_program){.kind = GT_PROG_GO,
					 .path = "/bin/app",
					 .go = "go1.24.4",
					 .go_known = true,
					 .go_minor = 24,
					 .has_modules = true,
					 .cgo = GT_NO};
	f->host.online.known = true;
	for (unsigned cpu = 0; cpu < 8; cpu++)
		gt_cpus_set(&f->host.online.v, cpu);
	f->cgroup = (struct gt_cgroup_facts){.cpu = GT_CGROUP_V2,
					     .memory = GT_CGROUP_V2,
					     .cpuset = GT_CGROUP_V2,
					     .n_level = 1,
					     .go125_sees = GT_YES,
					     .go126_sees = GT_YES};
	f->nofile = (struct gt_rlimit_facts){
		.live_known = true, .live_soft = 1024, .live_hard = 4096, .can_raise_hard = GT_YES};
	f->net = f->ipc = GT_NS_OWNER_CONTAINER;
}

static void usual_profiles(struct gt_profile profile[USUAL_PROFILES])
{
	static const char *const names[USUAL_PROFILES] = {"balanced", "memory", "broken"};

	for (unsigned i = 0; i < USUAL_PROFILES; i++) {
		struct gt_profile *p = &profile[i];

		*p = (struct gt_profile){.gomaxprocs = true,
					 .min = 2,
					 .shares_multiplier = 2,
					 .shares_floor = 1,
					 .gomemlimit = true,
					 .ratio_permille = 900,
					 .cgo_ratio_permille = 800,
					 .min_ratio_permille = 500,
					 .min_limit_bytes = 64u << 20,
					 .nofile = 65536,
					 .n_sysctl = 1,
					 .swappiness = 1};
		(void)gt_copy_str(p->name, sizeof(p->name), names[i]);
		(void)gt_copy_str(p->sysctl[0].name, sizeof(p->sysctl[0].name),
				  "net.core.somaxconn");
		(void)gt_copy_str(p->sysctl[0].value, sizeof(p->sysctl[0].value), "65535");
	}
	profile[1].gogc = 60;
	profile[2].broken = true;
}

/* Fills the caller's arrays: all profiles, no rule, two layers. */
static struct gt_policy usual_policy(struct gt_profile profile[USUAL_PROFILES],
				     struct gt_rule *rules, struct gt_layer layers[2])
{
	usual_profiles(profile);
	memset(layers, 0, 2 * sizeof(*layers));
	return (struct gt_policy){.mode = GT_MODE_ENFORCE,
				  .select = GT_SELECT_GO,
				  .default_profile = "balanced",
				  .profile = profile,
				  .n_profile = USUAL_PROFILES,
				  .rule = rules,
				  .allow = UINT32_MAX,
				  .nofile_max = 1048576,
				  .layer = layers,
				  .n_layer = 2,
				  .godebug_allow =
					  ",gctrace,containermaxprocs,netdns,asyncpreemptoff,"};
}

#endif
