/*
 * A container's log. Effects: runs the engine's own client (docker, podman, crictl) without a
 * shell.
 *
 * The log is what `ENGINE logs` prints: that works with every log driver, and the client knows
 * where its engine is.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "diagnose.h"

/* How each engine's client says a container's id and its process, and prints its log. */
static const struct client {
	const char *name, *program;
	const char *inspect[6]; /* the container's name comes last */
	const char *logs[3], *follow;
} clients[] = {
	{"docker",
	 "docker",
	 {"inspect", "--type=container", "--format", "{{.Id}} {{.State.Pid}}"},
	 {"logs"},
	 "--follow"},
	{"podman",
	 "podman",
	 {"container", "inspect", "--format", "{{.Id}} {{.State.Pid}}"},
	 {"logs"},
	 "--follow"},
	{"CRI",
	 "crictl",
	 {"inspect", "--output", "go-template", "--template", "{{.status.id}} {{.info.pid}}"},
	 {"logs"},
	 "--follow"},
};

/* Starts ARGV with its output in a pipe; QUIET: its complaints go nowhere, else where its output
 * does. */
static int start(const char *const argv[], bool quiet, int64_t *ret_pid)
{
	_cleanup_close_ int from = -1, to = -1;
	posix_spawn_file_actions_t fa;
	int p[2], r;
	pid_t pid = 0;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	from = p[0];
	to = p[1];
	if (posix_spawn_file_actions_init(&fa) != 0)
		return -ENOMEM;
	r = posix_spawn_file_actions_adddup2(&fa, to, STDOUT_FILENO);
	if (r == 0 && quiet)
		r = posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	else if (r == 0)
		r = posix_spawn_file_actions_adddup2(&fa, to, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&fa, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0) /* posix_spawnp takes no const, and changes nothing */
		r = posix_spawnp(&pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa); /* frees */
	if (r != 0)
		return -r;
	*ret_pid = pid;
	return gt_take_fd(&from);
}

static int finish(int64_t pid)
{
	int status = 0;

	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* "ID PID" of container NAME, if client C knows it. */
static bool ask(const struct client *c, const char *name, struct gt_log_found *ret)
{
	const char *argv[8] = {c->program};
	_cleanup_free_ char *text = NULL;
	size_t len = 0, n = 1;
	int64_t pid = 0;
	int fd, r;

	for (unsigned i = 0; i < GT_ARRAY_LEN(c->inspect) && c->inspect[i]; i++)
		argv[n++] = c->inspect[i];
	argv[n] = name;
	fd = start(argv, true, &pid);
	if (fd < 0)
		return false;
	r = gt_read_all(fd, 4096, 10000, &text, &len);
	close(fd);
	if (finish(pid) < 0 || r < 0 || !text)
		return false;
	text[strcspn(text, "\n")] = '\0';
	n = strcspn(text, " ");
	if (n == 0 || !gt_copy(ret->id, sizeof(ret->id), text, n))
		return false;
	if (text[n] != ' ' || gt_parse_i64(text + n + 1, &ret->init) != 0)
		ret->init = 0;
	return true;
}

static int start_log(const struct client *c, const char *name, bool follow,
		     struct gt_log_found *ret, struct gt_err *e)
{
	const char *argv[6] = {c->program, c->logs[0]};
	size_t n = 2;

	if (follow)
		argv[n++] = c->follow;
	argv[n] = name;
	ret->fd = start(argv, false, &ret->pid);
	return ret->fd < 0 ? gt_err_sys(e, ret->fd, "cannot run %s", c->program) : 0;
}

/* Its client would leave nothing behind if it does not know NAME. */
static bool may_be_asked(const struct client *c, const char *name)
{
	if (strcmp(c->program, "podman") == 0)
		return gt_podman_may_know(name);
	return strcmp(c->program, "docker") != 0 || !gt_is_podman_script(c->program);
}

int gt_log_find(const char *name, const char *record_dir, bool with_log, bool follow,
		struct gt_log_found *ret, struct gt_err *e)
{
	int r;

	*ret = (struct gt_log_found){.fd = -1};
	if (*name == '-')
		return gt_err_set(e, -EINVAL, "%.80s: not a container's name", name);
	/* First, for it asks nobody. */
	r = gt_log_find_on_node(name, GT_NODE_LOGS, record_dir, with_log, ret, e);
	if (r != -ENOENT)
		return r;
	for (unsigned i = 0; i < GT_ARRAY_LEN(clients); i++) {
		if (!may_be_asked(&clients[i], name) || !ask(&clients[i], name, ret))
			continue;
		ret->engine = clients[i].name;
		gt_copy_cut(ret->known.name, name);
		gt_log_know(record_dir, ret);
		return with_log ? start_log(&clients[i], name, follow, ret, e) : 0;
	}
	return gt_err_set(
		e, -ENOENT,
		"%.80s: neither docker, podman nor crictl knows such a container, nor is its log in " GT_NODE_LOGS
		"; as another user, or as root? A log itself: --file LOG",
		name);
}

int gt_log_end(struct gt_log_found *f, struct gt_err *e)
{
	if (f->pid == 0 || finish(f->pid) == 0)
		return 0;
	return gt_err_set(e, -EIO, "%s could not read the log of %.80s", f->engine, f->known.name);
}
