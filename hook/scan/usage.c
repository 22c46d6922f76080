/*
 * What a unit's cgroup has used and suffered, from the kernel's own counters (gt_usage_read), and
 * its network namespace. Effectful: reads; what is not there stays unknown.
 */
#include "internal.h"

#define NETSTAT_CAP 16384

/* The word number I of the line at L; its length in *ret_n, 0: there is none. */
static const char *word_at(const char *l, unsigned i, size_t *ret_n)
{
	for (;; i--) {
		l += strspn(l, " ");
		*ret_n = strcspn(l, " \n");
		if (i == 0 || *ret_n == 0)
			return l;
		l += *ret_n;
	}
}

/* Two lines begin with "TcpExt:": the names, and below each its number. net/ipv4/proc.c */
void gt_scan_listen_overflows(const char *text, struct gt_scan_number *ret)
{
	static const char tag[] = "TcpExt: ", name[] = "ListenOverflows";
	const char *names = NULL, *word;
	char number[24];
	size_t n;

	for (const char *l = text; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		if (!gt_has_prefix(l, tag))
			continue;
		if (!names) {
			names = l;
			continue;
		}
		for (unsigned i = 1; word = word_at(names, i, &n), n > 0; i++) {
			if (n != strlen(name) || memcmp(word, name, n) != 0)
				continue;
			word = word_at(l, i, &n);
			ret->known = n > 0 && gt_copy(number, sizeof(number), word, n) &&
				     gt_parse_u64(number, &ret->v) == 0;
			return;
		}
		return;
	}
}

/* The unit's own directory of controller C: the process may be further down. */
static int open_unit(int root, const struct gt_cg_places *places, enum gt_controller c,
		     const struct gt_scan_unit *u)
{
	const struct gt_cg_place *p = &places->ctl[c];
	size_t whole = strlen(places->path), deeper = whole > u->name.len ? whole - u->name.len : 0;
	char below[GT_PATH_CAP];
	size_t n;

	gt_copy_cut(below, p->below);
	n = strlen(below);
	/* Where the hierarchies differ in what is below the unit, the process's own tells. */
	if (deeper > 0 && n > deeper && gt_has_suffix(below, places->path + u->name.len))
		below[n - deeper] = '\0';
	return gt_cg_open(root, p, below);
}

static struct gt_scan_number number(bool known, uint64_t v)
{
	return (struct gt_scan_number){known, known ? v : 0};
}

static void read_cgroup(const struct gt_usage_dirs *d, struct gt_scan_usage *ret)
{
	struct gt_usage u;
	struct gt_usage_cache c;
	uint64_t used;

	(void)gt_usage_read(d, NULL, &u); /* what it cannot read is not known */
	gt_usage_read_cache(d, &c);
	ret->periods = number(u.has_periods, u.periods);
	ret->throttled = number(u.has_periods, u.throttled);
	ret->throttled_us = number(u.has_periods, u.throttled_us);
	used = u.memory_bytes > c.inactive_bytes ? u.memory_bytes - c.inactive_bytes : 0;
	ret->memory = number(u.has_memory, used);
	ret->memory_peak = number(c.has_peak, c.peak_bytes);
	ret->oom_kills = number(u.has_oom_kills, u.oom_kills);
}

static void read_network(int root, int64_t pid, struct gt_scan_usage *ret)
{
	char path[GT_SCAN_PATH], text[NETSTAT_CAP];

	gt_scan_proc_path(path, pid, "net/netstat");
	if (gt_root_read(root, path, text, sizeof(text)) == 0)
		gt_scan_listen_overflows(text, &ret->listen_overflows);
}

void gt_scan_usage(int root, const struct gt_cg_places *places, int64_t pid, struct gt_scan_unit *u)
{
	struct gt_usage_dirs d = {
		.cpu = open_unit(root, places, GT_CTL_CPU, u),
		.memory = open_unit(root, places, GT_CTL_MEMORY, u),
		.cpu_version = places->ctl[GT_CTL_CPU].version,
		.memory_version = places->ctl[GT_CTL_MEMORY].version,
	};

	read_cgroup(&d, &u->usage);
	gt_usage_close(&d);
	if (u->own_net)
		read_network(root, pid, &u->usage);
}
