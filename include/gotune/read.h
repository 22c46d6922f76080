/*
 * outside bytes -> typed input. Everything hostile is parsed by functions that take bytes and fill
 * fixed-size structs: they run in the sandboxed worker.
 */
#ifndef GOTUNE_READ_H
#define GOTUNE_READ_H

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_STATE_MAX	  (16u << 20) /* bytes of OCI state on stdin */
#define GT_IMAGE_FILE_MAX (8u << 20)  /* bytes of an engine's file about images */

/*
 * OCI state. -EINVAL with a message when it is no JSON, or has no usable id. Ids that could leave a
 * directory ('/', a leading '.', control bytes, over GT_ID_MAX-1) are not usable. Pure.
 */
GT_MUST_CHECK int gt_read_state(const char *doc, size_t len, struct gt_state *ret,
				struct gt_err *e);

/*
 * Do the id, pid, bundle and status that S, a worker's answer, has stand so in DOC? The document is
 * scanned by another reader. No member may come twice, and none be spelt with an escape in its key.
 * S is valid (gt_state_valid). Pure.
 */
bool gt_state_agrees(const struct gt_state *s, const char *doc, size_t len);

/*
 * The same for config.json and B: each path of B that is opened, or that a container is known by,
 * is in DOC as the value of its own member, and each namespace that B has is one of DOC's. A
 * parser that was taken over may then choose among them, and name none of its own. The sources of
 * mounts come in DOC's order. B is valid (gt_bundle_valid). Pure.
 */
bool gt_bundle_agrees(const struct gt_bundle *b, const char *doc, size_t len);

/*
 * config.json. Missing process or linux is no error: has_process, has_linux say so. -EINVAL for
 * what is no JSON, -E2BIG for depth, -EBADMSG for a repeated or case-variant key on a path that we
 * read (runc and crun would read different values). Pure.
 */
GT_MUST_CHECK int gt_read_bundle(const char *doc, size_t len, struct gt_bundle *ret,
				 struct gt_err *e);

/* Engine, image, container name and command from state, config.json and the bundle's path. Pure. */
void gt_read_ident(const struct gt_state *s, const struct gt_bundle *b, struct gt_ident *ret);

/*
 * Who a container will be that Podman has not handed to a runtime yet: its id, from the name of its
 * cgroup or from the place of its files, and the bundle's directory. Both stay as they are when
 * config.json does not tell. Pure.
 */
void gt_read_early_ident(const struct gt_bundle *b, struct gt_ident *ret);

/* Where WHO's engine keeps what it knows of the image; GT_PLACE_NONE when nowhere. Pure. */
void gt_read_place(const struct gt_ident *who, const struct gt_bundle *b, struct gt_place *ret);

/*
 * One of the files there. -EINVAL, -E2BIG, -EFBIG, -EBADMSG as gt_read_bundle, with the place in
 * the message. ret->found: the file tells of the container that was asked for. Pure.
 */
GT_MUST_CHECK int gt_read_image(const struct gt_image_ask *ask, const char *doc, size_t len,
				struct gt_image *ret, struct gt_err *e);

/*
 * Adds requests from an image's labels to RET, below all others. KEY/CONTAINER is not looked at: an
 * image does not know what a pod calls its container. Pure.
 */
void gt_read_labels(const struct gt_strv *labels, struct gt_requests *ret);

/*
 * Requests from annotations (those of the state, then of the bundle), from GOTUNE_* variables, and
 * from NAME=VALUE pairs of --set. For each key the highest origin wins. Pure.
 */
void gt_read_requests(const struct gt_bundle *b, const char *container_name,
		      const struct gt_strv *set_pairs, struct gt_requests *ret);

/* ---- a bundle from typed messages ---- */

/* Adds an entry of the environment, "NAME=VALUE". One without '=' is ignored, as runtimes do. Pure.
 */
void gt_read_add_env(struct gt_bundle *b, const char *entry, size_t len);

/* A mount. BIND: of SOURCE; RECURSIVE: with what is mounted below it. Call it for all, in order. */
struct gt_read_mount {
	char destination[GT_PATH_CAP], source[GT_PATH_CAP], type[32]; /* "" when too long */
	bool bind, recursive;
};
void gt_read_add_mount(struct gt_bundle *b, const struct gt_read_mount *m);

/* A namespace by its OCI name ("network", ...); PATH "" is a new one. Unknown names are ignored. */
void gt_read_add_namespace(struct gt_bundle *b, const char *type, const char *path);

/* The facts that config.json alone gives: config, var, nofile.in_config, sysctl in_config names.
 * Pure. */
void gt_read_config_facts(const struct gt_bundle *b, struct gt_facts *ret);

#endif
