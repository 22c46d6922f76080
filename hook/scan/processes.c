/*
 * The processes of a machine, each with the container or service that it is in. Effectful: reads
 * proc/PID/cgroup and names of namespaces, which the kernel makes: nothing here waits for a
 * process.
 */
#include <dirent.h>
#include <stdio.h>

#include "internal.h"

/* gcc 12 loses sight of what an element of a growing array owns; the sanitizer's leak check does
 * not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* Where runtimes keep the state of containers that were started without an engine. */
static const char *const state_dirs[] = {"run/runc/", "run/crun/"};

void *gt_scan_grow(void *array, size_t each, uint32_t n, uint32_t *cap)
{
	uint32_t want = *cap ? *cap * 2 : 64;
	void *p;

	if (array && n < *cap)
		return array;
	p = reallocarray(array, want, each);
	if (p)
		*cap = want;
	return p;
}

void gt_scan_proc_path(char ret[GT_SCAN_PATH], int64_t pid, const char *name)
{
	(void)snprintf(ret, GT_SCAN_PATH, "proc/%lld/%s", (long long)pid, name); /* fits */
}

static const char *cgroup_of(const struct gt_scan_list *l, const struct gt_scan_process *p)
{
	return l->text.p + p->cgroup;
}

/* A thread of the kernel has no command line and no program; a zombie has no cgroup of its own. */
static int add_process(int root, int64_t pid, struct gt_scan_list *l)
{
	char path[GT_SCAN_PATH], text[4 * GT_PATH_CAP], cgroup[GT_PATH_CAP];
	struct gt_scan_process p = {.pid = pid, .cgroup = l->text.len, .unit = GT_SCAN_NO_UNIT};
	void *room;

	gt_scan_proc_path(path, pid, "cgroup");
	if (gt_root_read(root, path, text, sizeof(text)) < 0 || !gt_scan_cgroup_path(text, cgroup))
		return 0; /* gone */
	room = gt_scan_grow(l->process, sizeof(p), l->n, &l->cap);
	if (!room)
		return -ENOMEM;
	l->process = room;
	gt_buf_add(&l->text, cgroup, strlen(cgroup) + 1);
	l->process[l->n++] = p;
	return l->text.error;
}

static int read_proc(int root, struct gt_scan_list *l, struct gt_err *e)
{
	int fd = gt_root_open_dir(root, "proc"), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	uint64_t pid;

	if (!dir) {
		r = fd < 0 ? fd : -errno;
		gt_cleanup_close(&fd);
		return gt_err_sys(e, r, "cannot list /proc");
	}
	while (r == 0 && (d = readdir(dir))) {
		if (gt_parse_u64(d->d_name, &pid) == 0 && pid > 0 && pid <= INT32_MAX)
			r = add_process(root, (int64_t)pid, l);
	}
	(void)closedir(dir);
	return r < 0 ? gt_err_set(e, r, "out of memory") : 0;
}

/* What is below a directory comes right after it: '/' before any other byte. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (*a == '/' ? 1 : (int)(unsigned char)*a + (*a != '\0')) -
	       (*b == '/' ? 1 : (int)(unsigned char)*b + (*b != '\0'));
}

static int compare_processes(const void *a, const void *b, void *list)
{
	const struct gt_scan_process *x = a, *y = b;
	int r = compare_paths(cgroup_of(list, x), cgroup_of(list, y));

	if (r != 0)
		return r;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* ... but the processes of a unit are sorted by their numbers alone. */
