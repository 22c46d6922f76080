/*
 * A record to test with: a planned container, without the planner.
 */
#ifndef TESTS_RECORD_SAMPLE_H
#define TESTS_RECORD_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

static struct gt_record sample; /* too large for a stack */

static inline struct gt_setting *sample_row(enum gt_setting_id id, const char *name,
					    enum gt_verdict verdict, enum gt_reason why,
					    const char *value)
{
	struct gt_setting *s = &sample.plan.setting[sample.plan.n_setting++];

	*s = (struct gt_setting){.id = id, .verdict = verdict, .reason = why};
	(void)gt_copy_str(s->name, sizeof(s->name), name);
	(void)gt_copy_str(s->value, sizeof(s->value), value);
	return s;
}

/* 1.5 CPUs of 8, 512 MiB, Go 1.24. */
static inline int sample_make(void **state)
{
	struct gt_facts *f = &sample.facts;
	struct gt_plan *p = &sample.plan;

	(void)state;
	memset(&sample, 0, sizeof(sample));
	f->ident = (struct gt_ident){.id = "web-1",
				     .bundle = "/run/b",
				     .runtime = "runc",
				     .stage = "prestart",
				     .engine = GT_ENGINE_PODMAN,
				     .pid = 4711,
				     .pid_start = 99};
	f->program = (struct gt_program){.kind = GT_PROG_GO,
					 .path = "/srv",
					 .go = "go1.24.4",
					 .go_known = true,
					 .go_minor = 24,
					 .cgo = GT_NO};
	f->host.online.known = true;
	assert_int_equal(gt_cpus_parse("0-7", &f->host.online.v), 0);
	(void)gt_copy_str(f->host.online.where, GT_WHERE_CAP, "/sys/devices/system/cpu/online");
	f->cgroup.memory = f->cgroup.cpu = GT_CGROUP_V2;
	f->cgroup.n_level = 1;
	f->cgroup.level[0] = (struct gt_level){.path = "/a/b",
					       .has_quota = true,
					       .quota_us = 150000,
					       .period_us = 100000,
					       .has_mem_max = true,
					       .mem_max_bytes = 512u << 20};
	p->mode = GT_MODE_ENFORCE;
	p->selected = true;
	(void)gt_copy_str(p->profile, sizeof(p->profile), "balanced");
	p->cpus_known = true;
	p->cpus_allowed = f->host.online.v;
	p->has_quota = true;
	p->quota_us = 150000;
	p->period_us = 100000;
	p->gomaxprocs_value = 2;
	p->gomaxprocs_native = 8;
	p->mem_max = (struct gt_limit){.has = true, .bytes = 512u << 20};
	p->has_mem_limit = true;
	p->mem_limit_bytes = 512u << 20;
	sample_row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SET, GT_R_CPU_QUOTA, "2")->number =
		2;
	sample_row(GT_SET_GOMEMLIMIT, "GOMEMLIMIT", GT_VERDICT_SET, GT_R_MEMORY_LIMIT, "460MiB")
		->number = 460u << 20;
	sample_row(GT_SET_GOGC, "GOGC", GT_VERDICT_SKIP, GT_R_PROFILE_NULL, "");
	sample.outcome[0].applied = GT_YES;
	sample.outcome[1].applied = GT_NO;
	(void)gt_copy_str(sample.outcome[1].error, sizeof(sample.outcome[1].error), "no");
	sample.started_at_s = 1767323045; /* 2026-01-02T03:04:05Z */
	sample.started_at_ns = 678999999;
	sample.duration_us = 1234;
	return 0;
}

#endif
