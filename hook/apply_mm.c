/*
 * The bounds that the kernel keeps of a process's memory, from /proc/PID/stat: proc(5). Effectful:
 * reads; for another user's process it needs CAP_SYS_PTRACE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "gotune/parse.h"
#include "gotune/stack.h"

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
	char *p = strrchr(text, ')'); /* the name, field 2, may hold anything */
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

int gt_stack_read_mm(pid_t pid, struct prctl_mm_map *ret)
{
	char path[32], text[2048];
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int r;

	*ret = (struct prctl_mm_map){.exe_fd = (uint32_t)-1};
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	r = parse_stat(text, ret);
	ret->brk = ret->start_brk;
	return r;
}
