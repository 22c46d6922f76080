/*
 * A container as its engine tells of it in messages with types, instead of config.json: the Node
 * Resource Interface. Fixed size, no pointers: it comes from a sandboxed child.
 */
#ifndef GOTUNE_MODEL_TYPED_H
#define GOTUNE_MODEL_TYPED_H

#include "gotune/base.h"
#include "gotune/model/state.h"

struct gt_typed {
	char id[GT_ID_MAX];
	char name[128]; /* the container's, in its pod; "" */
	int64_t pid;	/* of its init; 0: there is none yet */
	/* As if it had been read from config.json; annotations are those of the pod and of the
	 * container. What no message tells (cwd, seccomp) is unknown, or as restrictive as it can
	 * be. */
	struct gt_bundle bundle;
	struct gt_strv labels; /* pairs: the container's, those of its image included */
	GT_ARENA(GT_STRV_CAP) arena;
};

/* Makes T empty; the bytes of its arenas are not touched. */
void gt_typed_init(struct gt_typed *t);

/* True when every vector is valid, every string terminated and the pid in its range. */
bool gt_typed_valid(const struct gt_typed *t);

#endif
