/*
 * Reads what the machine is: CPUs online, SMT siblings, NUMA nodes with memory, the scheduler's
 * latency target (Documentation/admin-guide/cputopology.rst, mm/numaperf.rst,
 * ABI/stable/sysfs-devices-node). Effectful: reads sysfs and procfs; only debugfs needs root.
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

#define CPU_DIR	     "sys/devices/system/cpu/"
#define NODE_DIR     "sys/devices/system/node/"
#define SIBLINGS_CAP 256  /* of one core: no processor has more than eight threads a core */
#define LIST_CAP     8192 /* of 4096 CPUs, every other one takes the most: about 10 KB, unheard of */

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

/* The lowest CPU of C from FROM on, or GT_CPUS_MAX. */
static unsigned next_cpu(const struct gt_cpus *c, unsigned from)
{
	while (from < GT_CPUS_MAX && !gt_cpus_has(c, from)) {
		/* Most words of a set are empty. */
		from = from % 64 == 0 && c->bits[from / 64] == 0 ? from + 64 : from + 1;
	}
	return from;
}

/*
 * Takes one list of siblings: it says the core of each of them, so that theirs need not be read. A
 * list without the CPU that it is of is garbage.
 */
static bool take_siblings(int dir, unsigned cpu, const char *file, struct gt_host_facts *ret)
{
	struct gt_cpus siblings;
	char path[128], text[SIBLINGS_CAP];
	unsigned core;

	write_path(path, "cpu", cpu, file);
	if (gt_root_read(dir, path, text, sizeof(text)) < 0 || gt_cpus_parse(text, &siblings) < 0 ||
	    !gt_cpus_has(&siblings, cpu))
		return false;
	core = next_cpu(&siblings, 0);
	for (unsigned i = core; i < GT_CPUS_MAX; i = next_cpu(&siblings, i + 1))
		ret->core_of[i] = (uint16_t)core;
	return true;
}

/* Reads the cores of all CPUs of WANTED from one kind of file, or none: half a topology would count
 * cores twice. */
static bool read_smt_by(int dir, const char *file, const struct gt_cpus *wanted,
			struct gt_host_facts *ret)
{
	memset(ret->core_of, 0xff, sizeof(ret->core_of)); /* GT_CORE_UNKNOWN */
	for (unsigned i = next_cpu(wanted, 0); i < GT_CPUS_MAX; i = next_cpu(wanted, i + 1)) {
		if (ret->core_of[i] == GT_CORE_UNKNOWN && !take_siblings(dir, i, file, ret))
			return false;
	}
	(void)gt_copy_str(ret->smt_where, sizeof(ret->smt_where), "/" CPU_DIR "cpu*"); /* fits */
	(void)gt_append(ret->smt_where, sizeof(ret->smt_where), file);
	return true;
}

/*
 * Does each CPU have a core of its own? Where the processor has no SMT, or its second threads are
 * offline, two files say so of all CPUs. "active" alone does not: it is 0, too, where the scheduler
 * was built without SMT. Source: kernel/cpu.c, control_show and active_show.
 */
static bool is_without_smt(int dir)
{
	static const char *const single[] = {"notsupported", "off", "forceoff"};
	static const struct gt_words words = {single, GT_ARRAY_LEN(single)};
	uint64_t active;
	char control[32];

	return gt_root_read_u64(dir, "smt/active", &active) == 0 && active == 0 &&
	       gt_root_read(dir, "smt/control", control, sizeof(control)) == 0 &&
	       gt_words_find(&words, control) >= 0;
}

/* What two CPUs share is one file a core: only of those that a container may run on. */
static void read_smt(int root, const struct gt_cpus *within, struct gt_host_facts *ret)
{
	_cleanup_close_ int dir = gt_root_open_dir(root, CPU_DIR);
	struct gt_cpus wanted = ret->online.v;

	if (dir < 0 || !ret->online.known)
		return;
	if (is_without_smt(dir)) {
		for (unsigned i = 0; i < GT_CPUS_MAX; i++)
			ret->core_of[i] = (uint16_t)i;
		(void)gt_copy_str(ret->smt_where, sizeof(ret->smt_where),
				  "/" CPU_DIR "smt/control"); /* fits */
		ret->smt_known = true;
		return;
	}
	if (within)
		gt_cpus_and(&wanted, within);
	ret->smt_known = read_smt_by(dir, "/topology/thread_siblings_list", &wanted, ret) ||
			 read_smt_by(dir, "/topology/core_cpus_list", &wanted, ret);
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

static void read_memory_total(int root, struct gt_fact *ret)
{
	char text[LIST_CAP];

	if (gt_root_read(root, "proc/meminfo", text, sizeof(text)) < 0 ||
	    parse_mem_total(text, &ret->v) < 0 || ret->v == 0)
		return;
	ret->known = true;
	(void)gt_copy_str(ret->where, sizeof(ret->where), "/proc/meminfo"); /* fits */
}

void gt_inspect_host_within(int root, unsigned needs, const struct gt_cpus *within,
			    struct gt_host_facts *ret)
{
	if (read_list(root, CPU_DIR "online", &ret->online.v) == 0 &&
	    gt_cpus_count(&ret->online.v) > 0) {
		ret->online.known = true;
		(void)gt_copy_str(ret->online.where, sizeof(ret->online.where),
				  "/" CPU_DIR "online"); /* fits */
	}
	if (needs & GT_NEED_SMT)
		read_smt(root, within, ret);
	if (needs & GT_NEED_NUMA)
		read_numa(root, ret);
	if (needs & GT_NEED_SCHED)
		read_sched(root, ret);
	read_number(root, "proc/sys/fs/nr_open", &ret->nr_open);
	read_memory_total(root, &ret->memory_total);
}

void gt_inspect_host(int root, unsigned needs, struct gt_host_facts *ret)
{
	gt_inspect_host_within(root, needs, NULL, ret);
}
