/*
 * The container engines that the tool can be registered with, and what is registered where.
 * `gotune status` prints it, `gotune doctor` judges it. A new engine is one driver file
 * (hook/engine/NAME.c), one row of GT_ENGINES, one test.
 */
#ifndef GOTUNE_ENGINE_H
#define GOTUNE_ENGINE_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"

/* How an engine is made to call us. */
enum gt_way {
	GT_WAY_RUNTIME,	  /* gotune-runtime, named in the engine's configuration */
	GT_WAY_PRECREATE, /* Podman's own hook stage, before config.json is written */
	GT_WAY_HOOK,	  /* oci-gotune-hook as a createRuntime hook for every container */
	GT_WAY_DEVICE,	  /* a CDI device a profile, asked for by the container */
	GT_WAY_PLUGIN,	  /* gotune-nri, a unit of systemd's beside the engine */
	GT_WAY_COUNT,
};
#define GT_WAY_BIT(w) (1u << (w))
extern const struct gt_words gt_way_words; /* "runtime", "precreate", "hook", ... */

/* TOML that an engine reads: a file, or with SUFFIX each file of a directory whose name ends so. */
struct gt_engine_conf {
	const char *path, *suffix;
};

/*
 * An engine: its file ends with this row, and all else is made from it. There is no number of an
 * engine: enum gt_engine of the model says what started a container, is in records and policies
 * ("cri-o", "unknown"), and knows neither CDI nor these drivers.
 */
struct gt_engine_job;
struct gt_engine_driver {
	const char *name;      /* as people type it: "docker" */
	const char *title;     /* as its makers write it: "Docker" */
	unsigned ways;	       /* GT_WAY_BIT of each that it has */
	unsigned default_ways; /* those of `gotune install` without --way */
	const char *program;   /* shows that it is installed; NULL: it is no program */
	const char *daemon;    /* the name of its process; NULL: it has none */
	const char *unit;      /* of systemd; NULL like DAEMON */
	const char *reload; /* the command that makes the daemon read its files; NULL like DAEMON */
	const char *api_socket; /* answers as dockerd does what is loaded; NULL: nothing does */
	const struct gt_engine_conf *conf; /* ended by one without a path; NULL: none in TOML */
	/* Fills what comes out of the job. Errors are refusals with a message that names the file.
	 */
	int (*run)(struct gt_engine_job *j, struct gt_err *e);
};

/* The engines, in the order of all lists. */
#define GT_ENGINES(X) X(docker) X(podman) X(crio) X(containerd) X(cdi) X(nri)

#define GT_ENGINE_DECLARE(name) extern const struct gt_engine_driver gt_engine_##name;
GT_ENGINES(GT_ENGINE_DECLARE)
#define GT_ENGINE_INDEX(name) GT_ENGINE_INDEX_##name,
enum { GT_ENGINES(GT_ENGINE_INDEX) GT_ENGINES_N };
extern const struct gt_engine_driver *const gt_engines[GT_ENGINES_N];

/* The engine of that name, or NULL. */
const struct gt_engine_driver *gt_engine_find(const char *name);
/* For messages: "docker, podman or crio". */
void gt_engine_list(char *ret, size_t cap);
/* For messages, the words of WAYS: "runtime, hook". */
void gt_way_list(unsigned ways, char *ret, size_t cap);

enum gt_reg_state {
	GT_REG_ABSENT,	 /* not registered; a note when `gotune install` would be refused */
	GT_REG_PRESENT,	 /* as `gotune install` would write it now */
	GT_REG_OUTDATED, /* registered, but `gotune install` would write something else */
	GT_REG_BROKEN,	 /* the engine's file is invalid: nothing can be said, nothing is written */
	GT_REG_SHADOWED, /* registered, but another file of the engine's takes its place */
	GT_REG_FOREIGN,	 /* a file that install did not write names us: uninstall leaves it alone */
	GT_REG_STATE_COUNT,
};
extern const struct gt_words gt_reg_state_words; /* "absent", "present", ... */

/* One way of one engine. */
struct gt_registration {
	const struct gt_engine_driver *engine;
	enum gt_way way;
	enum gt_reg_state state;
	/* The engine uses it where nobody asks for it (a hook: always), all files merged. */
	bool is_default;
	char path[GT_PATH_CAP]; /* the file that holds the registration, below the root: "/etc/..."
				 */
	char target[GT_PATH_CAP]; /* the program of ours that it names; "" when absent or broken */
	char note[256];		  /* one line for a person, or "" */
};

/*
 * What is registered below DIR (NULL or "/": this machine; otherwise the root of an image), every
 * way of every engine, in the order of GT_ENGINES and of enum gt_way. Reads files, writes nothing.
 * Invalid files are GT_REG_BROKEN with a note, not an error. *ret is freed by the caller. -ENOMEM,
 * or what opening DIR gave.
 */
