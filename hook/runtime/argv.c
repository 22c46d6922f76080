/*
 * Parses an OCI runtime's command line: which verb, which bundle, which container. Pure.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/runtime.h"

/* What a flag means to us. */
enum meaning { NOTHING, BUNDLE, CONFIG, PID_FILE, PROCESS, LIMITS, FORCE, DETACH };

/*
 * The flags of a verb that have a value, which we could mistake for the container's id; and those
 * without one that we need. From the usage of runc 1.3 and crun 1.28.
 */
struct flag {
	const char *name, *short_name; /* short_name "": none */
	bool has_value;
	enum meaning meaning;
};
#define LIST_MAX 28

static const struct flag global_flags[LIST_MAX] = {
	{"--root", "", true, NOTHING},		 {"--log", "", true, NOTHING},
	{"--log-format", "", true, NOTHING},	 {"--log-level", "", true, NOTHING},
	{"--cgroup-manager", "", true, NOTHING}, {"--criu", "", true, NOTHING},
	{"--rootless", "", true, NOTHING},
};

static const struct flag create_flags[LIST_MAX] = {
	{"--bundle", "-b", true, BUNDLE},	 {"--pid-file", "", true, PID_FILE},
	{"--console-socket", "", true, NOTHING}, {"--preserve-fds", "", true, NOTHING},
	{"--pidfd-socket", "", true, NOTHING},	 {"--config", "-f", true, CONFIG},
	{"--detach", "-d", false, DETACH},
};

static const struct flag exec_flags[LIST_MAX] = {
	{"--process", "-p", true, PROCESS},
	{"--pid-file", "", true, NOTHING},
	{"--console-socket", "", true, NOTHING},
	{"--preserve-fds", "", true, NOTHING},
	{"--pidfd-socket", "", true, NOTHING},
	{"--user", "-u", true, NOTHING},
	{"--env", "-e", true, NOTHING},
	{"--cwd", "", true, NOTHING},
	{"--apparmor", "", true, NOTHING},
	{"--process-label", "", true, NOTHING},
	{"--cap", "-c", true, NOTHING},
	{"--cgroup", "", true, NOTHING},
	{"--additional-gids", "-g", true, NOTHING},
};

static const struct flag update_flags[LIST_MAX] = {
	{"--resources", "-r", true, LIMITS},	  {"--cpu-quota", "", true, LIMITS},
	{"--cpu-period", "", true, LIMITS},	  {"--cpu-share", "", true, LIMITS},
	{"--cpu-shares", "", true, LIMITS},	  {"--cpu-burst", "", true, LIMITS},
	{"--cpuset-cpus", "", true, LIMITS},	  {"--cpuset-mems", "", true, LIMITS},
	{"--memory", "", true, LIMITS},		  {"--memory-reservation", "", true, LIMITS},
	{"--memory-swap", "", true, LIMITS},	  {"--cpu-rt-period", "", true, NOTHING},
	{"--cpu-rt-runtime", "", true, NOTHING},  {"--cpu-idle", "", true, NOTHING},
	{"--blkio-weight", "", true, NOTHING},	  {"--pids-limit", "", true, NOTHING},
	{"--kernel-memory", "", true, NOTHING},	  {"--kernel-memory-tcp", "", true, NOTHING},
	{"--l3-cache-schema", "", true, NOTHING}, {"--mem-bw-schema", "", true, NOTHING},
};

static const struct flag delete_flags[LIST_MAX] = {{"--force", "-f", false, FORCE}};

static const struct {
	const char *verb;
	const struct flag *flags; /* [LIST_MAX] */
} verbs[] = {
	{"create", create_flags}, {"run", create_flags},    {"exec", exec_flags},
	{"update", update_flags}, {"delete", delete_flags},
};

static const struct flag *flags_of(const char *verb)
{
	static const struct flag none[LIST_MAX] = {{NULL, NULL, false, NOTHING}};

	for (size_t i = 0; i < GT_ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].verb, verb) == 0)
			return verbs[i].flags;
	}
	return none;
}

/* The text after "NAME=" in ARG, or NULL. */
static const char *after_equal(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return n > 0 && strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

/*
 * Is ARG flag F? *ret_value: what is joined to it, or NULL. runc also takes a long name after one
 * dash. crun also takes "-bDIR": we accept only a path there, since a flag like "-pid-file" begins
 * with "-p".
 */
static bool is_flag(const char *arg, const struct flag *f, const char **ret_value)
{
	const char *names[] = {f->name, f->name + 1, f->short_name};

	*ret_value = NULL;
	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++) {
		if (!names[i][0])
			continue;
		*ret_value = after_equal(arg, names[i]);
		if (*ret_value || strcmp(arg, names[i]) == 0)
			return true;
	}
	if (!f->short_name[0] || strncmp(arg, f->short_name, 2) != 0 || !arg[2] ||
	    !strchr("/.", arg[2]))
		return false;
	*ret_value = arg + 2;
	return true;
}

static void store_flag(struct gt_runtime_argv *ret, enum meaning meaning, const char *value)
{
	switch (meaning) {
	case BUNDLE:
		ret->bundle = value ? value : ret->bundle;
		break;
	case CONFIG:
		ret->config = value ? value : ret->config;
		break;
	case PID_FILE:
		ret->pid_file = value ? value : ret->pid_file;
		break;
	case PROCESS:
		ret->process = value ? value : ret->process;
		break;
	case LIMITS:
		ret->limits = true;
		break;
	case FORCE:
		ret->force = !value || strcmp(value, "false") != 0;
		break;
	case DETACH:
		ret->detach = !value || strcmp(value, "false") != 0;
		break;
	case NOTHING:
		break;
	}
}

/* Takes the flag at argv[i], as LIST knows it; returns the index of its last word. */
static int take_flag(int argc, char *const *argv, int i, const struct flag *list,
		     struct gt_runtime_argv *ret)
{
	const char *value;

	for (size_t f = 0; f < LIST_MAX && list[f].name; f++) {
		if (!is_flag(argv[i], &list[f], &value))
			continue;
		if (list[f].has_value && !value && i + 1 < argc)
			value = argv[++i];
		store_flag(ret, list[f].meaning, value);
		return i;
	}
	return i;
}

void gt_runtime_argv_parse(int argc, char *const *argv, struct gt_runtime_argv *ret)
{
	const struct flag *list;
	int i = 1;

	*ret = (struct gt_runtime_argv){0};
	for (; i < argc && argv[i][0] == '-'; i++)
		i = take_flag(argc, argv, i, global_flags, ret);
	if (i >= argc)
		return;
	ret->verb = argv[i++];
	list = flags_of(ret->verb);
	for (; i < argc; i++) {
		if (argv[i][0] != '-' || strcmp(argv[i], "--") == 0) {
			i += argv[i][0] == '-';
			ret->id = i < argc ? argv[i] : NULL;
			return; /* what follows the id of exec is the container's command */
		}
		i = take_flag(argc, argv, i, list, ret);
	}
}
