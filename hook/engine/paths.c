/*
 * Where our own programs are. Looks at files; changes nothing.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"

/* RET = DIR + BELOW, if that is there. */
static bool found(char *ret, const char *dir, const char *below)
{
	return dir[0] && gt_copy_str(ret, GT_PATH_CAP, dir) && gt_append(ret, GT_PATH_CAP, below) &&
	       access(ret, F_OK) == 0;
}

int gt_own_paths(bool image, struct gt_own_paths *ret, struct gt_err *e)
{
	static const char runtime[] = GT_RUNTIME_PROGRAM, hook[] = GT_HOOK_PROGRAM,
			  podman_hooks[] = GT_PODMAN_HOOKS_DIR;
	char dir[GT_PATH_CAP] = "", up[GT_PATH_CAP] = "";

	if (sizeof(runtime) > GT_PATH_CAP || sizeof(hook) > GT_PATH_CAP ||
	    sizeof(GT_NRI_PROGRAM) > GT_PATH_CAP || sizeof(podman_hooks) > GT_PATH_CAP)
		return gt_err_set(e, -ENAMETOOLONG, "the installation's own paths are too long");
	if (!image)
		gt_own_dirs(dir, up, sizeof(dir));
	/* Those that are not found get the installed path, which fits. */
	if (!found(ret->runtime, dir, "/gotune-runtime"))
		(void)gt_copy_str(ret->runtime, GT_PATH_CAP, runtime);
	if (!found(ret->nri, dir, "/gotune-nri"))
		(void)gt_copy_str(ret->nri, GT_PATH_CAP, GT_NRI_PROGRAM);
	if (!found(ret->hook, dir, "/oci-gotune-hook") &&
	    !found(ret->hook, up, "/libexec/oci-gotune-hook"))
		(void)gt_copy_str(ret->hook, GT_PATH_CAP, hook);
	if (!found(ret->podman_hooks, up, "/share/gotune/podman-hooks.d"))
		(void)gt_copy_str(ret->podman_hooks, GT_PATH_CAP, podman_hooks);
	return 0;
}