GT_MUST_CHECK int gt_engines_status(const char *dir, struct gt_registration **ret, unsigned *ret_n,
				    struct gt_err *e);

/* Where our own programs are, as an engine must name them. */
struct gt_own_paths {
	char runtime[GT_PATH_CAP];	/* gotune-runtime */
	char hook[GT_PATH_CAP];		/* oci-gotune-hook */
	char nri[GT_PATH_CAP];		/* gotune-nri */
	char podman_hooks[GT_PATH_CAP]; /* the directory of Podman's precreate registration */
};

/*
 * IMAGE: as `make install` placed them. Otherwise what lies beside /proc/self/exe (a build tree),
 * or in its ../libexec and ../share (any PREFIX); where nothing lies there, as for IMAGE. The files
 * need not exist. -ENAMETOOLONG, or -errno of readlink(2).
 */
GT_MUST_CHECK int gt_own_paths(bool image, struct gt_own_paths *ret, struct gt_err *e);

/* ---- one run of one engine ---- */

/* How a file's bytes are written; MARKED: with a byte order mark, as UTF-16 always is. */
enum gt_encoding { GT_UTF8, GT_UTF8_MARKED, GT_UTF16_LE, GT_UTF16_BE };

/* A file as it is. */
struct gt_file {
	char path[GT_PATH_CAP]; /* below the root: "/etc/docker/daemon.json" */
	bool exists;
	enum gt_encoding encoding;
	char *text; /* UTF-8 without a mark, NUL-terminated, owned; "" when it does not exist */
	size_t len;
	struct stat st;
};
void gt_file_done(struct gt_file *f);

/* What is to become of a file. */
struct gt_change {
	struct gt_file old;
	char *text; /* owned; NULL: the file is removed */
	size_t len;
	bool is_copy; /* of a file that is about to be changed: not worth a diff */
	/* Engines that registered this file, "podman crio"; NULL: it is one engine's own. Kept in
	 * the extended attribute GT_MARK_ENGINES, where the file system has any. */
	char *engines;
};
#define GT_CHANGES_MAX	8
#define GT_MARK_ENGINES "user.gotune.engines"
#define GT_MARK_MADE	"user.gotune.made" /* on a directory that install made */
#define GT_BACKUP	".gotune-backup"

/* One run of one engine: what is asked, and what it came to. */
struct gt_engine_job {
	/* In. */
	const struct gt_engine_driver *engine;
	bool install; /* else uninstall */
	bool make_default;
	bool probe;	 /* only to see what is there: what else would be refused is none of it */
	bool all_ways;	 /* nobody chose: uninstall then takes whatever is registered */
	unsigned ways;	 /* GT_WAY_BIT */
	const char *dir; /* NULL: this machine */
	int root;
	struct gt_own_paths own;
	/* Out. */
	struct gt_change change[GT_CHANGES_MAX];
	unsigned n_change;
	char path[GT_PATH_CAP];	  /* the file that holds the registration */
	char target[GT_PATH_CAP]; /* our program that it names now; "" */
	bool is_default;	  /* now, as the engine merges its files */
	/* Would the engine call us by this way now, all its files merged? Unknown: not asked. */
	enum gt_tri effective;
	/* The file (or the process, the unit) that decided both; "": none that is known. */
	char decided_by[GT_PATH_CAP];
	char left_in[GT_PATH_CAP]; /* what still names us when uninstall has done its work; "" */
	struct gt_buf notes;	   /* lines: what a person should know */
	struct gt_buf next;	   /* lines: what a person is to run so that it takes effect */
};
void gt_engine_job_done(struct gt_engine_job *j);

/*
 * Opens the root and finds our own programs: the first of a job, whose other inputs are set. With
 * install also checks that what is going to be named is there and can be run: -ENOENT, -ENOEXEC.
 */
GT_MUST_CHECK int gt_engine_prepare(struct gt_engine_job *j, struct gt_err *e);

/* The function of the job's engine. */
GT_MUST_CHECK int gt_engine_run(struct gt_engine_job *j, struct gt_err *e);

/* True when the change is none of bytes: of a mark alone. Pure. */
bool gt_change_keeps_bytes(const struct gt_change *c);

/*
 * Makes all changes of J or, when one fails, none: what was done is undone. Directories that are
 * missing are made and marked; those so marked are removed when they are left empty. Files are
 * replaced atomically, with owner and mode of the old one, if they still are what was read.
 */
GT_MUST_CHECK int gt_changes_apply(struct gt_engine_job *j, struct gt_err *e);

/*
 * A unified diff of three lines of context, to be read and not to be applied: the texts are shown
 * as gt_utf8_add_plain makes them, PATH as it is. A NULL text is a file that does not exist. Pure.
 */
void gt_diff(struct gt_buf *out, const char *path, const char *old, size_t old_len, const char *new,
	     size_t new_len);

#endif
