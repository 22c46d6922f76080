/*
 * What a part of gotuned is, and what it has to work with.
 *
 * A part is a file that ends with its row, and its name in GT_DAEMON_PARTS. All that it needs
 * privilege for (a socket that listens, a worker with a capability) it opens in `start`; afterwards
 * the daemon is in GT_PHASE_DAEMON, which holds no capability. No callback may wait for what a
 * container decides.
 */
#ifndef GOTUNE_DAEMON_PART_H
#define GOTUNE_DAEMON_PART_H

#include "gotune/base.h"
#include "gotune/daemon.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/record.h"

/* In the order in which they are called. */
#define GT_DAEMON_PARTS(X) X(metrics) X(rollback) X(learn) X(history) X(resize) X(pressure)

enum gt_part_id {
#define X(name) GT_PART_##name,
	GT_DAEMON_PARTS(X)
#undef X
		GT_PART_COUNT,
};
#define GT_PARTS_CAP (GT_PART_COUNT > 0 ? GT_PART_COUNT : 1)

struct gt_daemon;

/* ---- waiting (daemon/watch.c) ---- */

struct gt_watch;
typedef void gt_watch_fn(struct gt_daemon *d, struct gt_watch *w, uint32_t events);

/* A descriptor that the loop waits for. It is a member of what it belongs to: see gt_watch_of. */
struct gt_watch {
	int fd;
	gt_watch_fn *fn;
};
#define gt_watch_of(w, type, member) ((type *)(void *)((char *)(w)-offsetof(type, member)))

/* FN is called when FD has one of EVENTS (EPOLLIN, ...). FD stays the caller's. 0 or -errno. */
GT_MUST_CHECK int gt_watch_add(struct gt_daemon *d, struct gt_watch *w, int fd, uint32_t events,
			       gt_watch_fn *fn);
/* FN is not called any more, also not for what has happened already. Before FD is closed. */
void gt_watch_drop(struct gt_daemon *d, struct gt_watch *w);

/* ---- containers (daemon/known.c) ---- */

#define GT_KNOWN_MAX GT_VIEW_RECORD_MAX

/* A container that has a record and, as far as we know, still runs. Stays where it is. */
struct gt_known {
	char id[GT_ID_MAX];
	int64_t pid;		   /* its init; 0: not known yet */
	uint64_t pid_start;	   /* 0: not known */
	struct gt_watch end;	   /* a pidfd; fd -1: there is none */
	bool seen;		   /* by the look at all records that is under way */
	struct gt_usage_dirs dirs; /* its cgroup: gt_known_usage_open */
	struct gt_usage_kept kept; /* N_KEPT files of it */
	uint32_t n_kept;
	bool dirs_opened;
	void *own[GT_PARTS_CAP]; /* each part's own; NULL at first */
};

/* ---- what a container has used (daemon/usage.c) ---- */

/*
 * Opens K's cgroup, once its process is known; again is nothing. Several parts read it by one set
 * of descriptors, which known.c closes. Of at most GT_KEPT_MAX files of all containers the
 * descriptors are kept; those of later containers are opened at each look.
 */
#define GT_KEPT_MAX 4096u
void gt_known_usage_open(struct gt_daemon *d, struct gt_known *k);
bool gt_known_usage(const struct gt_known *k, struct gt_usage *ret); /* gt_usage_read */
void gt_known_usage_close(struct gt_daemon *d, struct gt_known *k);

/* ---- parts ---- */

/* A callback that a part does not need is NULL. */
struct gt_part {
	const char *name;
	/* Does the policy ask for it? */
	bool (*is_wanted)(const struct gt_daemon *d);
	/* Before privileges are given up. -errno: the daemon does not begin. */
	int (*start)(struct gt_daemon *d, struct gt_err *e);
	/* Every `tick_ms`, a little later rather than earlier. */
	uint32_t tick_ms;
	void (*tick)(struct gt_daemon *d);
	/* K has a record, V: a new one, or one that was rewritten, or its process is known now. */
	void (*on_record)(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v);
	/* K has ended, or its record is gone: its own is to be freed. */
	void (*on_end)(struct gt_daemon *d, struct gt_known *k);
	void (*stop)(struct gt_daemon *d);
};

#define X(name) extern const struct gt_part gt_part_##name;
GT_DAEMON_PARTS(X)
#undef X

/* All that there is in a run. Parts read it, and write their own places alone. */
struct gt_daemon {
	const struct gt_daemon_in *in;
	int root;    /* the machine's "/" */
	int records; /* the directory of records; -1: there is none now */
	char record_dir[GT_RECORD_DIR_CAP > GT_PATH_CAP ? GT_RECORD_DIR_CAP : GT_PATH_CAP];
	struct gt_policy_watch *watch;
	struct gt_policy policy; /* as WATCH has it, but for what was decided at the start */
	const struct gt_health
		*health; /* as the probes and metrics tell it: of IN, or OWN_HEALTH */
	struct gt_health own_health;
	uint32_t live;		 /* the policy's, of the start */
	struct gt_known **known; /* N_KNOWN of them, in no order */
	uint32_t n_known, known_cap;
	char *mounts;		   /* gt_cg_mounts, of the beginning */
	uint32_t n_kept, kept_max; /* files of containers that are kept open */
	uint32_t n_refused;	   /* containers beyond GT_KNOWN_MAX, since the last look at all */
	void *own[GT_PARTS_CAP];   /* each part's own */

	const struct gt_part *const *part; /* N_PART of them, by enum gt_part_id */
	unsigned n_part;
	bool wanted[GT_PARTS_CAP];
	int64_t due_ms[GT_PARTS_CAP]; /* by gt_now_ms */
	int64_t looked_s;	      /* when that was done, in seconds since the epoch */
	int64_t policy_ms;	      /* when the policy is looked at again */
	int64_t look_ms;	      /* when all records are looked at again */
	struct gt_watch timer, signals, inotify;
	int epoll;
	int wd; /* what is followed by `inotify`; -1: nothing */
	bool ended;
	struct gt_pages view; /* a gt_record_view, while records are read */
};

#endif
