/*
 * What the files of this room share: the BPF programs, loaded. Private to the room.
 */
#ifndef GOTUNE_UPROBE_INTERNAL_H
#define GOTUNE_UPROBE_INTERNAL_H

#include "bpf/counted.h"
#include "gotune/base.h"
#include "gotune/uprobe.h"

struct bpf_object;
struct bpf_link;

/* {0} is none. */
struct gt_uprobes {
	struct bpf_object *object;
	struct bpf_link *link[GT_UPROBE_RETS + 1];
	unsigned n_link;
	int control, sites, lost; /* the maps' descriptors, the object's own */
	struct control what;
};

/* Loads programs and maps; nothing is counted yet. -errno with a message that says what is missing.
 */
GT_MUST_CHECK int gt_uprobes_load(struct gt_uprobes *ret, struct gt_err *e);
/* The programs at the offsets of A in the file PATH. */
GT_MUST_CHECK int gt_uprobes_attach(struct gt_uprobes *u, const char *path,
				    const struct gt_uprobe_ask *a, struct gt_err *e);
/* Begins to count for A's program, or ends it. */
GT_MUST_CHECK int gt_uprobes_count(struct gt_uprobes *u, const struct gt_uprobe_ask *a, bool on,
				   struct gt_err *e);
/* The sites, in RET, which has room for GT_UPROBE_SITES; D gets their number, and what was lost. */
GT_MUST_CHECK int gt_uprobes_read(const struct gt_uprobes *u, struct gt_uprobe_site *ret,
				  struct gt_uprobe_done *d, struct gt_err *e);
/* Detaches and unloads. */
void gt_uprobes_done(struct gt_uprobes *u);

/*
 * Why the kernel refused with CODE (-errno) to do WHAT ("load its programs"), for a person: what
 * /proc and /sys below ROOT say of capabilities, lockdown and version. Returns CODE.
 */
int gt_uprobes_refused(int root, int code, const char *what, struct gt_err *e);
/* 0, or -ENOTSUP with a message: the machine at ROOT has no uprobes. */
GT_MUST_CHECK int gt_uprobes_exist(int root, struct gt_err *e);

/* Is A a question that can be answered? Pure. */
bool gt_uprobe_ask_is_valid(const struct gt_uprobe_ask *a);

#endif
