/*
 * L4 engines, their own. Data flows one way: an engine reads files and says what they are to hold
 * (changes); then one place shows them as a diff, or writes them all or none.
 */
#ifndef GOTUNE_ENGINE_JOB_H
#define GOTUNE_ENGINE_JOB_H

#include <sys/stat.h>

#include "gotune/engines.h"
#include "gotune/str.h"

#define GT_ENGINE_FILE_MAX (1u << 20) /* bytes of an engine's file: more is none */

/* A file as it is. */
struct gt_file {
	char path[GT_PATH_CAP]; /* below the root: "/etc/docker/daemon.json" */
	bool exists;
	char *text; /* NUL-terminated, owned; "" when it does not exist */
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
	enum gt_eng engine;
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
	bool is_default;	  /* now */
	struct gt_buf notes;	  /* lines: what a person should know */
	struct gt_buf next;	  /* lines: what a person is to run so that it takes effect */
};
void gt_engine_job_done(struct gt_engine_job *j);

/* What an engine's file does: fills change, path, target, is_default, notes, next. Errors are
 * refusals with a message that names the file; nothing has been written. */
typedef int (*gt_engine_fn)(struct gt_engine_job *j, struct gt_err *e);
GT_MUST_CHECK int gt_engine_docker(struct gt_engine_job *j, struct gt_err *e);
GT_MUST_CHECK int gt_engine_podman(struct gt_engine_job *j, struct gt_err *e);
GT_MUST_CHECK int gt_engine_crio(struct gt_engine_job *j, struct gt_err *e);
GT_MUST_CHECK int gt_engine_containerd(struct gt_engine_job *j, struct gt_err *e);
GT_MUST_CHECK int gt_engine_cdi(struct gt_engine_job *j, struct gt_err *e);

/*
 * Opens the root and finds our own programs: the first of a job, whose other inputs are set. With
 * install also checks that what is going to be named is there and can be run: -ENOENT, -ENOEXEC.
 */
GT_MUST_CHECK int gt_engine_prepare(struct gt_engine_job *j, struct gt_err *e);

/* The function of the job's engine. */
GT_MUST_CHECK int gt_engine_run(struct gt_engine_job *j, struct gt_err *e);

/* True when a change of the job is one of bytes, not of marks alone. */
bool gt_engine_changes_bytes(const struct gt_engine_job *j);

/* --- files (engine/files.c) --------------------------------------------------------------------
 */

/*
 * Reads PATH below ROOT. Not there: exists is false, no error. A symlink as the last part (said
 * where it points), what is no regular file, and more than GT_ENGINE_FILE_MAX: refused. *ret is
 * freed by gt_file_done.
 */
GT_MUST_CHECK int gt_file_read(int root, const char *path, struct gt_file *ret, struct gt_err *e);

/* As gt_file_read, for a file that is only read: a symlink is followed. */
GT_MUST_CHECK int gt_file_read_linked(int root, const char *path, struct gt_file *ret,
				      struct gt_err *e);

/* The change of F (taken over, whatever happens) to TEXT (copied), or its removal; none when it is
 * that already. -ENOMEM. */
GT_MUST_CHECK int gt_change_to(struct gt_engine_job *j, struct gt_file *f, const char *text,
			       size_t len, struct gt_err *e);
GT_MUST_CHECK int gt_change_remove(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e);

/* A copy of F beside it, with GT_BACKUP at its name's end, over an older one. */
GT_MUST_CHECK int gt_change_backup(struct gt_engine_job *j, const struct gt_file *f,
				   struct gt_err *e);

/* The copy of the file at PATH; exists is false when there is none. */
GT_MUST_CHECK int gt_backup_read(int root, const char *path, struct gt_file *ret, struct gt_err *e);

/* Is what B holds TEXT, byte for byte? Pure. */
bool gt_buf_is(const struct gt_buf *b, const char *text, size_t len);

/* True when the change is none of bytes: of a mark alone. Pure. */
bool gt_change_keeps_bytes(const struct gt_change *c);

/* The names in DIR that end in SUFFIX and begin with no dot, sorted; none when there is no DIR. */
GT_MUST_CHECK int gt_dir_names(int root, const char *dir, const char *suffix, struct gt_strv *ret);

/* RET (GT_PATH_CAP bytes) = DIR, '/' and NAME; false when that is too long. */
bool gt_path_join(char *ret, const char *dir, const char *name);

/* True when something is at PATH. */
bool gt_path_exists(int root, const char *path);

/* --- carrying out (engine/apply.c, engine/diff.c) ----------------------------------------------
 */

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

/* --- the hooks JSON of Podman and CRI-O (engine/hookfile.c) ------------------------------------
 */

#define GT_HOOK_JSON "/usr/share/containers/oci/hooks.d/oci-gotune-hook.json"

/* Appends a hook of version 1.0.0 that always matches; ARG and SECOND_STAGE may be NULL. Pure. */
void gt_hook_json(struct gt_buf *out, const char *hook, const char *arg, const char *stage,
		  const char *second_stage);

/* The first string under a key "path" of a JSON text: what a hooks file or a CDI spec runs. "" when
 * there is none. Pure. */
void gt_hook_path(const char *text, size_t len, char *ret, size_t cap);

/*
 * Registers or drops GT_HOOK_JSON for the job's engine. Podman and CRI-O read the same directory:
 * each of them marks the file, and the last to go removes it.
 */
GT_MUST_CHECK int gt_engine_hookfile(struct gt_engine_job *j, struct gt_err *e);

/* --- TOML (engine/toml.c) -----------------------------------------------------------------------
 */

/* Reads PATH below ROOT and appends it to RET as JSON; nothing when it is not there. -EINVAL with
 * "PATH:LINE:COLUMN: ..." when it is no TOML, and as gt_file_read_linked. */
GT_MUST_CHECK int gt_toml_read(int root, const char *path, struct gt_buf *ret, struct gt_err *e);

/* The string at PATH of a JSON text, "" when there is none or it does not fit. Pure. */
void gt_toml_string(const struct gt_buf *json, const char *const *path, unsigned n, char *ret,
		    size_t cap);

/*
 * Appends the members of the JSON object at PATH of JSON as TOML lines: first the plain ones, then
 * each object as a table "[HEADER.key]". Those that SKIP (a list ended by NULL) names, "key" or
 * "key.key", are left out. What is deeper than that, and an array of objects, is -EBADMSG.
 */
GT_MUST_CHECK int gt_toml_copy(const struct gt_buf *json, const char *const *path, unsigned n,
			       const char *header, const char *const *skip, struct gt_buf *plain,
			       struct gt_buf *tables, struct gt_err *e);

/* Appends S as a TOML string, which is a JSON string. */
void gt_toml_quote(struct gt_buf *out, const char *s);

/* --- notes --------------------------------------------------------------------------------------
 */

void gt_engine_note(struct gt_engine_job *j, const char *fmt, ...) GT_PRINTF(2, 3);
void gt_engine_next(struct gt_engine_job *j, const char *fmt, ...) GT_PRINTF(2, 3);

/* True when the string names our runtime or hook: its last part is gotune-runtime. */
bool gt_is_our_runtime(const char *path);

#endif
