/*
 * Where the real runtime is. Effectful: looks at files.
 */
#include "gotune/runtimes.h"

#include <string.h>
#include <sys/stat.h>

#include "gotune/file.h"
#include "gotune/policy.h"
#include "gotune/read.h"

const char *const gt_runtime_dirs[] = {
	"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/",
	"/bin/",     "/sbin/",	   "/usr/libexec/",   ""};
const unsigned gt_n_runtime_dirs = GT_ARRAY_LEN(gt_runtime_dirs);

/* An executable file that is not this very program. */
static bool is_usable(const char *path)
{
	struct stat st, self;

	if (path[0] != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return false;
	return stat("/proc/self/exe", &self) < 0 || st.st_dev != self.st_dev ||
	       st.st_ino != self.st_ino;
}

static bool find_one(const char *name, char *ret, size_t cap)
{
	bool absolute = name[0] == '/';

	for (unsigned i = 0; i < gt_n_runtime_dirs; i++) {
		if ((gt_runtime_dirs[i][0] == '\0') != absolute)
			continue;
		if (gt_copy_str(ret, cap, gt_runtime_dirs[i]) && gt_append(ret, cap, name) &&
		    is_usable(ret))
			return true;
	}
	return false;
}

int gt_runtime_find(const char *forced, char *ret, size_t cap, struct gt_err *e)
{
	struct gt_policy policy = {0};
	_cleanup_close_ int root = -1;
	bool found = false;

	if (forced && forced[0]) {
		if (gt_copy_str(ret, cap, forced) && is_usable(ret))
			return 0;
		return gt_err_set(e, -ENOENT,
				  "GOTUNE_RUNTIME=%s is no executable file with an absolute path",
				  forced);
	}
	root = gt_root_open(NULL, e);
	/* Without a policy (no memory) the built-in names still are the best there is. */
	if (root < 0 || gt_read_policy(root, NULL, &policy, e) < 0)
		found = find_one("runc", ret, cap) || find_one("crun", ret, cap);
	for (uint32_t i = 0; !found && i < policy.n_runtimes; i++)
		found = find_one(policy.runtimes[i], ret, cap);
	gt_policy_done(&policy);
	if (found)
		return 0;
	return gt_err_set(
		e, -ENOENT,
		"no OCI runtime found: install runc or crun, or name one in \"runtimes\" of " GT_SYSCONFDIR
		"/gotune/policy.json");
}
