/*
 * Reads the cgroup facts of a container: its limits and those of each ancestor that we can see, its
 * cpuset, swap, and how it sees its own cgroup. Effectful: reads; needs no privilege.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

/* Takes the last component off BELOW ("/a/b" -> "/a" -> "/"). False at the mount's root. */
static bool go_up(char *below)
{
	char *slash = strrchr(below, '/');

	if (!slash || strcmp(below, "/") == 0)
		return false;
	slash[slash == below] = '\0';
	return true;
}

/* The slot of level I: its own, or the last one, which all the others share. */
static struct gt_level *level_slot(struct gt_cgroup_facts *f, uint32_t i)
{
	if (i >= GT_LEVELS_MAX) {
		f->level_overflow = true;
		return &f->level[GT_LEVELS_MAX - 1];
	}
	if (i >= f->n_level)
		f->n_level = i + 1;
	return &f->level[i];
}

static void add_cpu(struct gt_cgroup_facts *f, uint32_t i, int dir, const char *below)
{
	struct gt_level l = {0};

	gt_copy_cut(l.path, below);
	if (dir >= 0)
		gt_cg_read_cpu(dir, f->cpu, &l);
	else
		l.cpu_unreadable = true;
	if (i < GT_LEVELS_MAX)
		memcpy(level_slot(f, i)->path, l.path, sizeof(l.path));
	gt_cg_fold_cpu(level_slot(f, i), &l);
}

static void add_memory(struct gt_cgroup_facts *f, uint32_t i, int dir, const char *below)
{
	struct gt_level l = {0};

	gt_copy_cut(l.mem_path, below);
	if (dir < 0)
		l.mem_unreadable = true;
	else if (i == 0 || gt_cg_memory_inherits(dir, f->memory))
		gt_cg_read_memory(dir, f->memory, &l);
	if (i < GT_LEVELS_MAX)
		memcpy(level_slot(f, i)->mem_path, l.mem_path, sizeof(l.mem_path));
	gt_cg_fold_memory(level_slot(f, i), &l);
}

typedef void (*add_fn)(struct gt_cgroup_facts *f, uint32_t i, int dir, const char *below);

/* Notes the name of a cgroup that does not exist yet: it has no limits. */
static void add_future(struct gt_cgroup_facts *f, uint32_t i, const char *below)
{
	if (i < GT_LEVELS_MAX) {
		(void)gt_copy_str(level_slot(f, i)->path, GT_WHERE_CAP,
				  below); /* cut: for reading */
		memcpy(level_slot(f, i)->mem_path, level_slot(f, i)->path, GT_WHERE_CAP);
	}
}

/*
 * Adds all levels from the container's cgroup up to the mount's root. False when the path is gone
 * or unknown. With FUTURE, levels that do not exist yet are skipped.
 */
static bool walk_levels(int root, const struct gt_cg_place *p, add_fn add, bool future,
			struct gt_cgroup_facts *f)
{
	char below[GT_PATH_CAP];
	uint32_t i = 0;

	if (!p->has_path)
		return false;
	memcpy(below, p->below, sizeof(below));
	do {
		_cleanup_close_ int dir = gt_cg_open(root, p, below);

		if (dir == -ENOENT && future) {
			add_future(f, i++, below);
			continue;
		}
		if (i == 0 && dir == -ENOENT)
			return false;
		future = false; /* its parents exist */
		add(f, i++, dir, below);
	} while (go_up(below));
	return true;
}

/* Marks a hierarchy that exists and that we could not read: it may have a limit. */
static void mark_missing(struct gt_cgroup_facts *f, bool cpu, bool memory)
{
	if (f->n_level == 0)
		return;
	if (!cpu && f->cpu != GT_CGROUP_UNKNOWN)
		f->level[0].cpu_unreadable = true;
	if (!memory && f->memory != GT_CGROUP_UNKNOWN)
		f->level[0].mem_unreadable = true;
}

