/*
 * Where our own files are: all of them, and only here. The build sets GT_SYSCONFDIR,
 * GT_BINDIR, GT_LIBEXECDIR and GT_DATADIR (make SYSCONFDIR=DIR ...).
 */
#ifndef GOTUNE_MODEL_PATHS_H
#define GOTUNE_MODEL_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* The administrator's. */
#define GT_CONFIG_DIR	 GT_SYSCONFDIR "/gotune"
#define GT_POLICY_FILE	 GT_CONFIG_DIR "/policy.json"
#define GT_POLICY_DIR	 GT_CONFIG_DIR "/policy.d"
#define GT_DISABLED_FILE GT_CONFIG_DIR "/disabled"

/* What we keep while the machine runs. */
#define GT_RECORD_DIR "/run/gotune"

/* The installed programs, and the directory of Podman's precreate hook. */
#define GT_GOTUNE_PROGRAM   GT_BINDIR "/gotune"
#define GT_RUNTIME_PROGRAM  GT_BINDIR "/gotune-runtime"
#define GT_NRI_PROGRAM	    GT_BINDIR "/gotune-nri"
#define GT_HOOK_NAME	    "oci-gotune-hook"
#define GT_HOOK_PROGRAM	    GT_LIBEXECDIR "/" GT_HOOK_NAME
#define GT_TRACE_NAME	    "gotune-trace"
#define GT_PODMAN_HOOKS_DIR GT_DATADIR "/gotune/podman-hooks.d"

/* After that many seconds a runtime stops our hook, and the container with it. */
#define GT_HOOK_TIMEOUT_S 10

/* Is the program at PATH, LEN bytes, our hook by its name? Pure. */
bool gt_is_own_hook(const char *path, size_t len);

#endif
