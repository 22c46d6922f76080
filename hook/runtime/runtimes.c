/*
 * Where the real runtime is. Effectful: looks at files.
 */
#include <string.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"
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

static bool is_sound(const struct gt_policy *p)
{
	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			return false;
	}
	return true;
}

/* What fails for want of memory, say, may not fail again; and another runtime than the one that the
 * policy names would know nothing of the containers that there are. */
#define TRIES 2

static int read_policy(struct gt_policy *ret, struct gt_err *e)
{
	_cleanup_close_ int root = -1;
	int r = -EIO;

	for (unsigned i = 0; i < TRIES && (r < 0 || !is_sound(ret)); i++) {
		gt_policy_done(ret);
		if (root < 0)
			root = gt_root_open(NULL, e);
		r = root < 0 ? root : gt_read_policy(root, NULL, ret, e);
	}
	return r;
}

int gt_runtime_find(const char *forced, char *ret, size_t cap, struct gt_err *e)
{
	struct gt_policy policy = {0};
	bool found = false, known;

	if (forced && forced[0]) {
		/* What cannot be looked at may be executed all the same: execve will tell. */
		if (gt_copy_str(ret, cap, forced) && is_usable(ret) != GT_NO)
			return 0;
		return gt_err_set(e, -ENOENT,
				  "GOTUNE_RUNTIME=%s is no executable file with an absolute path",
				  forced);
	}
	known = read_policy(&policy, e) == 0;
	for (unsigned i = 0; !found && i < TRIES; i++)
		found = find_any(known ? &policy : NULL, ret, cap);
	gt_policy_done(&policy);
	if (found)
		return 0;
	return gt_err_set(
		e, -ENOENT,
		"no OCI runtime found: install runc or crun, or name one in \"runtimes\" of " GT_POLICY_FILE);
}
