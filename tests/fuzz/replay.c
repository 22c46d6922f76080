/*
 * Runs a fuzzing target once over each file of its corpus, and prints what cmocka would.
 *
 *	replay_TARGET [FILE|DIRECTORY...]    default: tests/fuzz/corpus/TARGET
 *
 * An input that breaks the target ends the program; its name is printed last.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "gotune/base.h"

#define INPUT_MAX (16u << 20)

static const char *input = "";
static unsigned n_input;

static void on_abort(int sig)
{
	static const char what[] = "the input is ";

	(void)sig;
	(void)!write(STDERR_FILENO, what, sizeof(what) - 1);
	(void)!write(STDERR_FILENO, input, strlen(input));
	(void)!write(STDERR_FILENO, "\n", 1);
	_exit(1);
}

static int run_at(int dir, const char *name);

static int run_dir(int fd)
{
	struct dirent **list = NULL;
	int n = scandirat(fd, ".", &list, NULL, alphasort), r = n < 0 ? -errno : 0;

	for (int i = 0; i < n; i++) {
		if (r == 0 && list[i]->d_name[0] != '.')
			r = run_at(fd, list[i]->d_name);
		free(list[i]);
	}
	free((void *)list);
	return r;
}

static int run_file(int fd)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *exact = NULL; /* so that a byte read beyond it is noticed */
	size_t len = 0;
	int r = gt_read_all(fd, INPUT_MAX, 0, &text, &len);

	if (r < 0)
		return r;
	exact = malloc(len ? len : 1);
	if (!exact)
		return -ENOMEM;
	memcpy(exact, text, len);
	n_input++;
	(void)LLVMFuzzerTestOneInput(exact, len);
	return 0;
}

static int run_at(int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r;

	input = name;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = S_ISDIR(st.st_mode) ? run_dir(fd) : run_file(fd);
	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", name, strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static const char prefix[] = "replay_";
	const char *self = program_invocation_short_name;
	const char *target = gt_has_prefix(self, prefix) ? self + strlen(prefix) : self;
	char corpus[256];
	int r = 0;

	(void)signal(SIGABRT, on_abort);
	(void)snprintf(corpus, sizeof(corpus), "tests/fuzz/corpus/%s", target);
	for (int i = 1; r == 0 && i < argc; i++)
		r = run_at(AT_FDCWD, argv[i]);
	if (argc == 1)
		r = run_at(AT_FDCWD, corpus);
	if (r < 0 || n_input == 0) {
		(void)fprintf(stderr, "%s: no input was run\n", argc == 1 ? corpus : argv[1]);
		return 1;
	}
	(void)printf("%u inputs\n[       OK ] %s\n", n_input, self);
	return 0;
}
