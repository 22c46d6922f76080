/* What the rules share: making a verdict with its evidence; and the container's own. Pure. */
#include <stdarg.h>
#include <stdio.h>

#include "state.h"

struct gt_diag_verdict *gt_say(struct gt_judge *j, enum gt_diag_id id, const char *fmt, ...)
{
	static struct gt_diag_verdict spare; /* takes what does not fit */
	struct gt_diag_verdict *v = j->ret->n_verdict < GT_VERDICTS_MAX
					    ? &j->ret->verdict[j->ret->n_verdict++]
					    : &spare;
	va_list ap;

	*v = (struct gt_diag_verdict){
		.id = id, .area = gt_diag_texts[id].area, .process = j->process};
	va_start(ap, fmt);
	(void)vsnprintf(v->evidence, sizeof(v->evidence), fmt, ap); /* cut: it is for reading */
	va_end(ap);
	return v;
}

void gt_say_figure(struct gt_diag_verdict *v, const char *key, double value)
{
	struct gt_figure *f;

	if (v->n_figure == GT_FIGURES_MAX)
		return;
	f = &v->figure[v->n_figure++];
	gt_copy_cut(f->key, key);
	f->value = value;
}

void gt_say_line(struct gt_diag_verdict *v, uint64_t line)
{
	if (line == 0 || v->n_line == GT_EVIDENCE_MAX)
		return;
	if (v->n_line > 0 && v->line[v->n_line - 1] == line)
		return;
	v->line[v->n_line++] = line;
}

void gt_say_time(struct gt_diag_verdict *v, double since_s, double until_s)
{
	v->has_time = true;
	v->since_s = since_s;
	v->until_s = until_s;
}

bool gt_said(const struct gt_judge *j, enum gt_diag_id id)
{
	for (uint32_t i = 0; i < j->ret->n_verdict; i++)
		if (j->ret->verdict[i].id == id && j->ret->verdict[i].process == j->process)
			return true;
	return false;
}

/* Throttling is what cpu.stat says, and nothing else is: a SCHED line that comes late is a hint. */
void gt_rules_cgroup(struct gt_judge *j)
{
	const struct gt_diagnose_known *k = &j->d->known;
	double share, quota = k->period_us ? (double)k->quota_us / (double)k->period_us : 0;
	uint32_t procs = j->ret->n_process ? j->ret->process[j->ret->n_process - 1].procs : 0;
	double whole = (double)(uint64_t)quota;
	uint32_t want = (uint32_t)(whole < quota ? whole + 1 : whole);
	struct gt_diag_verdict *v;

	if (!k->has_cpu_stat || k->nr_periods < 10)
		return;
	share = (double)k->nr_throttled / (double)k->nr_periods * 100;
	if (share <= 25)
		return;
	v = gt_say(j, GT_V_THROTTLED,
		   "%llu of %llu periods were cut short (%.0f %%), %.1f s in all",
		   (unsigned long long)k->nr_throttled, (unsigned long long)k->nr_periods, share,
		   (double)k->throttled_us / 1e6);
	gt_say_figure(v, "throttled_periods", (double)k->nr_throttled);
	gt_say_figure(v, "periods", (double)k->nr_periods);
	gt_say_figure(v, "throttled_s", (double)k->throttled_us / 1e6);
	want = want < 2 ? 2 : want;
	if (quota <= 0 || procs <= want)
		return;
	v = gt_say(j, GT_V_GOMAXPROCS_TOO_LARGE, "%u Ps for a quota of %.2f CPUs: %u would do",
		   procs, quota, want);
	gt_say_figure(v, "gomaxprocs", procs);
	gt_say_figure(v, "quota_cpus", quota);
}
