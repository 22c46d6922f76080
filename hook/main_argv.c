/*
 * An OCI runtime's command line: which verb, which bundle, which container. Pure.
 */
#include "gotune/argv.h"

#include <string.h>

#include "gotune/str.h"

/* Flags whose value is the next argument, before the verb and after it (runc 1.3, crun 1.28). */
static const char *const global_values[] = {
	"--root",	    "--log",  "--log-format", "--log-level",
	"--cgroup-manager", "--criu", "--rootless"};
static const char *const verb_values[] = {"--bundle",
					  "-b",
					  "--console-socket",
					  "--pid-file",
					  "--preserve-fds",
					  "--process",
					  "-p",
					  "--user",
					  "-u",
					  "--env",
					  "-e",
					  "--cwd",
					  "--apparmor",
					  "--process-label",
					  "--cap",
					  "-c",
					  "--config",
					  "-f",
					  "--cgroup",
					  "--additional-gids",
					  "-g"};

static bool listed(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], s) == 0)
			return true;
	}
	return false;
}

/* The value of flag LONG_NAME (or SHORT_NAME) at argv[i], in either form; NULL when argv[i] is
 * another. */
static const char *value_of(int argc, char *const *argv, int i, const char *long_name,
			    const char *short_name)
{
	size_t n = strlen(long_name);

	if (strcmp(argv[i], long_name) == 0 || strcmp(argv[i], short_name) == 0)
		return i + 1 < argc ? argv[i + 1] : NULL;
	return strncmp(argv[i], long_name, n) == 0 && argv[i][n] == '=' ? argv[i] + n + 1 : NULL;
}

void gt_runtime_argv_parse(int argc, char *const *argv, struct gt_runtime_argv *ret)
{
	int i = 1;

	*ret = (struct gt_runtime_argv){0};
	for (; i < argc && argv[i][0] == '-'; i++)
		i += listed(global_values, GT_ARRAY_LEN(global_values), argv[i]);
	if (i >= argc)
		return;
	ret->verb = argv[i++];
	for (; i < argc; i++) {
		const char *bundle = value_of(argc, argv, i, "--bundle", "-b");
		const char *process = value_of(argc, argv, i, "--process", "-p");

		if (argv[i][0] != '-' || strcmp(argv[i], "--") == 0) {
			i += argv[i][0] == '-';
			ret->id = i < argc ? argv[i] : NULL;
			return; /* what follows an exec's id is the container's command */
		}
		ret->bundle = bundle ? bundle : ret->bundle;
		ret->process = process ? process : ret->process;
		i += listed(verb_values, GT_ARRAY_LEN(verb_values), argv[i]);
	}
}
