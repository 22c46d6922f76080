/*
 * dockerd's arguments: default-runtime both there and in daemon.json keeps dockerd from starting.
 * Reads /proc and the files that dockerd is started from; changes nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "docker.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"

#define CMDLINE_MAX (64u << 10)

bool gt_docker_has_flag(const char *text, const char *flag)
{
	size_t n = strlen(flag);
	const char *line = text;

	while (*line) {
		size_t len = strcspn(line, "\n");
		const char *first = line + strspn(line, " \t");

		for (const char *p = line; *first != '#' && *first != ';' && p + n <= line + len;
		     p++) {
			bool begins = p == line || strchr(" \t\"'=", p[-1]) != NULL;

			if (begins && strncmp(p, flag, n) == 0 &&
			    (p + n == line + len || strchr(" \t=\"'\\", p[n]) != NULL))
				return true;
		}
		line += len + (line[len] == '\n');
	}
	return false;
}

/* A runtime "gotune" among the arguments: "--add-runtime=gotune=/...", also in two words. */
static bool adds_gotune(const char *text)
{
	return gt_docker_has_flag(text, "--add-runtime=gotune") ||
	       (gt_docker_has_flag(text, "--add-runtime") && gt_docker_has_flag(text, "gotune"));
}

/* Once: the unit says the same as the process that was started from it. */
static void note_runtimes(struct gt_engine_job *j, const char *where)
{
	if (j->notes.p && strstr(j->notes.p, "--add-runtime"))
		return;
	gt_engine_note(
		j,
		"dockerd also gets runtimes as arguments (%s has --add-runtime). Since Docker "
		"18.09 they are merged with those of daemon.json; an older one does not start "
		"with both: gotune uninstall docker, and add --add-runtime=gotune=%s there",
		where, j->own.runtime);
}

/*
 * WHERE: a file, or a process. Of the two directives only default-runtime is refused in both
 * places; runtimes are merged (moby, daemon/config: skipDuplicates; ran on 20.10.24).
 */
static int judge(struct gt_engine_job *j, const char *text, const char *where, struct gt_err *e)
{
	if (adds_gotune(text))
		return gt_err_set(
			e, -EBUSY,
			"dockerd gets the runtime gotune as an argument (%s has "
			"--add-runtime): it is registered there, or take it out there first",
			where);
	if (j->make_default && gt_docker_has_flag(text, "--default-runtime"))
		return gt_err_set(
			e, -EBUSY,
			"dockerd gets its default runtime as an argument (%s has "
			"--default-runtime) and would not start with \"default-runtime\" in "
			"daemon.json as well: write --default-runtime=gotune there, and install "
			"without --default",
			where);
	if (gt_docker_has_flag(text, "--add-runtime"))
		note_runtimes(j, where);
	return 0;
}

static int check_file(struct gt_engine_job *j, const char *path, struct gt_err *e)
{
	struct gt_file f;
	struct gt_err why;
	int r = gt_file_read_linked(j->root, path, &f, &why);

	/* What cannot be read is nothing that we could judge: dockerd's own message has to do. */
	r = r == 0 ? judge(j, f.text, path, e) : 0;
	gt_file_done(&f);
	return r;
}

/* systemd reads the first of these that there is, and every drop-in. */
static const char *const unit_dir[] = {"/etc/systemd/system", "/run/systemd/system",
				       "/usr/lib/systemd/system", "/lib/systemd/system"};

static int check_drop_ins(struct gt_engine_job *j, const char *dir, struct gt_err *e)
{
	struct gt_list *names = malloc(sizeof(*names));
	char path[GT_PATH_CAP];
	int r = 0;

	if (names && gt_dir_names(j->root, dir, ".conf", names) == 0) {
		for (const char *s = gt_strv_next(&names->v, NULL); r == 0 && s;
		     s = gt_strv_next(&names->v, s)) {
			if (gt_path_join(path, dir, s))
				r = check_file(j, path, e);
		}
	}
	free(names);
	return r;
}

static int check_units(struct gt_engine_job *j, struct gt_err *e)
{
	bool has_unit = false;
	char path[GT_PATH_CAP];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(unit_dir); i++) {
		if (!has_unit && gt_path_join(path, unit_dir[i], "docker.service") &&
		    gt_path_exists(j->root, path)) {
			has_unit = true;
			r = check_file(j, path, e);
		}
		if (r == 0 && gt_path_join(path, unit_dir[i], "docker.service.d"))
			r = check_drop_ins(j, path, e);
	}
	return r;
}

/*
 * Does the process have our root directory? Another dockerd, in a container, reads other files. A
 * file system whose server does not answer is not asked: what the kernel knows is enough.
 */
static bool shares_root(int proc)
{
	const int cached = AT_STATX_DONT_SYNC;
	struct statx theirs, ours;

	return statx(proc, "root", cached, STATX_INO, &theirs) == 0 &&
	       statx(AT_FDCWD, "/", cached, STATX_INO, &ours) == 0 &&
	       theirs.stx_dev_major == ours.stx_dev_major &&
	       theirs.stx_dev_minor == ours.stx_dev_minor && theirs.stx_ino == ours.stx_ino;
}

/* The arguments of a dockerd, one a line; false when the process is none. */
static bool read_dockerd(int proc, char **ret)
{
	_cleanup_close_ int fd = shares_root(proc) ? openat(proc, "cmdline", O_RDONLY | O_CLOEXEC)
						   : -1; /* a container's memory is not read */
	char *text = NULL;
	size_t len = 0;

	if (fd < 0 || gt_read_all(fd, CMDLINE_MAX, 1000, &text, &len) < 0)
		return false;
	if (strcmp(gt_basename(text), "dockerd") != 0) {
		free(text);
		return false;
	}
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] == '\0')
			text[i] = '\n';
	}
	*ret = text;
	return true;
}

static int check_process(struct gt_engine_job *j, int proc, const char *pid, struct gt_err *e)
{
	_cleanup_free_ char *text = NULL;
	char where[64];

	if (!read_dockerd(proc, &text))
		return 0;
	(void)snprintf(where, sizeof(where), "process %.20s", pid);
	if (gt_docker_has_flag(text, "--config-file"))
		gt_engine_note(j, "dockerd (%s) runs with --config-file: does it read %s?", where,
			       j->path);
	return judge(j, text, where, e);
}

static int check_processes(struct gt_engine_job *j, struct gt_err *e)
{
	DIR *d = opendir("/proc");
	const struct dirent *de;
	int r = 0;

	while (d && r == 0 && (de = readdir(d)) != NULL) {
		_cleanup_close_ int proc = -1;

		if (de->d_name[strspn(de->d_name, "0123456789")] != '\0')
			continue;
		proc = openat(dirfd(d), de->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (proc >= 0)
			r = check_process(j, proc, de->d_name, e);
	}
	if (d)
		closedir(d);
	return r;
}

int gt_docker_check_flags(struct gt_engine_job *j, struct gt_err *e)
{
	int r = check_file(j, "/etc/default/docker", e);

	if (r == 0)
		r = check_units(j, e);
	if (r == 0 && !j->dir)
		r = check_processes(j, e);
	return r;
}
