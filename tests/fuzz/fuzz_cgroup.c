/*
 * The files that tell of a process's cgroup, separated by lines of "%%", in the order below; "-" is
 * one that is not there. Every directory below sys/fs/cgroup is one of two, which stand for all.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

static const char *const files[] = {
	"proc/self/mountinfo",
	"proc/7/cgroup",
	"proc/self/cgroup",
	"odd/cgroup.controllers",
	"odd/cpu.max",
	"odd/memory.max",
	"odd/memory.high",
	"odd/memory.swap.max",
	"odd/cpuset.cpus.effective",
	"odd/cpuset.cpus",
	"odd/cpuset.mems",
	"odd/cpu.cfs_quota_us",
	"odd/cpu.cfs_period_us",
	"odd/memory.limit_in_bytes",
	"odd/memory.use_hierarchy",
	"odd/memory.swappiness",
	"odd/cpuset.effective_cpus",
	"even/cpu.max",
	"even/memory.max",
	"even/cpu.cfs_quota_us",
	"even/cpu.cfs_period_us",
	"even/memory.limit_in_bytes",
	"even/cpuset.cpus.effective",
};
static const char *const dirs[] = {"proc", "proc/self", "proc/7", "sys", "sys/fs", "odd", "even"};
static const char *const links[][2] = {
	{"../../odd", "sys/fs/cgroup"},
	{".", "odd/cpu"},
	{".", "odd/memory"},
	{".", "odd/cpuset"},
	{"../even", "odd/a"},
	{"../odd", "even/a"},
};

static char top[64];
static int root = -1;
/* What stands in each: most inputs change one. */
static struct {
	char text[2048];
	size_t len;
	bool there;
} now[GT_ARRAY_LEN(files)];

static void remove_tree(void)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(files); i++)
		(void)unlinkat(root, files[i], 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(links); i++)
		(void)unlinkat(root, links[i][1], 0);
	for (size_t i = GT_ARRAY_LEN(dirs); i-- > 0;)
		(void)unlinkat(root, dirs[i], AT_REMOVEDIR);
	(void)rmdir(top);
}

static void make_tree(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(top, sizeof(top), "%s/fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	HOLDS(mkdtemp(top) && (root = gt_root_open(top, NULL)) >= 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(dirs); i++)
		HOLDS(mkdirat(root, dirs[i], 0755) == 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(links); i++)
		HOLDS(symlinkat(links[i][0], root, links[i][1]) == 0);
	HOLDS(atexit(remove_tree) == 0);
}

static void put_file(size_t i, struct fuzz_in text)
{
	bool there = text.n != 1 || *text.p != '-';
	size_t len = text.n < sizeof(now[i].text) ? text.n : sizeof(now[i].text);
	int fd;

	if (there == now[i].there && len == now[i].len && memcmp(now[i].text, text.p, len) == 0)
		return;
	memcpy(now[i].text, text.p, len);
	now[i].len = len;
	now[i].there = there;
	if (!there) {
		(void)unlinkat(root, files[i], 0);
		return;
	}
	fd = openat(root, files[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	HOLDS(fd >= 0 && write(fd, text.p, len) == (ssize_t)len);
	close(fd);
}

static void check(const struct gt_cgroup_facts *f, const char *path)
{
	HOLDS(f->n_level <= GT_LEVELS_MAX && memchr(path, '\0', GT_PATH_CAP));
	HOLDS(f->cpu <= GT_CGROUP_V2 && f->memory <= GT_CGROUP_V2 && f->cpuset <= GT_CGROUP_V2);
	for (uint32_t i = 0; i < f->n_level; i++) {
		const struct gt_level *l = &f->level[i];

		HOLDS(!l->has_quota || (l->quota_us > 0 && l->period_us > 0));
		HOLDS(memchr(l->path, '\0', sizeof(l->path)));
		HOLDS(memchr(l->mem_path, '\0', sizeof(l->mem_path)));
	}
	HOLDS(!f->effective.known || gt_cpus_count(&f->effective.v) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[] = "-";
	static struct gt_cgroup_facts f;
	struct fuzz_in in = {data, size};
	int dir[GT_CTL_COUNT];
	char path[GT_PATH_CAP];

	if (root < 0)
		make_tree();
	for (size_t i = 0; i < GT_ARRAY_LEN(files); i++)
		put_file(i, in.n > 0 ? fuzz_file_of(&in) : (struct fuzz_in){none, 1});
	memset(&f, 0, sizeof(f));
	gt_inspect_cgroup(root, 7, &f, path, dir);
	check(&f, path);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		gt_cleanup_close(&dir[c]);
	memset(&f, 0, sizeof(f));
	gt_inspect_cgroup_future(root, path, &f, path);
	check(&f, path);
	return 0;
}
