/*
 * Reads what the kernel knows of a process's memory from /proc/PID/stat, limits and auxv: proc(5).
 * Effectful: reads; for another user's process it needs CAP_SYS_PTRACE.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "gotune/base.h"
#include "stack.h"

/* Fields of /proc/PID/stat, numbered from 1 as in proc(5), into the struct that prctl takes. */
static const struct {
	unsigned field;
	size_t offset;
} stat_fields[] = {
	{26, offsetof(struct prctl_mm_map, start_code)},
	{27, offsetof(struct prctl_mm_map, end_code)},
	{28, offsetof(struct prctl_mm_map, start_stack)},
	{45, offsetof(struct prctl_mm_map, start_data)},
	{46, offsetof(struct prctl_mm_map, end_data)},
	{47, offsetof(struct prctl_mm_map, start_brk)},
	{48, offsetof(struct prctl_mm_map, arg_start)},
	{49, offsetof(struct prctl_mm_map, arg_end)},
	{50, offsetof(struct prctl_mm_map, env_start)},
	{51, offsetof(struct prctl_mm_map, env_end)},
};

static int parse_stat(char *text, struct prctl_mm_map *ret)
{
	char *p = strrchr(text, ')'); /* the name, field 2, may contain anything */
	unsigned field = 2, found = 0;

	for (char *save = NULL, *w = p ? strtok_r(p + 1, " \n", &save) : NULL; w;
	     w = strtok_r(NULL, " \n", &save)) {
		field++;
		for (unsigned i = 0; i < GT_ARRAY_LEN(stat_fields); i++) {
			uint64_t v;

			if (stat_fields[i].field != field)
				continue;
			if (gt_parse_u64(w, &v) < 0)
				return -EINVAL;
			memcpy((char *)ret + stat_fields[i].offset, &v, sizeof(v));
			found++;
		}
	}
	return found == GT_ARRAY_LEN(stat_fields) ? 0 : -EINVAL;
}

/* Reads /proc/PID/NAME once. Returns how many bytes it got, at most CAP, or -errno. */
static ssize_t read_proc(pid_t pid, const char *name, void *buf, size_t cap)
{
	char path[32];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, cap);
	return n < 0 ? -errno : n;
}

int gt_stack_read_vdso(pid_t pid, uint64_t *ret)
{
	uint64_t auxv[128] = {0}; /* pairs; the kernel has some 25 */
	ssize_t n = read_proc(pid, "auxv", auxv, sizeof(auxv));

	for (ssize_t i = 0; (i + 2) * (ssize_t)sizeof(*auxv) <= n; i += 2) {
		if (auxv[i] != AT_SYSINFO_EHDR)
			continue;
		*ret = auxv[i + 1];
		return 0;
	}
	return n < 0 ? (int)n : -ENOENT;
}

int gt_stack_read_limit(pid_t pid, uint64_t *ret)
{
	char text[4096], soft[24];
	ssize_t n = read_proc(pid, "limits", text, sizeof(text) - 1);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	if (!gt_parse_field(text, "Max stack size ", soft, sizeof(soft)))
		return -EINVAL;
	if (strcmp(soft, "unlimited") != 0)
		return gt_parse_u64(soft, ret);
	*ret = UINT64_MAX;
	return 0;
}

int gt_stack_read_mm(pid_t pid, struct prctl_mm_map *ret)
{
	char text[2048];
	ssize_t n = read_proc(pid, "stat", text, sizeof(text) - 1);
	int r;

	*ret = (struct prctl_mm_map){.exe_fd = (uint32_t)-1};
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	r = parse_stat(text, ret);
	ret->brk = ret->start_brk;
	return r;
}
