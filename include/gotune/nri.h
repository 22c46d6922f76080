/*
 * The Node Resource Interface: a plugin of containerd or CRI-O that adds Go's variables when a
 * container is created, and calls the hook's own decision when it starts.
 */
#ifndef GOTUNE_NRI_H
#define GOTUNE_NRI_H

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"

/* Events, by their numbers in the protocol (api.proto, enum Event). */
enum gt_nri_event {
	GT_NRI_OTHER = 0,
	GT_NRI_CREATE = 4,
	GT_NRI_START = 6,
	GT_NRI_UPDATE = 8,
	GT_NRI_POST_UPDATE = 9,
	GT_NRI_STOP = 10,
	GT_NRI_REMOVE = 11,
	GT_NRI_EVENT_MAX = 14,
};

/* The runtime at the other end: its own word. */
struct gt_nri_peer {
	char runtime[64]; /* "containerd", "cri-o" */
	char version[64], nri[32];
};

/* A variable to be added. */
struct gt_nri_variable {
	char name[16], value[512];
};

/* What is done with what the runtime says. Each returns soon: the runtime's pods wait for it. */
struct gt_nri_ops {
	/* PEER has accepted us, and told of all its containers. */
	void (*synchronized)(void *ctx, const struct gt_nri_peer *peer, unsigned n_containers);
	/* T is about to be created: the variables that it is to get, at most GT_VAR_COUNT in RET.
	 */
	unsigned (*create)(void *ctx, const struct gt_nri_peer *peer, const struct gt_typed *t,
			   struct gt_nri_variable ret[GT_VAR_COUNT]);
	/* EVENT has happened to T (GT_NRI_START: is about to). */
	void (*event)(void *ctx, const struct gt_nri_peer *peer, enum gt_nri_event event,
		      const struct gt_typed *t);
	void *ctx;
	/* Before each of these, and every second or so in which there is none. May be NULL. */
	void (*look)(void *ctx);
};

/*
 * Registers at the runtime behind FD, a stream socket, as plugin INDEX-NAME, and answers until the
 * runtime closes it (0), has refused us, or breaks the protocol (-errno with a message). What
 * cannot be understood is logged and answered with nothing: an error would fail the container. FD
 * stays the caller's. Effects: a sandboxed worker for each message; what OPS do.
 */
GT_MUST_CHECK int gt_nri_serve(int fd, const char *name, const char *index,
			       const struct gt_nri_ops *ops, struct gt_err *e);

/* How the plugin works on this machine. */
struct gt_nri_plugin {
	/* In. NULL: the usual. */
	const char *policy_file, *record_dir;
	const char *containerd;	      /* its socket */
	const char *snapshotter;      /* "overlayfs" */
	bool env_only;		      /* nothing is done when a container starts */
	unsigned budget_ms;	      /* for the answer to a creation; 0: the usual */
	struct gt_health *health;     /* is kept up to date; NULL: nobody asks */
	void (*look)(void *look_ctx); /* is called every second or so; NULL: nothing */
	void *look_ctx;
	/* Ours. */
	int root;
	struct gt_policy_watch *policy;
	bool sees_trusted;
	bool starts; /* we may act when a container starts: not env_only, and its process ids are
		      * ours */
	bool is_fail_policy; /* it says on_error: fail, which we cannot do */
	int note;	     /* the file that says how we are; -1: none */
};

#define GT_NRI_SOCKET	  "/var/run/nri/nri.sock"
#define GT_NRI_CONTAINERD "/run/containerd/containerd.sock"
#define GT_NRI_NAME	  "gotune"
#define GT_NRI_INDEX	  "50"
#define GT_NRI_BUDGET_MS  50

/*
 * The plugin's own operations: decisions by P, which must outlive them. Effects: forks a child for
 * each creation and start, writes records.
 */
struct gt_nri_ops gt_nri_plugin_ops(struct gt_nri_plugin *p);

/* Fills in what the caller left empty, what this process may do, and the policy. -ENOMEM, ... */
GT_MUST_CHECK int gt_nri_plugin_init(struct gt_nri_plugin *p, struct gt_err *e);

/*
 * Serves SOCKET, again and again: after the runtime has gone we try to connect anew, at first after
 * 100 ms, later after 5 s. FD (-1: none) is a connection that the runtime has made for us: then we
 * end with it. Returns only then: 0, or -errno with a message. SIGTERM and SIGINT end the process.
 */
GT_MUST_CHECK int gt_nri_run(struct gt_nri_plugin *p, const char *socket, int fd, const char *name,
			     const char *index, struct gt_err *e);

/* ---- is it on? ---- */

/* What the plugin notes about itself beside the records. */
struct gt_nri_status {
	bool running;	   /* the process that wrote it lives */
	bool synchronized; /* the runtime has told it of its containers, and is still there */
	bool env_only;
	bool is_fail_policy; /* the policy that it read when it was registered says on_error: fail
			      */
	struct gt_nri_peer peer;
};

/* Reads the plugin's note below DIRFD, the directory of records. -ENOENT: there is none. */
GT_MUST_CHECK int gt_nri_status_read(int dirfd, struct gt_nri_status *ret);

#endif