/* Names a level that only one hierarchy reaches by that one. */
static void name_levels(struct gt_cgroup_facts *f)
{
	for (uint32_t i = 0; i < f->n_level; i++) {
		struct gt_level *l = &f->level[i];

		if (l->path[0] == '\0')
			memcpy(l->path, l->mem_path, sizeof(l->path));
		if (l->mem_path[0] == '\0')
			memcpy(l->mem_path, l->path, sizeof(l->mem_path));
	}
}

static void write_where(char ret[GT_WHERE_CAP], const struct gt_cg_place *p, const char *below,
			const char *file)
{
	/* People read it: may be cut. */
	(void)gt_copy_str(ret, GT_WHERE_CAP, p->point);
	(void)gt_append(ret, GT_WHERE_CAP, strcmp(below, "/") == 0 ? "" : below);
	(void)gt_append(ret, GT_WHERE_CAP, "/");
	(void)gt_append(ret, GT_WHERE_CAP, file);
}

/* Reads the first of FILES that DIR has. 0, -ENOENT, or -EINVAL: we do not understand it. */
static int read_cpus(int dir, const char *const files[2], struct gt_cpus *ret,
		     const char **ret_file)
{
	char text[8192];
	struct gt_cpus cpus;

	for (unsigned i = 0; i < 2 && files[i]; i++) {
		int r = gt_root_read(dir, files[i], text, sizeof(text));

		if (r == -ENOENT)
			continue;
		if (r < 0 || gt_cpus_parse(text, &cpus) < 0)
			return -EINVAL;
		if (gt_cpus_count(&cpus) == 0)
			continue; /* in v1 and v2 an empty set means: the parent's */
		*ret_file = files[i];
		*ret = cpus;
		return 0;
	}
	return -ENOENT;
}

/* Reads the effective set of the nearest level that has one: the controller may end further up. */
static void read_effective(int root, const struct gt_cg_place *p, bool future,
			   struct gt_fact_cpus *ret)
{
	static const char *const v1[2] = {"cpuset.effective_cpus", "cpuset.cpus"};
	static const char *const v2[2] = {"cpuset.cpus.effective", NULL};
	const char *const *files = p->version == GT_CGROUP_V1 ? v1 : v2;
	char below[GT_PATH_CAP];
	const char *file = "";

	memcpy(below, p->below, sizeof(below));
	do {
		_cleanup_close_ int dir = gt_cg_open(root, p, below);
		struct gt_cpus cpus;
		int r = dir < 0 ? dir : read_cpus(dir, files, &cpus, &file);

		if (r == 0) {
			ret->known = true;
			ret->v = cpus;
			write_where(ret->where, p, below, file);
		}
		/* If the cgroup is gone, its parents do not count; if it is to come, they do. */
		if (r != -ENOENT || (dir < 0 && !future))
			return;
	} while (go_up(below));
}

static void read_own_cpuset(int root, const struct gt_cg_place *p, struct gt_cgroup_facts *f)
{
	_cleanup_close_ int dir = gt_cg_open(root, p, p->below);

	if (dir < 0)
		return;
	if (gt_root_read(dir, "cpuset.cpus", f->cpuset_cpus, sizeof(f->cpuset_cpus)) < 0)
		f->cpuset_cpus[0] = '\0';
	if (gt_root_read(dir, "cpuset.mems", f->cpuset_mems, sizeof(f->cpuset_mems)) < 0)
		f->cpuset_mems[0] = '\0';
}

static void read_swap(int root, const struct gt_cg_place *p, struct gt_cgroup_facts *f)
{
	bool v1 = p->version == GT_CGROUP_V1;
	const char *file = v1 ? "memory.swappiness" : "memory.swap.max";
	struct gt_fact *fact = v1 ? &f->swappiness : &f->swap_max;
	_cleanup_close_ int dir = gt_cg_open(root, p, p->below);
	char text[64];

	if (dir < 0 || gt_root_read(dir, file, text, sizeof(text)) < 0)
		return;
	if (!v1 && strcmp(text, "max") == 0)
		fact->v = UINT64_MAX;
	else if (gt_parse_u64(text, &fact->v) < 0)
		return;
	fact->known = true;
	write_where(fact->where, p, p->below, file);
}

