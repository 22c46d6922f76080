/*
 * The child that looks at processes: which file each runs, and what environment it has. Whoever
 * wrote the process may keep it waiting: by a file system that does not answer, under its program
 * or under its environment's memory. Runs in GT_PHASE_FIND; the parser looks into the files. See
 * look.c.
 */
#include <fcntl.h>

#include "internal.h"

/* The file's name below the captured machine: where its root is, and the name in it. */
static bool captured_path(const struct gt_scan_batch *b, int64_t pid, char *ret, size_t cap)
{
	char link[GT_SCAN_PATH], exe[GT_PATH_CAP];
	ssize_t n;

	gt_scan_proc_path(link, pid, "exe");
	n = readlinkat(b->root, link, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	gt_scan_proc_path(link, pid, "root");
	return gt_copy_str(ret, cap, link) && gt_append(ret, cap, "/") && gt_append(ret, cap, exe);
}

/* Opens what PID runs. A process's program is a regular file: to open it touches no device. */
static int open_exe(const struct gt_scan_batch *b, int64_t pid, struct stat *ret)
{
	char path[GT_SCAN_PATH + GT_PATH_CAP];
	int fd;

	if (b->sysroot)
		return captured_path(b, pid, path, sizeof(path))
			       ? gt_root_open_file(b->root, path, ret)
			       : -ENOENT;
	gt_scan_proc_path(path, pid, "exe");
	fd = openat(b->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	gt_cleanup_close(&fd);
	return -ENXIO;
}

static bool is_file(const struct gt_scan_file *f, const struct gt_scan_file *key)
{
	return f->dev == key->dev && f->ino == key->ino && f->mtime_ns == key->mtime_ns &&
	       f->size == key->size;
}

/* The index of KEY among all files, or of the next one. */
static uint32_t find_file(const struct gt_scan_batch *b, const struct gt_scan_answer *a,
			  const struct gt_scan_file *key)
{
	for (uint32_t i = 0; i < a->n_new; i++) {
		if (is_file(&a->file[i], key))
			return b->n_file + i;
	}
	for (uint32_t i = 0; i < b->n_file; i++) {
		if (is_file(&b->file[i], key))
			return i;
	}
	return b->n_file + a->n_new;
}

static void parse_file(struct gt_worker *parser, int fd, struct gt_program *ret)
{
	int r = gt_worker_call(parser, GT_SCAN_JOB_PROGRAM, fd, NULL, 0, ret, GT_JOB_TIMEOUT_MS,
			       NULL);

	if (r < 0 || !gt_program_valid(ret))
		*ret = (struct gt_program){.note = r == -ETIMEDOUT ? GT_NOTE_TOOK_TOO_LONG
								   : GT_NOTE_PARSER_DIED};
}

static const struct gt_program *program_of(const struct gt_scan_batch *b,
					   const struct gt_scan_answer *a, uint32_t file)
{
	return file < b->n_file ? &b->file[file].program : &a->file[file - b->n_file].program;
}

/* Which file the process runs: the parser is asked of each file once. */
static enum gt_look_state look_at_file(const struct gt_scan_batch *b, struct gt_worker *parser,
				       int64_t pid, struct gt_scan_answer *a, uint32_t *ret_file)
{
	struct stat st = {0};
	_cleanup_close_ int fd = open_exe(b, pid, &st);
	struct gt_scan_file key = {.dev = st.st_dev,
				   .ino = st.st_ino,
				   .mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 +
					       (uint64_t)st.st_mtim.tv_nsec,
				   .size = (uint64_t)st.st_size};

	if (fd == -EACCES || fd == -EPERM)
		return GT_LOOK_DENIED;
	if (fd < 0)
		return GT_LOOK_GONE;
	*ret_file = find_file(b, a, &key);
	if (*ret_file == b->n_file + a->n_new) {
		parse_file(parser, fd, &key.program);
		a->file[a->n_new++] = key;
	}
	return program_of(b, a, *ret_file)->kind == GT_PROG_GO ? GT_LOOK_GO : GT_LOOK_OTHER;
}

static void read_environment(const struct gt_scan_batch *b, int64_t pid, struct gt_scan_seen *ret)
{
	char path[GT_SCAN_PATH], bytes[16384];
	struct gt_scan_env env = {0};
	size_t total = 0;
	_cleanup_close_ int fd = -1;
	ssize_t n = -1;

	gt_scan_proc_path(path, pid, "environ");
	fd = gt_root_open_kernel(b->root, path);
	while (fd >= 0 && total <= GT_SCAN_ENV_MAX && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		gt_scan_env_feed(&env, bytes, (size_t)n);
		total += (size_t)n;
	}
	ret->env_known = n == 0;
	if (ret->env_known)
		memcpy(ret->var, env.var, sizeof(ret->var));
}

/* Does this Go see its quota? It asks since 1.25. */
static void look_from_inside(const struct gt_scan_batch *b, int64_t pid, const struct gt_program *p,
			     struct gt_scan_seen *ret)
{
	_cleanup_free_ struct gt_cg_places *places = NULL;
	_cleanup_free_ struct gt_cgroup_facts *f = NULL;
	const struct gt_cg_place *cpu;
	int dir;

	if (b->sysroot || (p->go_known && p->go_minor < 25))
		return;
	places = malloc(sizeof(*places));
	f = calloc(1, sizeof(*f));
	if (!places || !f)
		return;
	gt_cg_find_by(b->root, b->mounts, pid, NULL, places);
	cpu = &places->ctl[GT_CTL_CPU];
	dir = gt_cg_open(b->root, cpu, cpu->below);
	if (dir >= 0) {
		gt_cg_read_cpu(dir, cpu->version, &f->level[0]);
		f->n_level = 1;
		gt_cleanup_close(&dir);
	}
	f->cpu = cpu->version;
	gt_inspect_cgroup_view(b->root, pid, f);
	ret->go125_sees = f->go125_sees;
	ret->go126_sees = f->go126_sees;
	ret->go125_other = f->go125_other;
	ret->go126_other = f->go126_other;
}

/* Has another process of the unit this program, as far as this batch knows? */
static bool is_again(const struct gt_scan_batch *b, const struct gt_scan_answer *a, uint32_t i,
		     uint32_t file)
{
	for (uint32_t j = i; j-- > 0 && b->process[j].unit == b->process[i].unit;) {
		if ((a->seen[j].state == GT_LOOK_GO || a->seen[j].state == GT_LOOK_AGAIN) &&
		    a->seen[j].file == file)
			return true;
	}
	return false;
}

static void look_at(const struct gt_scan_batch *b, struct gt_worker *parser, uint32_t i,
		    struct gt_scan_answer *a)
{
	int64_t pid = b->process[i].pid;
	struct gt_scan_seen *s = &a->seen[i];
	enum gt_look_state state = look_at_file(b, parser, pid, a, &s->file);

	if (state == GT_LOOK_GO && is_again(b, a, i, s->file)) {
		state = GT_LOOK_AGAIN;
	} else if (state == GT_LOOK_GO) {
		read_environment(b, pid, s);
		look_from_inside(b, pid, program_of(b, a, s->file), s);
	}
	s->state = state;
}

void gt_scan_look_batch(void *batch, int parser_sock, void *ret)
{
	struct gt_scan_batch *b = batch;
	struct gt_scan_answer *a = ret;
	struct gt_worker parser;

	b->root = gt_root_open(b->sysroot, NULL);
	if (b->root < 0)
		return;
	gt_worker_borrow(b->parser, parser_sock, &parser);
	for (uint32_t i = 0; i < b->n && !a->parser_lost; i++) {
		look_at(b, &parser, i, a);
		a->parser_lost = parser.pid <= 0;
		a->at = i + 1;
	}
}
