/*
 * Finds our own hook, which config.json shall name where the program is known only when it is
 * executed. Effectful: looks at files.
 *
 * A runtime will run it, as root where we are root. So it counts only if neither the file nor any
 * directory on the way to it can be written by somebody else.
 */
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "own_hook.h"

/* In a user namespace the machine's root has no number. What another user without a number owns,
 * in a place where our own program is, is as trusted as that. */
static bool is_trusted(const struct stat *st)
{
	return st->st_uid == geteuid() || gt_userns_is_root(st->st_uid);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && is_trusted(&st) &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 && access(path, X_OK) == 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	/* In a sticky one, such as /tmp, nobody can replace what is not theirs. */
	return stat(path, &st) == 0 && is_trusted(&st) &&
	       ((st.st_mode & S_ISVTX) || (st.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

bool gt_own_hook_usable(const char *path, char ret[GT_PATH_CAP])
{
	_cleanup_free_ char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
	size_t len = real ? strlen(real) : 0;
	char *slash;

	if (!real || !gt_is_own_hook(real, len) || gt_utf8_valid_len(real, len) != len ||
	    len >= GT_PATH_CAP || !is_program(real))
		return false;
	memcpy(ret, real, len + 1);
	while ((slash = strrchr(real, '/')) != NULL) {
		slash[slash == real] = '\0';
		if (!is_directory(real))
			return false;
		if (slash == real)
			break;
	}
	return true;
}

/* The installed one, or the one that was unpacked together with the program that runs. */
static bool find_path(char ret[GT_PATH_CAP])
{
	static const char below[] = "/" GT_HOOK_NAME;
	char dir[GT_PATH_CAP], up[GT_PATH_CAP];

	if (gt_own_hook_usable(GT_HOOK_PROGRAM, ret))
		return true;
	gt_own_dirs(dir, up, sizeof(dir));
	if (gt_append(dir, sizeof(dir), below) && gt_own_hook_usable(dir, ret))
		return true;
	return gt_append(up, sizeof(up), "/libexec") && gt_append(up, sizeof(up), below) &&
	       gt_own_hook_usable(up, ret);
}

bool gt_own_hook_find(const struct gt_decision *d, const struct gt_hook_options *options,
		      char path[GT_PATH_CAP], struct gt_edit_hook *ret)
{
	const struct {
		const char *name, *value;
	} given[] = {
		{"--policy", d->machine->policy_file},
		{"--record-dir", d->machine->record_dir},
		{"--profile", options->profile},
		{"--log", options->log},
	};
	unsigned n = 0;

	if (!find_path(path))
		return false;
	*ret = (struct gt_edit_hook){.path = path, .timeout_s = GT_HOOK_TIMEOUT_S};
	ret->args[n++] = GT_HOOK_NAME;
	for (size_t i = 0; i < GT_ARRAY_LEN(given); i++) {
		if (!given[i].value)
			continue;
		ret->args[n++] = given[i].name;
		ret->args[n++] = given[i].value;
	}
	return true;
}
