/*
 * what read/bundle share.
 */
#ifndef GOTUNE_READ_BUNDLE_H
#define GOTUNE_READ_BUNDLE_H

#include "gotune/base.h"
#include "gotune/model.h"

/* The element of a list that is being read. */
struct gt_bundle_item {
	char type[32];
	char path[GT_PATH_CAP];
	char destination[64]; /* longer ones are none that we look for */
	char source[GT_PATH_CAP];
	bool bind, recursive;
	bool has_soft, has_hard;
	uint64_t soft, hard;
};

/* What the seccomp profile says of prctl, so far. */
struct gt_bundle_seccomp {
	bool default_allows, allowed, denied;
	bool names_prctl, action_allows, has_args; /* the rule that is being read */
};

struct gt_bundle_reader {
	struct gt_bundle *b;
	struct gt_bundle_seccomp seccomp;
	struct gt_bundle_item item;
};

/* The words of linux.namespaces. */
extern const char *const gt_bundle_ns_type[GT_NS_COUNT];

/* Namespaces, rlimits and mounts. As gt_field_take: 1 taken, 0 not ours, -errno. */
GT_MUST_CHECK int gt_bundle_take_lists(struct gt_bundle_reader *rd, const struct gt_json_event *ev,
				       struct gt_err *e);

/* One mount; call it for all in their order. */
void gt_bundle_view_mount(struct gt_bundle *b, const struct gt_bundle_item *item);
/* One of linux.maskedPaths. */
void gt_bundle_view_mask(struct gt_bundle *b, const char *path, size_t len);

/* Events of linux.seccomp. True: of its inside, and of no other reader's interest. */
bool gt_bundle_take_seccomp(struct gt_bundle_reader *rd, const struct gt_json_event *ev);

/* One entry of process.env. */
void gt_bundle_take_env(struct gt_bundle *b, const char *s, size_t len);

#endif
