/*
 * containerd: what is done to the text of config.toml. Pure but for the
 * heap.
 */
#ifndef GOTUNE_ENGINE_CONTAINERD_H
#define GOTUNE_ENGINE_CONTAINERD_H

#include "gotune/base.h"
#include "job.h"
#include "sheets.h"

/* The plugin that holds CRI's runtimes, by the version of the file. */
#define GT_CRI_V2 "io.containerd.grpc.v1.cri"
#define GT_CRI_V3 "io.containerd.cri.v1.runtime"

/*
 * Appends TEXT without what install put there: our block between its two markers, and our edit of
 * default_runtime_name. Nothing else changes. -EBADMSG when a marker has lost its other one.
 */
GT_MUST_CHECK int gt_containerd_strip(const char *text, size_t len, struct gt_buf *out,
				      struct gt_err *e);

struct gt_containerd_want {
	const char *plugin;  /* GT_CRI_V2 or _V3 */
	const char *runtime; /* the path of gotune-runtime */
	bool make_default;
	unsigned add_version; /* 0: the file has one */
	/*
	 * The file has no table of runtimes: one of ours alone would take the place of the built-in
	 * one, and with it runc's (1.x, where a map is replaced, not merged).
	 */
	bool add_runc;
};

/*
 * Appends TEXT (stripped) without a handler "gotune" that runs our runtime, as another tool leaves
 * it that has read the file and written it anew, without comments: its tables go, and a default
 * that names it becomes that of BACKUP (NULL: there is none) or goes. Without such a handler TEXT
 * is appended as it is. What comes out is parsed, and has to be the old tree without ours:
 * otherwise -EBADMSG.
 */
GT_MUST_CHECK int gt_containerd_take_out(const char *text, size_t len, const char *backup,
					 size_t backup_len, struct gt_buf *out, struct gt_err *e);

/* JSON without the member at PATH, and without the objects around it that BASE does not have. */
GT_MUST_CHECK int gt_containerd_drop(struct gt_buf *json, const struct gt_buf *base,
				     const char *const *path, unsigned n, struct gt_err *e);

/* ---- which files there are, and what they come to (containerd_conf.c) ---- */

#define GT_CONTAINERD_CONFIG "/etc/containerd/config.toml"

/* Where containerd's own file is: as its unit or what runs says, else the usual place. *ret_where
 * (GT_PATH_CAP) is what said so, or "". */
GT_MUST_CHECK int gt_containerd_find(const struct gt_engine_job *j, char *ret, char *ret_where,
				     struct gt_err *e);

struct gt_containerd_conf {
	struct gt_sheets layers;	 /* the file, if it is there, and what it imports */
	struct gt_buf json;		 /* as containerd 2.x merges them */
	struct gt_buf json_1;		 /* as 1.x does, which reads version 2 alone; else empty */
	int64_t version;		 /* of the file itself; 0: none */
	const char *plugin;		 /* that has CRI's runtimes in JSON */
	char disables[GT_PATH_CAP];	 /* a file that disables CRI; "" */
	char other_version[GT_PATH_CAP]; /* an import whose CRI section old releases leave out; ""
					  */
	char missing[GT_PATH_CAP];	 /* an import that is not there; "" */
	char broken[GT_PATH_CAP];	 /* one that was left out, being no TOML; "" */
	struct gt_err why_broken;
	/* The directories whose files the file imports by a pattern: pairs, directory and pattern.
	 */
	struct gt_list imported;
};
void gt_containerd_conf_free(struct gt_containerd_conf *c);

/* Reads CONFIG and its imports. *ret is freed with gt_containerd_conf_free. */
GT_MUST_CHECK int gt_containerd_read(const struct gt_view *v, const char *config,
				     struct gt_containerd_conf **ret, struct gt_err *e);

/* Does each release that reads these files take our handler's program from them, and our default?
 * PROGRAM (GT_PATH_CAP) is the path that it runs. */
bool gt_containerd_has_us(const struct gt_containerd_conf *c, char *program);
bool gt_containerd_defaults_to_us(const struct gt_containerd_conf *c);
/* Does any of them take a default of that name, and have no such handler? */
bool gt_containerd_misses_us(const struct gt_containerd_conf *c);
/* The last file with a word on the default, with DEF, or on the runtimes; "" when there is none. */
const char *gt_containerd_last(const struct gt_containerd_conf *c, bool def);
/* True when a table default_runtime is what 1.x starts by default, whatever its name says. */
bool gt_containerd_has_old_default(const struct gt_buf *json, const char *plugin);

/* The runtime that the tables were copied from. */
struct gt_containerd_real {
	char name[256];
	char program[GT_PATH_CAP]; /* its BinaryName; "": the built-in one */
};

/*
 * The tables of the handler "gotune", with what JSON (the merged configuration) has for its default
 * runtime. *ret_note (256 bytes) says what a person should know, or is "".
 */
GT_MUST_CHECK int gt_containerd_tables(const struct gt_buf *json,
				       const struct gt_containerd_want *w, struct gt_buf *out,
				       struct gt_containerd_real *ret_real, char *ret_note,
				       struct gt_err *e);

/*
 * Appends the stripped file BASE with our block (TABLES between markers) and, if wanted, our
 * default. What comes out is parsed, and has to be the old tree and ours: otherwise -EBADMSG.
 */
GT_MUST_CHECK int gt_containerd_add(const struct gt_buf *base, const struct gt_buf *tables,
				    const struct gt_containerd_want *w, struct gt_buf *out,
				    struct gt_err *e);

#endif
