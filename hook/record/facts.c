/*
 * Writes the `facts` object of a record: what we read, each fact with its source. An unknown fact
 * is null. Pure but for the writer's heap.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

static void open_fact(struct gt_jw *w, const char *key)
{
	gt_jw_key(w, key);
	gt_jw_open(w, '{');
	gt_jw_key(w, "value");
}

static void close_fact(struct gt_jw *w, const char *source)
{
	gt_jw_key(w, "source");
	gt_jw_str(w, source);
	gt_jw_close(w, '}');
}

static void write_null(struct gt_jw *w, const char *key)
{
	gt_jw_key(w, key);
	gt_jw_null(w);
}

static void write_number(struct gt_jw *w, const char *key, bool known, uint64_t v,
			 const char *source)
{
	if (!known) {
		write_null(w, key);
		return;
	}
	open_fact(w, key);
	if (v == UINT64_MAX) /* the kernel calls it "max" or "unlimited" */
		gt_jw_str(w, "max");
	else
		gt_jw_u64(w, v);
	close_fact(w, source);
}

static void write_fact(struct gt_jw *w, const char *key, const struct gt_fact *f)
{
	write_number(w, key, f->known, f->v, f->where);
}

static void write_text(struct gt_jw *w, const char *key, const char *value, const char *source)
{
	open_fact(w, key);
	gt_jw_str(w, value);
	close_fact(w, source);
}

static void write_cpus(struct gt_jw *w, const char *key, bool known, const struct gt_cpus *c,
		       const char *source)
{
	char list[1024];

	if (!known) {
		write_null(w, key);
		return;
	}
	(void)gt_cpus_format(c, list, sizeof(list)); /* a longer one ends in "..." */
	write_text(w, key, list, source);
}

static void write_cpu_facts(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_facts *f = &r->facts;
	char where[GT_PLACE_CAP];

	write_cpus(w, "cpus_online", f->host.online.known, &f->host.online.v, f->host.online.where);
	write_cpus(w, "cpuset", f->config.cpuset.known, &f->config.cpuset.v,
		   f->config.cpuset.where);
	write_cpus(w, "cpuset_effective", f->cgroup.effective.known, &f->cgroup.effective.v,
		   f->cgroup.effective.where);
	write_cpus(w, "affinity", f->affinity.known, &f->affinity.v, f->affinity.where);
	write_cpus(w, "cpus_allowed", r->plan.cpus_known, &r->plan.cpus_allowed,
		   "cpus_online, cpuset, cpuset_effective, affinity");
	gt_record_quota_place(r, where);
	write_number(w, "quota_us", r->plan.has_quota, r->plan.quota_us, where);
	write_number(w, "period_us", r->plan.has_quota, r->plan.period_us, where);
	write_fact(w, "shares", &f->config.shares);
	write_number(w, "gomaxprocs_value", r->plan.gomaxprocs_value > 0, r->plan.gomaxprocs_value,
		     "planner");
	write_number(w, "gomaxprocs_native", r->plan.gomaxprocs_native > 0,
		     r->plan.gomaxprocs_native, f->program.go[0] ? f->program.go : "planner");
	write_fact(w, "sched_latency_ns", &f->host.sched_latency_ns);
}

static void write_memory_facts(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_plan *p = &r->plan;
	char max[GT_PLACE_CAP], high[GT_PLACE_CAP];

	gt_record_memory_place(r, false, max);
	gt_record_memory_place(r, true, high);
	write_number(w, "memory_limit", p->mem_max.has, p->mem_max.bytes, max);
	write_number(w, "memory_high", p->mem_high.has, p->mem_high.bytes, high);
	write_fact(w, "memory_total", &r->facts.host.memory_total);
	write_fact(w, "swappiness", &r->facts.cgroup.swappiness);
	write_fact(w, "swap_max", &r->facts.cgroup.swap_max);
}

/* Only where something was learned: most machines never do. */
static void write_lesson(struct gt_jw *w, const char *key, const struct gt_fact *f)
{
	if (f->known)
		write_fact(w, key, f);
}

static void write_lessons(const struct gt_lesson_facts *l, struct gt_jw *w)
{
	write_lesson(w, "lesson_starts", &l->starts);
	write_lesson(w, "lesson_beside", &l->beside);
	write_lesson(w, "lesson_oom_kills", &l->ooms);
	write_lesson(w, "lesson_spirals", &l->spirals);
}

static void write_level_number(struct gt_jw *w, const char *key, bool has, uint64_t v)
{
	gt_jw_key(w, key);
	if (has)
		gt_jw_u64(w, v);
	else
		gt_jw_null(w);
}

