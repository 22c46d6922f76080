/*
 * Reads the limits of one cgroup level, v1 and v2 (Documentation/admin-guide/cgroup-v1/memory.rst,
 * scheduler/sched-bwc.rst, admin-guide/cgroup-v2.rst). Effectful: reads; needs no privilege.
 *
 * A missing file means that the level has no such limit: the root has none, nor has a v2 level
 * whose parent did not pass the controller on. A file that we do not understand is marked
 * unreadable.
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

/* v1 writes "none" as the largest multiple of the page size, which depends on the machine. */
#define V1_NO_LIMIT (UINT64_C(1) << 62)
#define TEXT_CAP    64

static int set_quota(uint64_t quota_us, uint64_t period_us, struct gt_level *ret)
{
	if (quota_us == 0 || period_us == 0)
		return -EINVAL; /* the kernel accepts neither */
	ret->has_quota = true;
	ret->quota_us = quota_us;
	ret->period_us = period_us;
	return 0;
}

static int parse_quota_v1(int dir, const char *quota, struct gt_level *ret)
{
	uint64_t period_us;
	int64_t quota_us;

	if (gt_parse_i64(quota, &quota_us) < 0 || quota_us < -1)
		return -EINVAL;
	if (quota_us == -1)
		return 0;
	if (gt_root_read_u64(dir, "cpu.cfs_period_us", &period_us) < 0)
		return -EINVAL;
	return set_quota((uint64_t)quota_us, period_us, ret);
}

/* cpu.max: "QUOTA PERIOD" or "max PERIOD". Cuts TEXT. */
static int parse_quota_v2(char *text, struct gt_level *ret)
{
	uint64_t quota_us = 0, period_us;
	char *space = strchr(text, ' ');
	bool none;

	if (!space)
		return -EINVAL;
	*space = '\0';
	none = strcmp(text, "max") == 0;
	if (gt_parse_u64(space + 1, &period_us) < 0 || (!none && gt_parse_u64(text, &quota_us) < 0))
		return -EINVAL;
	return none ? 0 : set_quota(quota_us, period_us, ret);
}

void gt_cg_read_cpu(int dir, enum gt_cgroup_version v, struct gt_level *ret)
{
	bool v1 = v == GT_CGROUP_V1;
	char text[TEXT_CAP];
	int r = gt_root_read(dir, v1 ? "cpu.cfs_quota_us" : "cpu.max", text, sizeof(text));

	if (r == -ENOENT)
		return;
	if (r == 0)
		r = v1 ? parse_quota_v1(dir, text, ret) : parse_quota_v2(text, ret);
	ret->cpu_unreadable = r < 0;
}

static void read_bytes(int dir, const char *file, bool *ret_has, uint64_t *ret_bytes,
		       bool *ret_unreadable)
{
	char text[TEXT_CAP];
	uint64_t v;
	int r = gt_root_read(dir, file, text, sizeof(text));

	if (r == -ENOENT || (r == 0 && strcmp(text, "max") == 0))
		return;
	if (r < 0 || gt_parse_u64(text, &v) < 0) {
		*ret_unreadable = true;
		return;
	}
	*ret_has = true;
	*ret_bytes = v;
}

void gt_cg_read_memory(int dir, enum gt_cgroup_version v, struct gt_level *ret)
{
	if (v == GT_CGROUP_V1) {
		read_bytes(dir, "memory.limit_in_bytes", &ret->has_mem_max, &ret->mem_max_bytes,
			   &ret->mem_unreadable);
		ret->has_mem_max = ret->has_mem_max && ret->mem_max_bytes < V1_NO_LIMIT;
		return;
	}
	read_bytes(dir, "memory.max", &ret->has_mem_max, &ret->mem_max_bytes, &ret->mem_unreadable);
	read_bytes(dir, "memory.high", &ret->has_mem_high, &ret->mem_high_bytes,
		   &ret->mem_unreadable);
}

bool gt_cg_memory_inherits(int dir, enum gt_cgroup_version v)
{
	uint64_t use = 1;

	/* Old kernels could leave a v1 tree flat; since 5.11 the file always reads 1. */
	if (v == GT_CGROUP_V1 && gt_root_read_u64(dir, "memory.use_hierarchy", &use) < 0)
		return true;
	return use != 0;
}

void gt_cg_fold_cpu(struct gt_level *a, const struct gt_level *b)
{
	a->cpu_unreadable = a->cpu_unreadable || b->cpu_unreadable;
	if (!b->has_quota || (a->has_quota && (__uint128_t)a->quota_us * b->period_us <=
						      (__uint128_t)b->quota_us * a->period_us))
		return;
	a->has_quota = true;
	a->quota_us = b->quota_us;
	a->period_us = b->period_us;
	memcpy(a->path, b->path, sizeof(a->path));
}

static bool fold_bytes(bool *has, uint64_t *bytes, bool b_has, uint64_t b_bytes)
{
	if (!b_has || (*has && *bytes <= b_bytes))
		return false;
	*has = true;
	*bytes = b_bytes;
	return true;
}

void gt_cg_fold_memory(struct gt_level *a, const struct gt_level *b)
{
	bool max = fold_bytes(&a->has_mem_max, &a->mem_max_bytes, b->has_mem_max, b->mem_max_bytes);
	bool high = fold_bytes(&a->has_mem_high, &a->mem_high_bytes, b->has_mem_high,
			       b->mem_high_bytes);

	a->mem_unreadable = a->mem_unreadable || b->mem_unreadable;
	if (max || high)
		memcpy(a->mem_path, b->mem_path, sizeof(a->mem_path));
}
