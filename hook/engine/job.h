/*
 * Data flows one way: an engine reads files and says what they are to hold
 * (changes); then one place shows them as a diff, or writes them all or none.
 */
#ifndef GOTUNE_ENGINE_JOB_H
#define GOTUNE_ENGINE_JOB_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/engine.h"

#define GT_ENGINE_FILE_MAX (1u << 20) /* bytes of an engine's file: a larger one is refused */

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

/* -EINVAL for a file in UTF-16: no engine reads TOML in it. PATH is for the message. Pure. */
GT_MUST_CHECK int gt_file_check_toml(const struct gt_file *f, const char *path, struct gt_err *e);

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

/* RET (GT_PATH_CAP bytes) = DIR, '/' and NAME; false when that is too long. */
bool gt_path_join(char *ret, const char *dir, const char *name);

/* True when something is at PATH. */
bool gt_path_exists(int root, const char *path);

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
 * Registers or drops GT_HOOK_JSON for the job's engine. OTHER is the title of the engine that reads
 * the same directory: each of them marks the file, and the last to go removes it.
 */
GT_MUST_CHECK int gt_engine_hookfile(struct gt_engine_job *j, const char *other, struct gt_err *e);

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
