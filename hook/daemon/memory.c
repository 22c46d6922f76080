/*
 * What a container has in memory, beside page cache. Effectful: reads memory.stat. Sources: Linux,
 * Documentation/admin-guide/cgroup-v2.rst (memory.stat), cgroup-v1/memory.rst, 5.2.
 */
#include "tuned.h"

bool gt_tuned_memory(const struct gt_tuned *t, struct gt_tuned_memory *ret)
{
	char text[8192];
	ssize_t n = t->stat < 0 ? -1 : pread(t->stat, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	ret->shmem = 0;
	(void)gt_parse_field_u64(text, t->is_v1 ? "total_shmem " : "shmem ",
				 &ret->shmem); /* Linux < 4.17 has none on v1 */
	return gt_parse_field_u64(text, t->is_v1 ? "total_rss " : "anon ", &ret->anon);
}
