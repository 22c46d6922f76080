/*
 * What a container's cgroup has used, v1 and v2 (Documentation/admin-guide/cgroup-v2.rst,
 * cgroup-v1/memory.rst, scheduler/sched-bwc.rst, accounting/psi.rst). Effectful: reads; needs no
 * privilege.
 *
 * A directory that is held open costs an open, a read and a close a file, and no walk. When the
 * cgroup has been removed, its files are gone with it.
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

/* The whole of a small file as a C string; false when it is not there, or larger. */
static bool read_file(int dir, const char *name, char *text, size_t cap)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, cap);

	if (n < 0 || (size_t)n == cap)
		return false;
	text[n] = '\0';
	return true;
}

static bool read_number(int dir, const char *name, uint64_t *ret)
{
	char text[TEXT_CAP];

	if (!read_file(dir, name, text, sizeof(text)))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return gt_parse_u64(text, ret) == 0;
}

/* v1: throttled_time is in nanoseconds. */
static bool read_cpu(int dir, bool v1, struct gt_usage *ret)
{
	char text[TEXT_CAP];
	uint64_t time = 0;

	if (!read_file(dir, "cpu.stat", text, sizeof(text)))
		return false;
	ret->has_periods =
		gt_parse_field_u64(text, "nr_periods ", &ret->periods) &&
		gt_parse_field_u64(text, "nr_throttled ", &ret->throttled) &&
		gt_parse_field_u64(text, v1 ? "throttled_time " : "throttled_usec ", &time);
	ret->throttled_us = v1 ? time / 1000 : time;
	return true;
}

static bool read_memory(int dir, bool v1, struct gt_usage *ret)
{
	char text[TEXT_CAP];

	ret->has_memory = read_number(dir, v1 ? "memory.usage_in_bytes" : "memory.current",
				      &ret->memory_bytes);
	/* "max" is no number: there is no limit. */
	ret->has_limit =
		read_number(dir, v1 ? "memory.limit_in_bytes" : "memory.max", &ret->limit_bytes) &&
		(!v1 || ret->limit_bytes < V1_NO_LIMIT);
	ret->has_oom_kills =
		read_file(dir, v1 ? "memory.oom_control" : "memory.events", text, sizeof(text)) &&
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
static void read_pressure(int dir, struct gt_usage *ret)
{
	static const char *const file[GT_PRESSURE_COUNT] = {"cpu.pressure", "memory.pressure",
							    "io.pressure"};
	char text[TEXT_CAP];

	for (unsigned i = 0; i < GT_PRESSURE_COUNT; i++) {
		ret->has_pressure[i] = read_file(dir, file[i], text, sizeof(text)) &&
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

bool gt_usage_read(const struct gt_usage_dirs *d, struct gt_usage *ret)
{
	bool any = false;

	*ret = (struct gt_usage){0};
	if (d->cpu >= 0)
		any = read_cpu(d->cpu, d->cpu_version == GT_CGROUP_V1, ret);
	if (d->memory >= 0)
		any = read_memory(d->memory, d->memory_version == GT_CGROUP_V1, ret) || any;
	if (d->cpu >= 0 && d->cpu_version == GT_CGROUP_V2)
		read_pressure(d->cpu, ret);
	else if (d->memory >= 0 && d->memory_version == GT_CGROUP_V2)
		read_pressure(d->memory, ret);
	return any;
}

void gt_usage_read_cache(const struct gt_usage_dirs *d, struct gt_usage_cache *ret)
{
	bool v1 = d->memory_version == GT_CGROUP_V1;
	char text[STAT_CAP];

	*ret = (struct gt_usage_cache){0};
	if (d->memory < 0)
		return;
	ret->has_peak = read_number(d->memory, v1 ? "memory.max_usage_in_bytes" : "memory.peak",
				    &ret->peak_bytes);
	ret->has_inactive = read_file(d->memory, "memory.stat", text, sizeof(text)) &&
			    gt_parse_field_u64(text, v1 ? "total_inactive_file " : "inactive_file ",
					       &ret->inactive_bytes);
}
