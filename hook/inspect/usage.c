/*
 * What a container's cgroup has used, v1 and v2 (Documentation/admin-guide/cgroup-v2.rst,
 * cgroup-v1/memory.rst, scheduler/sched-bwc.rst, accounting/psi.rst). Effectful: reads; needs no
 * privilege.
 *
 * A directory that is held open costs an open, a read and a close a file, and no walk; a file that
 * is held open, a read. When the cgroup has been removed, its files are gone with it. One that
 * cannot be read any more is opened anew: the kernel takes the files of PSI away and gives new ones
 * (cgroup.pressure).
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

/* v1 writes "none" as the largest multiple of the page size, which depends on the machine. */
#define V1_NO_LIMIT (UINT64_C(1) << 62)
#define TEXT_CAP    1024  /* cpu.stat has some 500 bytes */
#define STAT_CAP    16384 /* memory.stat has some 1,500 */

static const char *const pressure_list[GT_PRESSURE_COUNT] = {"cpu", "memory", "io"};
const struct gt_words gt_pressure_words = {pressure_list, GT_PRESSURE_COUNT};

enum file {
	CPU_STAT,
	MEMORY,
	LIMIT,
	EVENTS,
	PRESSURE, /* the first of GT_PRESSURE_COUNT */
	FILES = PRESSURE + GT_PRESSURE_COUNT,
};
_Static_assert(FILES == GT_USAGE_FILES, "each of them can be kept");

static const struct {
	const char *v1, *v2;
} names[FILES] = {
	[CPU_STAT] = {"cpu.stat", "cpu.stat"},
	[MEMORY] = {"memory.usage_in_bytes", "memory.current"},
	[LIMIT] = {"memory.limit_in_bytes", "memory.max"},
	[EVENTS] = {"memory.oom_control", "memory.events"},
	[PRESSURE + GT_PRESSURE_CPU] = {NULL, "cpu.pressure"},
	[PRESSURE + GT_PRESSURE_MEMORY] = {NULL, "memory.pressure"},
	[PRESSURE + GT_PRESSURE_IO] = {NULL, "io.pressure"},
};

/* Who looks at what. */
struct look {
	const struct gt_usage_dirs *dirs;
	const struct gt_usage_kept *kept; /* NULL: none */
};

/* F's name, and its directory in *RET_DIR; NULL: this cgroup has no such file. */
static const char *find_file(const struct gt_usage_dirs *d, unsigned f, int *ret_dir)
{
	bool by_cpu =
		f == CPU_STAT || (f >= PRESSURE && d->cpu >= 0 && d->cpu_version == GT_CGROUP_V2);
	enum gt_cgroup_version v = by_cpu ? d->cpu_version : d->memory_version;

	*ret_dir = by_cpu ? d->cpu : d->memory;
	if (*ret_dir < 0)
		return NULL;
	return v == GT_CGROUP_V1 ? names[f].v1 : names[f].v2;
}

static int open_file(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
}

/* The whole of a small file as a C string; false when it cannot be read, or is larger. */
static bool read_fd(int fd, char *text, size_t cap)
{
	ssize_t n = fd < 0 ? -1 : pread(fd, text, cap, 0);

	if (n < 0 || (size_t)n == cap)
		return false;
	text[n] = '\0';
	return true;
}

static bool read_named(int dir, const char *name, char *text, size_t cap)
{
	_cleanup_close_ int fd = open_file(dir, name);

	return read_fd(fd, text, cap);
}

static bool read_file(const struct look *l, unsigned f, char *text, size_t cap)
{
	const char *name;
	int dir;

	if (l->kept && read_fd(l->kept->fd[f], text, cap))
		return true;
	name = find_file(l->dirs, f, &dir);
	return name && read_named(dir, name, text, cap);
}

static bool parse_number(char *text, uint64_t *ret)
{
	text[strcspn(text, "\n")] = '\0';
	return gt_parse_u64(text, ret) == 0;
}

static bool read_number(const struct look *l, unsigned f, uint64_t *ret)
{
	char text[TEXT_CAP];

	return read_file(l, f, text, sizeof(text)) && parse_number(text, ret);
}

/* v1: throttled_time is in nanoseconds. */
static bool read_cpu(const struct look *l, struct gt_usage *ret)
{
	bool v1 = l->dirs->cpu_version == GT_CGROUP_V1;
	char text[TEXT_CAP];
	uint64_t time = 0;

	if (!read_file(l, CPU_STAT, text, sizeof(text)))
		return false;
	ret->has_periods =
		gt_parse_field_u64(text, "nr_periods ", &ret->periods) &&
		gt_parse_field_u64(text, "nr_throttled ", &ret->throttled) &&
		gt_parse_field_u64(text, v1 ? "throttled_time " : "throttled_usec ", &time);
	ret->throttled_us = v1 ? time / 1000 : time;
	return true;
}

