/*
 * The decision record: writes it as JSON and as sentences, saves it, reads it back, and removes it.
 * It also keeps counters that outlive the records.
 */
#ifndef GOTUNE_RECORD_H
#define GOTUNE_RECORD_H

#include <sys/types.h>

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_RECORD_SCHEMA "gotune.record/1"
/* Below it: one file a container, its id and the suffix. */
#define GT_RECORD_CONTAINERS "containers"
#define GT_RECORD_SUFFIX     ".json"
/* Beside a record: what gotuned has changed in the running program. */
#define GT_RECORD_LIVE	  ".live"
#define GT_RECORD_DIR_CAP 48

/* A row that an earlier stage set in config.json, before the container was created. */
struct gt_earlier_row {
	char name[GT_SYSCTL_NAME_CAP];
	char kind[16];
	enum gt_reason reason;
	char value[512], before[512];
	bool has_before;
	char why[640];
};

/* All that a record says: fixed size, no pointers. */
struct gt_record {
	struct gt_facts facts;
	struct gt_plan plan;
	struct gt_outcome outcome[GT_SETTINGS_MAX];
	char message[256];    /* the one-line message of what failed, "" when nothing did */
	int64_t started_at_s; /* seconds since the epoch */
	uint32_t started_at_ns;
	uint64_t duration_us;
	bool stale_environ;
	/* An earlier stage left something to be decided at the exec; and what it put into
	 * config.json: what the plan finds there, the record says that we set it. Filled by
	 * gt_decided_earlier. */
	bool was_awaited;
	uint32_t n_earlier;
	struct gt_earlier_row earlier[GT_SETTINGS_MAX];
};

/* The record's JSON object (no trailing newline when !INDENT). Always valid JSON, whatever the
 * strings. */
void gt_record_json(const struct gt_record *r, bool indent, struct gt_buf *out);

/* The record's `program` object alone. */
struct gt_jw;
void gt_record_program(const struct gt_program *p, struct gt_jw *w);

/* One sentence on setting I: what we decided, and from which facts, with numbers and sources. */
void gt_record_why(const struct gt_record *r, uint32_t i, char *buf, size_t cap);
/* Adds a warning that the planner could not know of. */
void gt_record_warn(struct gt_record *r, enum gt_warning_id id);
/* One sentence on warning I. */
void gt_record_warning(const struct gt_record *r, uint32_t i, char *buf, size_t cap);

/* One log line: "ID: profile balanced: GOMAXPROCS=2 (cpu-quota) ...; not: GOGC (profile-null)". */
void gt_record_log_line(const struct gt_record *r, char *buf, size_t cap);

/*
 * Where records are kept by default: GT_RECORD_DIR for root. Rootless engines run hooks as their
 * user, inside a user namespace in which they are root: /run/user/UID/gotune, UID being their
 * number outside, if that /run/user/UID is theirs. -ENOENT when there is no such place: then no
 * record is kept.
 */
GT_MUST_CHECK int gt_record_dir_default(char ret[GT_RECORD_DIR_CAP]);

/* The same for user UID, whose number outside is OUTER, on the machine at ROOT (a descriptor). */
GT_MUST_CHECK int gt_record_dir_choose(int root, uid_t uid, uid_t outer,
				       char ret[GT_RECORD_DIR_CAP]);

/*
 * Opens the directory of records: GT_RECORD_DIR, or a test's. With CREATE it makes DIR and
 * containers/ below it, mode 0700. It refuses a symlink, and a directory that is not ours. Saving,
 * updating and removing are atomic, and refuse ids that gt_id_ok refuses.
 */
GT_MUST_CHECK int gt_record_dir_open(const char *dir, bool create, struct gt_err *e);
GT_MUST_CHECK int gt_record_save(int dirfd, const struct gt_record *r, struct gt_err *e);

/* As gt_record_save, but only over an existing record: -ENOENT, without a message, when it has been
 * removed since. */
GT_MUST_CHECK int gt_record_update(int dirfd, const struct gt_record *r, struct gt_err *e);

GT_MUST_CHECK int gt_record_remove(int dirfd, const char *id, struct gt_err *e);

/* Counters that outlive records, kept in DIR/counters under a lock. */
GT_MUST_CHECK int gt_record_count(int dirfd, unsigned which); /* bits 1u << enum gt_counter */
GT_MUST_CHECK int gt_record_counters(int dirfd, uint64_t ret[GT_COUNT_COUNT]);

/* How many decisions took no longer than each bound, and how long all of them took. */
#define GT_DURATIONS 11
extern const uint64_t gt_duration_bound_us[GT_DURATIONS]; /* the last is UINT64_MAX: all */
struct gt_durations {
	uint64_t within[GT_DURATIONS], sum_us;
};
/* gt_record_count of a decision that took DURATION_US. */
GT_MUST_CHECK int gt_record_count_decision(int dirfd, unsigned which, uint64_t duration_us);
GT_MUST_CHECK int gt_record_durations(int dirfd, struct gt_durations *ret);

/* ---- read back ---- */

#define GT_RECORD_MAX	   (1u << 20) /* bytes of one record */
#define GT_VIEW_FACTS_MAX  384
#define GT_VIEW_RECORD_MAX 4096 /* records that one listing looks at */

