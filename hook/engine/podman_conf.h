/*
 * Podman's configuration as Podman merges it.
 */
#ifndef GOTUNE_ENGINE_PODMAN_CONF_H
#define GOTUNE_ENGINE_PODMAN_CONF_H

#include "gotune/base.h"
#include "sheets.h"

#define GT_PODMAN_ADMIN_CONF  "/etc/containers/containers.conf"
#define GT_PODMAN_VENDOR_CONF "/usr/share/containers/containers.conf"
#define GT_PODMAN_DROP_INS    GT_PODMAN_ADMIN_CONF ".d"
#define GT_OCI_HOOKS_DIR      "/usr/share/containers/oci/hooks.d"

/* A list of containers.conf, and the file that changed it last. */
struct gt_podman_list {
	const char *at; /* its path in a file */
	struct gt_list now;
	struct gt_list file; /* of the file that is being read */
	bool in_file;
	bool appends; /* a file said {append=true}: this one and those behind it add */
	char by[GT_PATH_CAP];
};

struct gt_podman_conf {
	struct gt_podman_list hooks, json;
	char runtime[256]; /* the default runtime; "" */
	char runtime_by[GT_PATH_CAP];
	char ours[GT_PATH_CAP]; /* [engine.runtimes] gotune; "" */
	char ours_by[GT_PATH_CAP];
	char program[GT_PATH_CAP]; /* what [engine.runtimes] has for RUNTIME; "" */
	bool appends_known;	   /* some file uses {append=}: this Podman takes it */
	struct gt_sheets layers;
};
void gt_podman_conf_free(struct gt_podman_conf *c);

/* What root's containers get, without modules. *ret is freed with gt_podman_conf_free. */
GT_MUST_CHECK int gt_podman_read(const struct gt_view *v, struct gt_podman_conf **ret,
				 struct gt_err *e);

/* The modules (containers.conf.modules) that set KEY ("hooks_dir", "runtime") of [engine] anew, so
 * that podman --module undoes ours: appends their paths to RET. */
GT_MUST_CHECK int gt_podman_modules(const struct gt_view *v, const char *key, struct gt_list *ret,
				    struct gt_err *e);

#endif
