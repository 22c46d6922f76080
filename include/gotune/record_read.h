/*
 * L2 stage record: a saved record read back, for `gotune list` and `gotune show`. Records are the
 * host's, but they quote images: every string is hostile text, every size is bounded.
 */
#ifndef GOTUNE_RECORD_READ_H
#define GOTUNE_RECORD_READ_H

#include "gotune/err.h"
#include "gotune/plan.h"
#include "gotune/str.h"

#define GT_RECORD_MAX	   (1u << 20) /* bytes of one record */
#define GT_VIEW_FACTS_MAX  384
#define GT_VIEW_RECORD_MAX 4096 /* records that one listing looks at */

/* A row of `settings`. Text too long for its field is cut: this is for reading. */
struct gt_view_setting {
	char name[GT_SYSCTL_NAME_CAP];
	char kind[16], verdict[16], reason[40];
	char value[512], before[512];
	char why[640], error[160];
	bool has_before;
	enum gt_tri applied;
};

/* A fact as text: "8", "0-7", "yes". The key of a nested fact is joined by '.'. */
struct gt_view_fact {
	char key[80];
	char value[256], source[GT_WHERE_CAP];
};

/*
 * A record as a person or a table wants it: words, not enumerators, so that a record of another
 * version can be shown as well. Large: on the heap.
 */
struct gt_record_view {
	char schema[40];
	char id[GT_ID_MAX];
	char bundle[GT_PATH_CAP];
	char engine[32], runtime[32], stage[16], mode[16];
	char profile[GT_NAME_CAP], rule[GT_NAME_CAP];
	char image[256];
	int64_t pid;	    /* 0: not known */
	uint64_t pid_start; /* 0: not known */
	char pid_file[GT_PATH_CAP];
	char path[GT_PATH_CAP], program_kind[16], go[64], main_path[256], via[256], note[40];
	char automaxprocs[64], automemlimit[64];
	enum gt_tri cgo;
	char started_at[40];
	char drifted_at[40]; /* "": the limits are those that were decided on, as far as we know */
	uint64_t duration_us;
	char message[256];
	uint32_t n_setting, n_fact, n_warning;
	uint32_t dropped; /* rows, facts and warnings that did not fit */
	uint32_t n_set, n_applied;
	/* Large, mostly unused, and therefore last: what is beyond the numbers above is not
	 * touched.
	 */
	struct gt_view_setting setting[GT_SETTINGS_MAX];
	struct gt_view_fact fact[GT_VIEW_FACTS_MAX];
	char warning[GT_WARNINGS_MAX][640];
};

/*
 * Reads a record's JSON. -EINVAL: not JSON, or not a record of ours (its schema says so), -E2BIG,
 * -ENOMEM; the message names no file. Pure.
 */
GT_MUST_CHECK int gt_record_view_parse(const char *doc, size_t len, struct gt_record_view *ret,
				       struct gt_err *e);

/*
 * Reads the record of ID below DIRFD (from gt_record_dir_open) and parses it. *ret_doc (may be
 * NULL) gets its text, freed by the caller. -ENOENT: no such record. -EINVAL also when the file's
 * record is not ID's.
 */
GT_MUST_CHECK int gt_record_view_load(int dirfd, const char *id, struct gt_record_view *ret,
				      char **ret_doc, size_t *ret_len, struct gt_err *e);

/*
 * Notes in the record of ID below DIRFD that the container's limits were changed at AT_S: the first
 * time counts. -ENOENT: there is no record. Effects: rewrites the record atomically.
 */
GT_MUST_CHECK int gt_record_drift(int dirfd, const char *id, int64_t at_s, struct gt_err *e);

/*
 * The ids of the records below DIRFD, sorted: an array and its strings in one allocation that the
 * caller frees. Names that cannot be an id's file are passed over. *ret_dropped (may be NULL)
 * counts those beyond GT_VIEW_RECORD_MAX.
 */
GT_MUST_CHECK int gt_record_ids(int dirfd, char (**ret)[GT_ID_MAX], uint32_t *ret_n,
				uint32_t *ret_dropped);

/*
 * The id that PREFIX stands for: the id itself, or the only one that begins with it. -ENOENT: none,
 * -EEXIST: more than one (the message names two), -EINVAL: "".
 */
GT_MUST_CHECK int gt_record_find(int dirfd, const char *prefix, char ret[GT_ID_MAX],
				 struct gt_err *e);

/* Seconds since the epoch of "2026-01-02T03:04:05Z" (a fraction is passed over). -EINVAL. Pure. */
GT_MUST_CHECK int gt_record_time(const char *text, int64_t *ret);

#endif
