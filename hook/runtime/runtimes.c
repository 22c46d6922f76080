/*
 * Where the real runtime is. Effectful: looks at files.
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

/* Is it certain that there is nothing to be executed? Not when the kernel had no memory to look. */
static bool is_certain(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
	       error == ENAMETOOLONG;
}

/* An executable file that is not this very program. Unknown: it could not be looked at. */
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
	return stat("/proc/self/exe", &self) == 0 && st.st_dev == self.st_dev &&
			       st.st_ino == self.st_ino
		       ? GT_NO
		       : GT_YES;
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
	/* Without a policy (no memory) the built-in names still are the best there is. */
	return !p && (find_one("runc", ret, cap) || find_one("crun", ret, cap));
}

/* What cannot be looked at for want of memory, say, may be there at the second look; and another
 * runtime than the one that the policy names would know nothing of the containers that there are.
 */
#define TRIES 2

int gt_runtime_find(const char *forced, const struct gt_policy *p, char *ret, size_t cap,
		    struct gt_err *e)
{
	bool found = false;

	if (forced && forced[0]) {
		/* What cannot be looked at may be executed all the same: execve will tell. */
		if (gt_copy_str(ret, cap, forced) && is_usable(ret) != GT_NO)
			return 0;
		return gt_err_set(e, -ENOENT,
				  "GOTUNE_RUNTIME=%s is no executable file with an absolute path",
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