static bool read_memory(const struct look *l, struct gt_usage *ret)
{
	bool v1 = l->dirs->memory_version == GT_CGROUP_V1;
	char text[TEXT_CAP];

	ret->has_memory = read_number(l, MEMORY, &ret->memory_bytes);
	/* "max" is no number: there is no limit. */
	ret->has_limit =
		read_number(l, LIMIT, &ret->limit_bytes) && (!v1 || ret->limit_bytes < V1_NO_LIMIT);
	ret->has_oom_kills = read_file(l, EVENTS, text, sizeof(text)) &&
			     gt_parse_field_u64(text, "oom_kill ", &ret->oom_kills);
	return ret->has_memory;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123"; SOME or "full". False: no such line. */
static bool find_total(const char *text, const char *which, uint64_t *ret)
{
	const char *line = strstr(text, which);
	const char *total = line ? strstr(line, "total=") : NULL;
	char digits[24];

	if (!total)
		return false;
	total += strlen("total=");
	return gt_copy(digits, sizeof(digits), total, strcspn(total, "\n")) &&
	       gt_parse_u64(digits, ret) == 0;
}

/* Only v2 has them, and not with psi=0: then reading fails. */
static void read_pressure(const struct look *l, struct gt_usage *ret)
{
	char text[TEXT_CAP];

	for (unsigned i = 0; i < GT_PRESSURE_COUNT; i++) {
		ret->has_pressure[i] = read_file(l, PRESSURE + i, text, sizeof(text)) &&
				       find_total(text, "some ", &ret->some_us[i]);
		if (ret->has_pressure[i] && !find_total(text, "full ", &ret->full_us[i]))
			ret->full_us[i] = 0; /* of the CPU, before Linux 5.13 */
	}
}

static int open_place(int root, const struct gt_cg_place *p)
{
	bool own = p->version != GT_CGROUP_UNKNOWN && p->has_path && !p->shared &&
		   strcmp(p->below, "/") != 0;

	return own ? gt_cg_open(root, p, p->below) : -1;
}

void gt_usage_open(int root, const char *mounts, int64_t pid, struct gt_usage_dirs *ret)
{
	struct gt_cg_places places;

	*ret = GT_USAGE_DIRS_NONE;
	if (pid <= 0 || !mounts)
		return;
	gt_cg_find_by(root, mounts, pid, NULL, &places);
	ret->cpu_version = places.ctl[GT_CTL_CPU].version;
	ret->memory_version = places.ctl[GT_CTL_MEMORY].version;
	ret->cpu = open_place(root, &places.ctl[GT_CTL_CPU]);
	ret->memory = open_place(root, &places.ctl[GT_CTL_MEMORY]);
}

void gt_usage_close(struct gt_usage_dirs *d)
{
	gt_cleanup_close(&d->cpu);
	gt_cleanup_close(&d->memory);
	*d = GT_USAGE_DIRS_NONE;
}

unsigned gt_usage_keep(const struct gt_usage_dirs *d, struct gt_usage_kept *ret)
{
	unsigned n = 0;

	*ret = GT_USAGE_KEPT_NONE;
	for (unsigned f = 0; f < FILES; f++) {
		int dir;
		const char *name = find_file(d, f, &dir);

		ret->fd[f] = name ? open_file(dir, name) : -1;
		n += ret->fd[f] >= 0;
	}
	return n;
}

void gt_usage_let_go(struct gt_usage_kept *k)
{
	for (unsigned f = 0; f < FILES; f++)
		gt_cleanup_close(&k->fd[f]);
	*k = GT_USAGE_KEPT_NONE;
}

bool gt_usage_read(const struct gt_usage_dirs *d, const struct gt_usage_kept *kept,
		   struct gt_usage *ret)
{
	const struct look l = {d, kept};
	bool any = false;

	*ret = (struct gt_usage){0};
	if (d->cpu >= 0)
		any = read_cpu(&l, ret);
	if (d->memory >= 0)
		any = read_memory(&l, ret) || any;
	read_pressure(&l, ret);
	return any;
}

void gt_usage_read_cache(const struct gt_usage_dirs *d, struct gt_usage_cache *ret)
{
	bool v1 = d->memory_version == GT_CGROUP_V1;
	char text[STAT_CAP];

	*ret = (struct gt_usage_cache){0};
	if (d->memory < 0)
		return;
	ret->has_peak = read_named(d->memory, v1 ? "memory.max_usage_in_bytes" : "memory.peak",
				   text, TEXT_CAP) &&
			parse_number(text, &ret->peak_bytes);
	ret->has_inactive = read_named(d->memory, "memory.stat", text, sizeof(text)) &&
			    gt_parse_field_u64(text, v1 ? "total_inactive_file " : "inactive_file ",
					       &ret->inactive_bytes);
}
