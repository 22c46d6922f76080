/* What the files of gotune diagnose share. */
#ifndef GOTUNE_CLI_DIAGNOSE_H
#define GOTUNE_CLI_DIAGNOSE_H

#include "cli.h"
#include "gotune/diagnose.h"
#include "gotune/sandbox.h"

/* A log that is read: raw, gzip or zstd (cli/diagnose_input.c). */
struct gt_log_source;

/* NULL: no memory. */
struct gt_log_source *gt_log_new(void);
void gt_log_free(struct gt_log_source *s);
/*
 * The next bytes of FD: *RET_N of them, 0 at the end, which may move. -EBADMSG: a compressed file
 * is broken or ends too early. *RET points into S.
 */
GT_MUST_CHECK int gt_log_next(struct gt_log_source *s, int fd, const char **ret, size_t *ret_n,
			      struct gt_err *e);
bool gt_log_is_packed(const struct gt_log_source *s);
/* Were bytes read that the next call has, without reading? */
bool gt_log_has_more(const struct gt_log_source *s);

/*
 * The reader of a log in a sandboxed worker (cli/diagnose_worker.c): a log is whatever its program
 * wanted it to be. Each call: -errno with a message in E.
 */
struct gt_log_seen {
	uint64_t n;	/* bytes of the log */
	uint32_t order; /* enum gt_log_order of all so far */
	bool sure;	/* ... and no line that follows would change it */
	bool packed;
};
struct gt_log_reader {
	struct gt_worker worker;
	struct gt_log_seen seen; /* as of the last call */
};
GT_MUST_CHECK int gt_log_reader_start(struct gt_log_reader *ret, const struct gt_diagnose_known *k,
				      struct gt_err *e);
/* Reads FD once and waits for that. *RET_N: how many bytes the log had, 0: its end. */
GT_MUST_CHECK int gt_log_reader_feed(struct gt_log_reader *r, int fd, uint64_t *ret_n,
				     struct gt_err *e);
/* The next descriptor begins a file, which may be packed in another way; a line goes on in it. */
GT_MUST_CHECK int gt_log_reader_next(struct gt_log_reader *r, struct gt_err *e);
/* The line that is not whole ends here: the rest of it was lost. */
GT_MUST_CHECK int gt_log_reader_cut(struct gt_log_reader *r, struct gt_err *e);
/* Forgets all: a log is read anew. */
GT_MUST_CHECK int gt_log_reader_renew(struct gt_log_reader *r, const struct gt_diagnose_known *k,
				      struct gt_err *e);
/* Reads the next N bytes of FD: they come before those of the last call. */
#define GT_LOG_BLOCK (256u << 10)
GT_MUST_CHECK int gt_log_reader_back(struct gt_log_reader *r, int fd, uint32_t n, struct gt_err *e);
/* No more comes. */
GT_MUST_CHECK int gt_log_reader_close(struct gt_log_reader *r, struct gt_err *e);
/* A goroutine dump, whole. */
GT_MUST_CHECK int gt_log_reader_dump(struct gt_log_reader *r, int fd, struct gt_err *e);
/* As gt_diagnose_judge; what it answers was checked. K is what the worker was started with. */
GT_MUST_CHECK int gt_log_reader_judge(struct gt_log_reader *r, const struct gt_diagnose_known *k,
				      struct gt_diagnosis *ret, struct gt_err *e);
void gt_log_reader_done(struct gt_log_reader *r);

/*
 * R has found that the newest line of FD, of which FROM is where it began, comes first: reads it
 * anew, from its end (cli/diagnose_back.c). FROM: -1 when FD cannot be read twice. -EILSEQ: it
 * cannot be read so; the message says what to do.
 */
GT_MUST_CHECK int gt_log_turn(struct gt_log_reader *r, int fd, int64_t from,
			      const struct gt_diagnose_known *k, struct gt_err *e);

/* Older pieces of a log that was rotated, in the order of time (cli/diagnose_pieces.c). */
#define GT_LOG_PIECES_MAX 32 /* kubelet keeps five: containerLogMaxFiles */
struct gt_log_pieces {
	int fd[GT_LOG_PIECES_MAX];
	unsigned n;
};
/* Those of the log PATH, which is open as NEWEST and is none of them. */
GT_MUST_CHECK int gt_log_pieces_open(const char *path, int newest, struct gt_log_pieces *ret,
				     struct gt_err *e);
void gt_log_pieces_close(struct gt_log_pieces *p);

/* A container's log, through its engine, and what is known of it (cli/diagnose_find.c). */
struct gt_log_found {
	int fd;		    /* a pipe of the engine's client, or -1 */
	int64_t pid;	    /* of that client; 0: none */
	int64_t init;	    /* the container's process; 0: not known */
	const char *engine; /* "docker" */
	char id[GT_ID_MAX];
	char path[GT_PATH_CAP];	    /* the log is that file, which may be rotated; "": it is none */
	struct gt_log_pieces older; /* before it */
	struct gt_diagnose_known known;
};
GT_MUST_CHECK int gt_log_find(const char *name, const char *record_dir, bool with_log, bool follow,
			      struct gt_log_found *ret, struct gt_err *e);
/* May Podman of this user know a container NAME? It is not asked otherwise: its client makes
 * directories where it was never used (cli/diagnose_store.c). */
bool gt_podman_may_know(const char *name);
/* Is PROGRAM, as PATH finds it, a script that runs Podman? */
bool gt_is_podman_script(const char *program);
/* The log of a container on a Kubernetes node, by the name that kubelet gives it: no client is
 * needed (cli/diagnose_node.c). As gt_log_find; -ENOENT without a message: there is none. */
GT_MUST_CHECK int gt_log_find_on_node(const char *name, const char *dir, const char *record_dir,
				      bool with_log, struct gt_log_found *ret, struct gt_err *e);
#define GT_NODE_LOGS "/var/log/containers"

/* What a record and a cgroup say of container F->id and process F->init (cli/diagnose_known.c). */
void gt_log_know(const char *record_dir, struct gt_log_found *f);
/* Waits for the client. -EIO: it failed, and said so on standard error. */
GT_MUST_CHECK int gt_log_end(struct gt_log_found *f, struct gt_err *e);

/* The page for a terminal (cli/diagnose_page.c). */
void gt_diagnose_page(struct gt_cli_out *out, const struct gt_diagnosis *r);
/* A line for each verdict that is new, or gone, against BEFORE (may be NULL). */
void gt_diagnose_changes(struct gt_cli_out *out, const struct gt_diagnosis *r,
			 const struct gt_diagnosis *before);
/* Writes plots and folded stacks into DIR; their names go into OUT. */
GT_MUST_CHECK int gt_diagnose_plots(struct gt_cli_out *out, const struct gt_diagnosis *r,
				    const char *dir, bool quiet, struct gt_err *e);
/* What R, all zero where the runtime printed nothing, shows of a container, and what to start it
 * with to see more (cli/diagnose_watch.c). */
void gt_diagnose_watch(struct gt_cli_out *out, const struct gt_log_found *f, const char *name,
		       const struct gt_diagnosis *r);

#endif
