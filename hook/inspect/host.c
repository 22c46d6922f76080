/*
 * Reads what the machine is: CPUs online, SMT siblings, NUMA nodes with memory, the scheduler's
 * latency target (Documentation/admin-guide/cputopology.rst, mm/numaperf.rst,
 * ABI/stable/sysfs-devices-node). Effectful: reads sysfs and procfs; only debugfs needs root.
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

#define CPU_DIR	 "sys/devices/system/cpu/"
#define NODE_DIR "sys/devices/system/node/"
#define LIST_CAP 8192 /* of 4096 CPUs, every other one takes the most: about 10 KB, unheard of */

static int read_list(int root, const char *path, struct gt_cpus *ret)
{
	char text[LIST_CAP];
	int r = gt_root_read(root, path, text, sizeof(text));

	return r < 0 ? r : gt_cpus_parse(text, ret);
}

/* Joins PREFIX, a number and SUFFIX; it always fits. */
static void write_path(char path[128], const char *prefix, unsigned n, const char *suffix)
{
	(void)gt_copy_str(path, 128, prefix);
	(void)gt_append_u64(path, 128, n);
	(void)gt_append(path, 128, suffix);
}

static int first_cpu(const struct gt_cpus *c)
{
	for (unsigned i = 0; i < GT_CPUS_MAX; i++) {
		if (gt_cpus_has(c, i))
			return (int)i;
	}
	return -1;
}

/* The lowest sibling of CPU, or -1. A list without the CPU itself is garbage. */
static int read_core(int root, unsigned cpu, const char *file)
{
	struct gt_cpus siblings;
	char path[128];

	write_path(path, CPU_DIR "cpu", cpu, file);
	if (read_list(root, path, &siblings) < 0 || !gt_cpus_has(&siblings, cpu))
		return -1;
	return first_cpu(&siblings);
}

/* Reads all CPUs' cores from one kind of file, or none: half a topology would count cores twice. */
static bool read_smt_by(int root, const char *file, struct gt_host_facts *ret)
{
	for (unsigned i = 0; i < GT_CPUS_MAX; i++) {
		int core;

		if (!gt_cpus_has(&ret->online.v, i))
			continue;
		core = read_core(root, i, file);
		if (core < 0)
			return false;
		ret->core_of[i] = (uint16_t)core;
	}
	(void)gt_copy_str(ret->smt_where, sizeof(ret->smt_where), "/" CPU_DIR "cpu*"); /* fits */
	(void)gt_append(ret->smt_where, sizeof(ret->smt_where), file);
	return true;
}

static void read_smt(int root, struct gt_host_facts *ret)
{
	ret->smt_known =
		ret->online.known && (read_smt_by(root, "/topology/thread_siblings_list", ret) ||
				      read_smt_by(root, "/topology/core_cpus_list", ret));
}

/* "Node 0 MemTotal:       65536000 kB", somewhere in meminfo. */
static int parse_mem_total(const char *text, uint64_t *ret)
{
	const char *p = strstr(text, "MemTotal:");
	char number[24];
	uint64_t kib;
	size_t n;

	if (!p)
		return -EINVAL;
	p += strlen("MemTotal:");
	p += strspn(p, " \t");
	n = strcspn(p, " ");
	if (!gt_copy(number, sizeof(number), p, n) || !gt_has_prefix(p + n, " kB") ||
	    gt_parse_u64(number, &kib) < 0 || __builtin_mul_overflow(kib, 1024, ret))
		return -EINVAL;
	return 0;
}

static int read_node(int root, unsigned id, struct gt_node *ret)
{
	char path[128], text[LIST_CAP];
	int r;

	ret->id = id;
	write_path(path, NODE_DIR "node", id, "/cpulist");
	r = read_list(root, path, &ret->cpus);
	if (r < 0)
		return r;
	write_path(path, NODE_DIR "node", id, "/meminfo");
	r = gt_root_read(root, path, text, sizeof(text));
	return r < 0 ? r : parse_mem_total(text, &ret->mem_bytes);
}

/* Reads the nodes with memory: no cpuset can bind to another. All or nothing, as for SMT. */
static void read_numa(int root, struct gt_host_facts *ret)
{
	struct gt_cpus nodes;
	uint32_t n = 0;

	if (read_list(root, NODE_DIR "has_memory", &nodes) < 0 ||
	    gt_cpus_count(&nodes) > GT_NODES_MAX)
		return;
	for (unsigned i = 0; i < GT_CPUS_MAX; i++) {
		if (gt_cpus_has(&nodes, i) && read_node(root, i, &ret->node[n++]) < 0)
			return;
	}
	ret->n_nodes = n;
	ret->numa_known = n > 0;
}

static void read_number(int root, const char *path, struct gt_fact *ret)
{
	if (gt_root_read_u64(root, path, &ret->v) < 0)
		return;
	ret->known = true;
	(void)gt_copy_str(ret->where, sizeof(ret->where), "/"); /* fits */
	(void)gt_append(ret->where, sizeof(ret->where), path);
}

/* Kernels had three names for the same idea; `where` says which one this is. */
static void read_sched(int root, struct gt_host_facts *ret)
{
	static const char *const files[] = {
		"proc/sys/kernel/sched_latency_ns",	/* CFS, up to 5.12 */
		"sys/kernel/debug/sched/latency_ns",	/* CFS, up to 6.5 */
		"sys/kernel/debug/sched/base_slice_ns", /* EEVDF, since 6.6 */
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(files) && !ret->sched_latency_ns.known; i++)
		read_number(root, files[i], &ret->sched_latency_ns);
}

void gt_inspect_host(int root, unsigned needs, struct gt_host_facts *ret)
{
	if (read_list(root, CPU_DIR "online", &ret->online.v) == 0 &&
	    gt_cpus_count(&ret->online.v) > 0) {
		ret->online.known = true;
		(void)gt_copy_str(ret->online.where, sizeof(ret->online.where),
				  "/" CPU_DIR "online"); /* fits */
	}
	if (needs & GT_NEED_SMT)
		read_smt(root, ret);
	if (needs & GT_NEED_NUMA)
		read_numa(root, ret);
	if (needs & GT_NEED_SCHED)
		read_sched(root, ret);
	read_number(root, "proc/sys/fs/nr_open", &ret->nr_open);
}
