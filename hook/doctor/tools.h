/*
 * files that must be trusted, programs that are run for their answer,
 * processes that are looked up, Docker's socket.
 */
#ifndef GOTUNE_DOCTOR_TOOLS_H
#define GOTUNE_DOCTOR_TOOLS_H

#include <sys/types.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/report.h"

/* --- files (doctor/file.c) -------------------------------------------------------------------- */

enum gt_trust {
	GT_TRUST_OK,
	GT_TRUST_MISSING,
	GT_TRUST_UNREADABLE, /* for another reason than not being there */
	GT_TRUST_NOT_A_FILE,
	GT_TRUST_NOT_EXECUTABLE,
	GT_TRUST_OWNER,	   /* it, or a directory above it, is not root's */
	GT_TRUST_WRITABLE, /* others may write it, or replace it in a directory above it */
	GT_TRUST_COUNT,
};

/*
 * May root run the program PATH below ROOT? Root's is what the owner of ROOT itself owns, so that a
 * captured machine may be anybody's. Symlinks are followed inside ROOT; of the directories those
 * on PATH are looked at.
 */
enum gt_trust gt_trust_program(int root, const char *path);

/* What is wrong, as an end of a sentence ("is not executable"), and the command that fixes it with
 * "%s" for the path; "" when there is none. */
const char *gt_trust_text(enum gt_trust t);
const char *gt_trust_fix(enum gt_trust t);

/* The first of the fixed list of directories that has NAME as a regular file below ROOT, or NAME
 * itself when it is absolute. */
bool gt_program_find(int root, const char *name, char ret[GT_PATH_CAP]);

/* The whole regular file, at most MAX bytes, NUL-terminated; the caller frees it. 0 or -errno. */
GT_MUST_CHECK int gt_text_file(int root, const char *path, size_t max, char **ret, size_t *ret_len);

/* --- running (doctor/run.c) ------------------------------------------------------------------- */

struct gt_run {
	const char *const *argv; /* argv[0] is the absolute path */
	unsigned timeout_ms;
	size_t output_max; /* bytes of standard output; more ends the program */
	int interrupt;	   /* a descriptor that becomes readable when it is to end; -1: none */
	/* In the child, before it becomes the program: 0 or -errno. NULL: nothing. */
	int (*prepare)(void *ctx);
	void *ctx;
	bool with_stderr;      /* as part of the output; else it goes to /dev/null */
	const char *env_extra; /* NAME=VALUE beside our own small environment, or NULL */
};

/*
 * Runs a program with an empty input and a small environment of our own, and collects its output.
 * *ret_status is its exit status (128 + N: signal N). It, and what it started in its session, is
 * killed when the time is over (-ETIMEDOUT), there is too much output (-EFBIG) or `interrupt` says
 * so (-EINTR); OUT then has what came until then. Returns 0 or -errno.
 */
GT_MUST_CHECK int gt_run(const struct gt_run *run, struct gt_buf *out, int *ret_status);

/* The version in what a program said of itself: the first word that begins with a digit, or 'v' and
 * a digit, and has a dot. False: there is none. Pure. */
bool gt_version_in(const char *text, size_t len, char *ret, size_t cap);

/*
 * Asks PROGRAM --version, if root may trust it: at most 3 seconds and 64 KiB. 0; -EPERM when it is
 * not to be trusted; what gt_run returned; -EBADMSG when it did not say.
 */
GT_MUST_CHECK int gt_version_of(const struct gt_doctor *d, const char *program, char *ret,
				size_t cap);

/* --- processes (doctor/proc.c) ---------------------------------------------------------------- */

struct gt_daemon {
	int64_t pid;	    /* 0: none runs */
	int64_t started_at; /* seconds since the epoch; 0: not known */
	bool nofile_known;
	uint64_t nofile_hard;
	enum gt_tri may_raise; /* CAP_SYS_RESOURCE */
};

/* The process of root's whose name is NAME, in our own pid namespace; the first of several. Not a
 * child of dockerd's: that is its own containerd. */
void gt_daemon_find(int root, const char *name, struct gt_daemon *ret);

/* --- Docker (doctor/http.c, doctor/docker.c) -------------------------------------------------- */

/*
 * The body of an HTTP/1.x answer with status 200: *ret_body points into TEXT. -EAGAIN: the head is
 * not whole; -EBADMSG: not HTTP, chunked, or cut short; -EREMOTEIO: another status. Pure.
 */
GT_MUST_CHECK int gt_http_body(const char *text, size_t len, const char **ret_body,
			       size_t *ret_len);

