/*
 * Finds the real runtime. Effectful: looks at files.
 */
#include <string.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/runtime.h"

const char *const gt_runtime_dirs[] = {
	"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/",
	"/bin/",     "/sbin/",	   "/usr/libexec/",   ""};
const unsigned gt_n_runtime_dirs = GT_ARRAY_LEN(gt_runtime_dirs);

/* Does ERROR prove that there is nothing to execute? -ENOMEM, say, does not. */
static bool is_certain(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
	       error == ENAMETOOLONG;
}

/* Is PATH an executable file, and not this very program? Unknown: we could not look at it. */
static enum gt_tri is_usable(const char *path)
{
	struct stat st, self;

	if (path[0] != '/')
		return GT_NO;
	if (stat(path, &st) < 0)
		return is_certain(errno) ? GT_NO : GT_UNKNOWN;
	if (!S_ISREG(st.st_mode))
		return GT_NO;
	if (access(path, X_OK) < 0)
		return is_certain(errno) ? GT_NO : GT_UNKNOWN;
	if (stat("/proc/self/exe", &self) == 0 && st.st_dev == self.st_dev &&
	    st.st_ino == self.st_ino)
		return GT_NO;
	return GT_YES;
}

static bool find_one(const char *name, char *ret, size_t cap)
{
	bool absolute = name[0] == '/';

	for (unsigned i = 0; i < gt_n_runtime_dirs; i++) {
		if ((gt_runtime_dirs[i][0] == '\0') != absolute)
			continue;
		if (gt_copy_str(ret, cap, gt_runtime_dirs[i]) && gt_append(ret, cap, name) &&
		    is_usable(ret) == GT_YES)
			return true;
	}
	return false;
}

static bool find_any(const struct gt_policy *p, char *ret, size_t cap)
{
	for (uint32_t i = 0; p && i < p->n_runtimes; i++) {
		if (find_one(p->runtimes[i], ret, cap))
			return true;
	}
	/* Without a policy (no memory) the built-in names are the best guess. */
	return !p && (find_one("runc", ret, cap) || find_one("crun", ret, cap));
}

/* We look twice, since the first look may have failed for want of memory: a runtime other than the
 * one that the policy names would not know the existing containers. */
#define TRIES 2

int gt_runtime_find(const char *forced, const struct gt_policy *p, char *ret, size_t cap,
		    struct gt_err *e)
{
	bool found = false;

	if (forced && forced[0]) {
		/* If we cannot look at it, execve will tell. */
		if (gt_copy_str(ret, cap, forced) && is_usable(ret) != GT_NO)
			return 0;
		return gt_err_set(e, -ENOENT,
				  "GOTUNE_RUNTIME=%s: give the absolute path of an executable file",
				  forced);
	}
	for (unsigned i = 0; !found && i < TRIES; i++)
		found = find_any(p, ret, cap);
	if (found)
		return 0;
	return gt_err_set(
		e, -ENOENT,
		"no OCI runtime found: install runc or crun, or name one in \"runtimes\" of " GT_POLICY_FILE);
}
