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

/* runc's flag package takes a long name after one dash, too. NAME: of the table. */
static bool is_flag(const char *arg, const char *name)
{
	return strcmp(arg, name) == 0 || (name[1] == '-' && strcmp(arg, name + 1) == 0);
}

static bool listed(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++) {
		if (is_flag(s, list[i]))
			return true;
	}
	return false;
}

/* The text after "NAME=" in ARG, or NULL. */
static const char *after_equal(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

/* The value of flag NAME (or of SHORT_NAME) at argv[i], in whichever form; NULL when argv[i] is
 * another. */
static const char *value_of(int argc, char *const *argv, int i, const char *name,
			    const char *short_name)
{
	const char *arg = argv[i];
	const char *forms[] = {after_equal(arg, name), after_equal(arg, name + 1),
			       after_equal(arg, short_name)};

	if (is_flag(arg, name) || strcmp(arg, short_name) == 0)
		return i + 1 < argc ? argv[i + 1] : NULL;
	for (size_t f = 0; f < GT_ARRAY_LEN(forms); f++) {
		if (forms[f])
			return forms[f];
	}
	/* crun takes "-bDIR"; only what is a path, since "-pid-file" would begin so, too. */
	return strncmp(arg, short_name, 2) == 0 && strchr("/.", arg[2]) && arg[2] ? arg + 2 : NULL;
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