struct gt_docker_info {
	bool has_runtime; /* a runtime is named "gotune" */
	char runtime_path[GT_PATH_CAP];
	char default_runtime[128];
	char version[64];
};

/* Docker's answer to GET /info. -EINVAL with a message: not JSON, or no object. Pure. */
GT_MUST_CHECK int gt_docker_info_parse(const char *doc, size_t len, struct gt_docker_info *ret,
				       struct gt_err *e);

/* Asks the dockerd behind the socket PATH: root's only, at most TIMEOUT_MS and 4 MiB. */
GT_MUST_CHECK int gt_docker_ask(const char *path, unsigned timeout_ms, struct gt_docker_info *ret,
				struct gt_err *e);

/* --- what others configure (doctor/scan.c): pure; bits are 1u << enum gt_var --------------------
 */

struct gt_hook_scan {
	char path[GT_PATH_CAP]; /* what it runs; "" */
	bool complete;		/* it has all that version 1.0.0 wants, or is of another version */
	bool precreate;
	unsigned vars; /* those that any string in it names */
};
/* A hooks JSON of Podman and CRI-O. -EINVAL with a message: no JSON object. */
GT_MUST_CHECK int gt_scan_hook(const char *doc, size_t len, struct gt_hook_scan *ret,
			       struct gt_err *e);

/* The variables that a CDI spec, or an OCI config.json, sets. */
GT_MUST_CHECK int gt_scan_cdi(const char *doc, size_t len, unsigned *ret_vars, struct gt_err *e);
GT_MUST_CHECK int gt_scan_spec(const char *doc, size_t len, unsigned *ret_vars, struct gt_err *e);

/* The variables that TEXT (YAML, which nobody here reads) seems to set: "NAME=" in it. */
unsigned gt_scan_text(const char *text);

/* What is in containers.conf, crio.conf or containerd's config.toml, all as JSON. Lists grow
 * from file to file; the number is the last file's. Large: on the heap. */
struct gt_conf_scan {
	unsigned vars;
	int64_t min_injected;	  /* CRI-O's min_injected_gomaxprocs */
	struct gt_list hooks_dir; /* of Podman */
	struct gt_list crio_hooks_dir;
	struct gt_list base_spec; /* of containerd's runtimes */
};
/* Nothing was read yet. */
void gt_conf_scan_init(struct gt_conf_scan *c);
GT_MUST_CHECK int gt_scan_conf(const char *doc, size_t len, struct gt_conf_scan *io,
			       struct gt_err *e);

/* "GOMAXPROCS, GOGC" */
void gt_scan_names(unsigned vars, char *buf, size_t cap);

/* --- the self-test (doctor_selftest*.c) --------------------------------------------------------
 */

/* What the test's container asks for by annotation, beside an RLIMIT_NOFILE of its own. */
struct gt_selftest_want {
	const char *setting;	/* as in the record */
	const char *seen;	/* the probe's key */
	const char *annotation; /* "io.gotune...." */
	const char *value;	/* NULL: want_nofile */
};
extern const struct gt_selftest_want gt_selftest_wants[];
extern const unsigned gt_n_selftest_wants;

/* One test under way: the directory DIR has etc/, run/gotune/, state/ and bundle/. */
struct gt_selftest {
	char dir[GT_PATH_CAP / 2];
	char id[64];
	uint64_t nofile_soft, nofile_hard, nofile_want;
	int interrupt; /* readable: a signal asks for the end */
};

/* Writes bundle/config.json; HOOK: the hook's path, or NULL for a container without any. */
GT_MUST_CHECK int gt_selftest_config(const struct gt_selftest *t, const char *hook,
				     struct gt_err *e);

/* Makes the directory and all that stays the same in it, the program included. On failure nothing
 * is left. */
GT_MUST_CHECK int gt_selftest_open(struct gt_selftest *ret, struct gt_err *e);

/* Ends what a runtime that was killed has left in the container's cgroup, and removes that. */
void gt_selftest_clean(const struct gt_selftest *t);

/* Removes the directory. */
void gt_selftest_close(struct gt_selftest *t);

struct gt_record_view;
/*
 * Compares the record (NULL: there is none) with what the probe printed. Returns the state of the
 * row; TEXT says what agrees or what does not. Pure.
 */
enum gt_check_state gt_selftest_compare(const struct gt_selftest *t,
					const struct gt_record_view *record, const char *output,
					size_t len, char *text, size_t cap);

#endif