static int compare_in_unit(const void *a, const void *b)
{
	const struct gt_scan_process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Has a runtime a container of that name? */
static bool has_state(int root, const char *name)
{
	char path[GT_ID_MAX + 16];

	for (size_t i = 0; i < GT_ARRAY_LEN(state_dirs); i++) {
		if (gt_copy_str(path, sizeof(path), state_dirs[i]) &&
		    gt_append(path, sizeof(path), name) && gt_root_exists(root, path) == 0)
			return true;
	}
	return false;
}

static bool read_pid_ns(int root, const char *dir, char ret[64])
{
	char path[GT_SCAN_PATH] = "proc/";
	ssize_t n;

	(void)gt_append(path, sizeof(path), dir); /* fits */
	(void)gt_append(path, sizeof(path), "/ns/pid");
	n = readlinkat(root, path, ret, 63);
	if (n < 0)
		return false;
	ret[n] = '\0';
	return true;
}

/* Has PID processes of its own, which neither we nor process 1 are among? */
static bool has_own_pids(int root, int64_t pid)
{
	char theirs[64], ours[64], first[64], dir[24] = "";

	(void)gt_append_u64(dir, sizeof(dir), (uint64_t)pid); /* fits */
	return read_pid_ns(root, dir, theirs) && read_pid_ns(root, "self", ours) &&
	       strcmp(theirs, ours) != 0 &&
	       (!read_pid_ns(root, "1", first) || strcmp(theirs, first) != 0);
}

/*
 * A container of a runtime alone, whose cgroup has any name: its own last one. NAME is what the
 * path told: a service may have processes of its own, too, but not in a cgroup below it.
 */
static void name_by_state(int root, const char *cgroup, int64_t pid, struct gt_unit_name *name)
{
	const char *leaf = gt_basename(cgroup);
	bool is_service = name->kind == GT_UNIT_SERVICE && name->len == strlen(cgroup);

	if (!gt_id_ok(leaf) || !(has_state(root, leaf) || (!is_service && has_own_pids(root, pid))))
		return;
	*name = (struct gt_unit_name){.kind = GT_UNIT_CONTAINER, .len = strlen(cgroup)};
	gt_copy_cut(name->id, leaf); /* fits: gt_id_ok */
}

/* The unit of P: that of the process before it, or a new one. */
static int take_unit(int root, struct gt_scan_list *l, struct gt_scan_process *p)
{
	const char *cgroup = cgroup_of(l, p);
	struct gt_scan_unit *last = l->n_unit ? &l->unit[l->n_unit - 1] : NULL;
	struct gt_unit_name name;

	gt_scan_unit_name(cgroup, &name);
	if (name.kind != GT_UNIT_CONTAINER)
		name_by_state(root, cgroup, p->pid, &name);
	if (name.kind == GT_UNIT_NONE)
		return 0;
	if (!last || strlen(last->cgroup) != name.len ||
	    strncmp(last->cgroup, cgroup, name.len) != 0) {
		struct gt_scan_unit *unit =
			gt_scan_grow(l->unit, sizeof(*unit), l->n_unit, &l->cap_unit);

		if (!unit)
			return -ENOMEM;
		l->unit = unit;
		last = &l->unit[l->n_unit];
		*last = (struct gt_scan_unit){.name = name, .cgroup = strndup(cgroup, name.len)};
		if (!last->cgroup)
			return -ENOMEM;
		l->n_unit++;
	}
	last->processes++;
	p->unit = (uint32_t)(last - l->unit);
	return 0;
}

/* Sorts the processes of each unit, whichever of its cgroups they are in. */
static void sort_in_units(struct gt_scan_list *l)
{
	for (uint32_t i = 0, n; i < l->n; i += n) {
		for (n = 1; i + n < l->n && l->process[i + n].unit == l->process[i].unit; n++)
			;
		qsort(&l->process[i], n, sizeof(l->process[0]), compare_in_unit);
	}
}

int gt_scan_list_processes(int root, struct gt_scan_list *ret, struct gt_err *e)
{
	int r;

	*ret = (struct gt_scan_list){0};
	r = read_proc(root, ret, e);
	if (r < 0)
		return r;
	if (ret->n > 0)
		qsort_r(ret->process, ret->n, sizeof(ret->process[0]), compare_processes, ret);
	for (uint32_t i = 0; i < ret->n; i++) {
		if (take_unit(root, ret, &ret->process[i]) < 0)
			return gt_err_set(e, -ENOMEM, "out of memory");
	}
	sort_in_units(ret);
	return 0;
}

void gt_scan_list_done(struct gt_scan_list *l)
{
	for (uint32_t i = 0; i < l->n_unit; i++)
		free(l->unit[i].cgroup);
	free(l->unit);
	free(l->process);
	gt_buf_done(&l->text);
	*l = (struct gt_scan_list){0};
}