/* Reads what an existing cgroup and a future one have in common. */
static void read_places(int root, const struct gt_cg_places *places, bool future,
			struct gt_cgroup_facts *ret)
{
	bool cpu, memory;

	ret->cpu = places->ctl[GT_CTL_CPU].version;
	ret->memory = places->ctl[GT_CTL_MEMORY].version;
	ret->cpuset = places->ctl[GT_CTL_CPUSET].version;
	ret->memory_shared = places->ctl[GT_CTL_MEMORY].shared;
	ret->cpuset_shared = places->ctl[GT_CTL_CPUSET].shared;
	ret->hybrid = places->hybrid;
	cpu = walk_levels(root, &places->ctl[GT_CTL_CPU], add_cpu, future, ret);
	memory = walk_levels(root, &places->ctl[GT_CTL_MEMORY], add_memory, future, ret);
	mark_missing(ret, cpu, memory);
	name_levels(ret);
	if (places->ctl[GT_CTL_CPUSET].has_path)
		read_effective(root, &places->ctl[GT_CTL_CPUSET], future, &ret->effective);
}

/* Has the cgroup BELOW a swap.max? GT_UNKNOWN: it does not exist, or is the root, which has none.
 */
static enum gt_tri has_swap_max(int root, const struct gt_cg_place *p, const char *below)
{
	_cleanup_close_ int dir = gt_cg_open(root, p, below);

	if (dir < 0 || strcmp(below, "/") == 0)
		return GT_UNKNOWN;
	return faccessat(dir, "memory.swap.max", F_OK, 0) == 0 ? GT_YES : GT_NO;
}

/*
 * Will a new cgroup at P have memory.swap.max? Not on a kernel without swap accounting, and then a
 * runtime fails to write it. Its nearest ancestor tells or, when that is the root, our own cgroup.
 */
static bool will_have_swap_max(int root, const struct gt_cg_place *p)
{
	struct gt_cg_places own;
	char below[GT_PATH_CAP];
	enum gt_tri has;

	memcpy(below, p->below, sizeof(below));
	do
		has = has_swap_max(root, p, below);
	while (has == GT_UNKNOWN && go_up(below));
	if (has != GT_UNKNOWN)
		return has == GT_YES;
	gt_cg_find(root, getpid(), NULL, &own);
	p = &own.ctl[GT_CTL_MEMORY];
	return p->has_path && has_swap_max(root, p, p->below) == GT_YES;
}

void gt_inspect_cgroup_future(int root, const char *path, struct gt_cgroup_facts *ret,
			      char ret_path[GT_PATH_CAP])
{
	struct gt_cg_places places;
	const struct gt_cg_place *memory = &places.ctl[GT_CTL_MEMORY];

	gt_cg_find(root, 0, path, &places);
	memcpy(ret_path, places.path, GT_PATH_CAP);
	read_places(root, &places, true, ret);
	if (memory->version == GT_CGROUP_V2)
		ret->no_swap_file = !will_have_swap_max(root, memory);
}

void gt_inspect_cgroup_at(int root, const struct gt_cg_places *places, struct gt_cgroup_facts *ret)
{
	read_places(root, places, false, ret);
	if (places->ctl[GT_CTL_MEMORY].has_path)
		read_swap(root, &places->ctl[GT_CTL_MEMORY], ret);
	if (places->ctl[GT_CTL_CPUSET].has_path)
		read_own_cpuset(root, &places->ctl[GT_CTL_CPUSET], ret);
}

void gt_inspect_cgroup(int root, int64_t pid, struct gt_cgroup_facts *ret,
		       char ret_path[GT_PATH_CAP], int ret_dir[GT_CTL_COUNT])
{
	struct gt_cg_places places;

	gt_cg_find(root, pid, NULL, &places);
	memcpy(ret_path, places.path, GT_PATH_CAP);
	gt_inspect_cgroup_at(root, &places, ret);
	for (unsigned c = 0; ret_dir && c < GT_CTL_COUNT; c++) {
		int dir = gt_cg_open(root, &places.ctl[c], places.ctl[c].below);

		ret_dir[c] = dir < 0 ? -1 : dir;
	}
}