static void write_levels(const struct gt_cgroup_facts *c, struct gt_jw *w)
{
	gt_jw_key(w, "levels");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < c->n_level && i < GT_LEVELS_MAX; i++) {
		const struct gt_level *l = &c->level[i];

		gt_jw_open(w, '{');
		gt_jw_key(w, "path");
		gt_jw_str(w, l->path);
		write_level_number(w, "quota_us", l->has_quota, l->quota_us);
		write_level_number(w, "period_us", l->has_quota, l->period_us);
		write_level_number(w, "memory_max", l->has_mem_max, l->mem_max_bytes);
		write_level_number(w, "memory_high", l->has_mem_high, l->mem_high_bytes);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void write_cgroup_facts(const struct gt_record *r, struct gt_jw *w)
{
	static const char *const versions[] = {NULL, "v1", "v2"};
	static const char *const seen[] = {"unknown", "no", "yes"};
	const struct gt_cgroup_facts *c = &r->facts.cgroup;
	enum gt_cgroup_version v = c->memory ? c->memory : c->cpu;

	gt_jw_key(w, "cgroup");
	gt_jw_str(w, v <= GT_CGROUP_V2 ? versions[v] : NULL);
	gt_jw_key(w, "cgroup_hybrid");
	gt_jw_bool(w, c->hybrid);
	gt_jw_key(w, "cgroup_path");
	gt_jw_str(w, r->facts.ident.cgroup[0] ? r->facts.ident.cgroup : NULL);
	gt_jw_key(w, "quota_seen");
	gt_jw_str(w, seen[r->plan.quota_seen <= GT_YES ? r->plan.quota_seen : GT_UNKNOWN]);
	write_levels(c, w);
}

static void write_numa_facts(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_host_facts *h = &r->facts.host;

	write_number(w, "numa_nodes", h->numa_known, h->n_nodes, "/sys/devices/system/node");
	gt_jw_key(w, "nodes");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; h->numa_known && i < h->n_nodes && i < GT_NODES_MAX; i++) {
		char list[1024];

		(void)gt_cpus_format(&h->node[i].cpus, list, sizeof(list)); /* may end in "..." */
		gt_jw_open(w, '{');
		gt_jw_key(w, "id");
		gt_jw_u64(w, h->node[i].id);
		gt_jw_key(w, "cpus");
		gt_jw_str(w, list);
		gt_jw_key(w, "memory_bytes");
		gt_jw_u64(w, h->node[i].mem_bytes);
		gt_jw_key(w, "chosen");
		gt_jw_bool(w, r->plan.numa_chosen && r->plan.numa_node == i);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void write_rlimit(struct gt_jw *w, const char *key, bool known, uint64_t soft, uint64_t hard,
			 const char *source)
{
	char pair[64] = "";
	const uint64_t v[] = {soft, hard};

	if (!known) {
		write_null(w, key);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		(void)gt_append(pair, sizeof(pair), i ? ":" : ""); /* 41 bytes at most */
		if (v[i] == UINT64_MAX)
			(void)gt_append(pair, sizeof(pair), "unlimited");
		else
			(void)gt_append_u64(pair, sizeof(pair), v[i]);
	}
	write_text(w, key, pair, source);
}

static void write_task_facts(const struct gt_facts *f, struct gt_jw *w)
{
	static const char *const owners[] = {"unknown", "host", "container"};
	char limits[64];

	/* Without a process they are ours: the runtime that follows us inherits the same. */
	(void)snprintf(limits, sizeof(limits), "/proc/self/limits");
	if (f->ident.pid > 0)
		(void)snprintf(limits, sizeof(limits), "/proc/%lld/limits",
			       (long long)f->ident.pid);
	write_rlimit(w, "nofile_config", f->nofile.in_config, f->nofile.config_soft,
		     f->nofile.config_hard, "config.json");
	write_rlimit(w, "nofile_live", f->nofile.live_known, f->nofile.live_soft,
		     f->nofile.live_hard, limits);
	write_fact(w, "nr_open", &f->host.nr_open);
	gt_jw_key(w, "net_namespace");
	gt_jw_str(w, f->net <= GT_NS_OWNER_CONTAINER ? owners[f->net] : NULL);
	gt_jw_key(w, "ipc_namespace");
	gt_jw_str(w, f->ipc <= GT_NS_OWNER_CONTAINER ? owners[f->ipc] : NULL);
	gt_jw_key(w, "barrier");
	gt_jw_str(w, gt_words_get(&gt_barrier_words, f->barrier));
	gt_jw_key(w, "trouble");
	gt_jw_str(w, gt_words_get(&gt_trouble_words, f->trouble));
}

void gt_record_facts(const struct gt_record *r, struct gt_jw *w)
{
	gt_jw_open(w, '{');
	write_cpu_facts(r, w);
	write_memory_facts(r, w);
	write_lessons(&r->facts.lesson, w);
	write_cgroup_facts(r, w);
	write_numa_facts(r, w);
	write_task_facts(&r->facts, w);
	gt_jw_close(w, '}');
}