/* A row of `settings`. People read it: text too long for its field is cut. */
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
 * A record as people want to see it: words, not enumerators, so that we can also show a record of
 * another version. Large: put it on the heap.
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
	enum gt_tri cgo, predicted;
	char started_at[40];
	char drifted_at[40]; /* "": the limits are those that were decided on, as far as we know */
	char spiral_at[40];  /* "": it was in no death spiral that we know of */
	char lesson[20];     /* gt_lesson_key as 16 digits of hex; "": nothing is learned of it */
	char rollout_rule[GT_NAME_CAP], rollout_arm[16]; /* "": no rule has drawn it */
	uint64_t rollout_print;
	uint64_t duration_us;
	char message[256];
	uint32_t n_setting, n_fact, n_warning;
	uint32_t dropped; /* rows, facts and warnings that did not fit */
	uint32_t n_set, n_applied;
	/* Large, mostly unused, and therefore last: nothing touches what is beyond the numbers
	 * above. */
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

/* What gt_record_view_parse would make of R's JSON, without the JSON. Pure. */
void gt_record_view_of(const struct gt_record *r, struct gt_record_view *ret);

/*
 * Reads the record of ID below DIRFD (from gt_record_dir_open) and parses it. *ret_doc (may be
 * NULL) gets its text, freed by the caller. -ENOENT: no such record. -EINVAL also when the file's
 * record is not ID's.
 */
GT_MUST_CHECK int gt_record_view_load(int dirfd, const char *id, struct gt_record_view *ret,
				      char **ret_doc, size_t *ret_len, struct gt_err *e);

/*
 * Notes in the record of ID below DIRFD that at AT_S the container's limits were changed, or that
 * it was in a death spiral; only the first time counts. -ENOENT: there is no record. Effects:
 * rewrites the record atomically.
 */
enum gt_record_noted { GT_NOTED_DRIFT, GT_NOTED_SPIRAL };
GT_MUST_CHECK int gt_record_note(int dirfd, const char *id, enum gt_record_noted what, int64_t at_s,
				 struct gt_err *e);

/*
 * The ids of the records below DIRFD, sorted: an array and its strings in one allocation that the
 * caller frees. Other files' names are skipped. *ret_dropped (may be NULL) counts those beyond
 * GT_VIEW_RECORD_MAX.
 */
GT_MUST_CHECK int gt_record_ids(int dirfd, char (**ret)[GT_ID_MAX], uint32_t *ret_n,
				uint32_t *ret_dropped);

/*
 * The id that PREFIX stands for: the id itself, or the only one that begins with it. -ENOENT: no id
 * does, -EEXIST: more than one (the message names two), -EINVAL: "".
 */
GT_MUST_CHECK int gt_record_find(int dirfd, const char *prefix, char ret[GT_ID_MAX],
				 struct gt_err *e);

/* Seconds since the epoch of "2026-01-02T03:04:05Z" (a fraction is ignored). -EINVAL. Pure. */
GT_MUST_CHECK int gt_record_time(const char *text, int64_t *ret);

/* ---- an earlier decision ---- */

/*
 * True when an earlier stage (precreate, or gotune-runtime's create) has a record of NOW's
 * container below DIRFD, and the variables that it set are in config.json: its decision holds,
 * and its record tells more than "already set" would. False when it left anything to be decided
 * at the exec: then what it did set goes into NOW->earlier, so that the next record still tells
 * it. Reads that record.
 */
bool gt_decided_earlier(int dirfd, struct gt_record *now);

/* ---- decided on again ---- */

/* What a record says, as the planner takes it. */
struct gt_replay {
	struct gt_record rec;	       /* its facts, and what an earlier stage set; no plan yet */
	struct gt_list annotations;    /* which rec.facts.annotations is of */
	uint32_t annotations_left_out; /* by whoever wrote the record: they were too long */
	bool awaits_nothing;	       /* gt_plan_await_nothing was called then */
	struct gt_record_view was;     /* what was decided */
};

/*
 * Reads a record's JSON back into facts. Large: put *RET on the heap. -ENODATA: the record has not
 * enough facts (it is of an older version, or a list of CPUs was cut); otherwise as
 * gt_record_view_parse. Pure.
 */
GT_MUST_CHECK int gt_record_replay_parse(const char *doc, size_t len, struct gt_replay *ret,
					 struct gt_err *e);

/*
 * The bytes of the member `settings` of the record DOC, which was valid: what two decisions are
 * compared by. *ret_len 0: there is none. Pure.
 */
const char *gt_record_settings(const char *doc, size_t len, size_t *ret_len);

/* ---- is the container still there? ---- */

/*
 * True when the process of V has ended, or never came. The process is the record's pid or, if the
 * container did not run yet when we decided on it, the one in its pid file: then *ret_pid gets it
 * (0: not known). Of a record with neither only a missing bundle tells. NOW_S: seconds since the
 * epoch. Reads proc and the pid file below ROOT, a root descriptor.
 */
bool gt_record_is_gone(int root, const struct gt_record_view *v, int64_t now_s, int64_t *ret_pid);

#endif
