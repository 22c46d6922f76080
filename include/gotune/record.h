/*
 * L2 stage record: the decision record as JSON, as a table, as sentences; and the directory of
 * records, /run/gotune/containers.
 */
#ifndef GOTUNE_RECORD_H
#define GOTUNE_RECORD_H

#include <sys/types.h>

#include "gotune/err.h"
#include "gotune/paths.h"
#include "gotune/plan.h"
#include "gotune/str.h"

#define GT_RECORD_SCHEMA "gotune.record/1"
/* Below it: one file a container, its id and the suffix. */
#define GT_RECORD_CONTAINERS "containers"
#define GT_RECORD_SUFFIX     ".json"
#define GT_RECORD_DIR_CAP    48

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
};

/* The record's JSON object (no trailing newline when !INDENT). Always valid JSON, whatever the
 * strings. */
void gt_record_json(const struct gt_record *r, bool indent, struct gt_buf *out);

/* The record's `program` object alone. */
struct gt_jw;
void gt_record_program(const struct gt_program *p, struct gt_jw *w);

/* One sentence on setting I: what was decided and from which fact, with numbers and sources. */
void gt_record_why(const struct gt_record *r, uint32_t i, char *buf, size_t cap);
/* One sentence on warning I. */
void gt_record_warning(const struct gt_record *r, uint32_t i, char *buf, size_t cap);

/* One log line: "ID: profile balanced: GOMAXPROCS=2 (cpu-quota) ...; not: GOGC (profile-null)". */
void gt_record_log_line(const struct gt_record *r, char *buf, size_t cap);

/*
 * Where records are kept by default: GT_RECORD_DIR for root. Rootless engines run hooks as their
 * user, inside a user namespace in which he is root: /run/user/UID/gotune, UID being his number
 * outside, if that /run/user/UID is his. -ENOENT when there is no such place: then no record is
 * kept.
 */
GT_MUST_CHECK int gt_record_dir_default(char ret[GT_RECORD_DIR_CAP]);

/* The same for user UID, whose number outside is OUTER, on the machine at ROOT (a descriptor). */
GT_MUST_CHECK int gt_record_dir_choose(int root, uid_t uid, uid_t outer,
				       char ret[GT_RECORD_DIR_CAP]);

/*
 * The directory of records. DIR is GT_RECORD_DIR or a test's; containers/ below it is made
 * 0700 when missing, and refused when it is a symlink or not ours. All are atomic; IDs are checked
 * with the same rule as gt_id_ok.
 */
GT_MUST_CHECK int gt_record_dir_open(const char *dir, bool create, struct gt_err *e);
GT_MUST_CHECK int gt_record_save(int dirfd, const struct gt_record *r, struct gt_err *e);

/* As gt_record_save, but only over a record that is there: -ENOENT, without a message, when it has
 * been removed since. */
GT_MUST_CHECK int gt_record_update(int dirfd, const struct gt_record *r, struct gt_err *e);

GT_MUST_CHECK int gt_record_remove(int dirfd, const char *id, struct gt_err *e);

/* Counters that outlive records: decided, tuned, failed. Kept in DIR/counters under a lock. */
enum gt_counter { GT_COUNT_DECIDED, GT_COUNT_TUNED, GT_COUNT_FAILED, GT_COUNT_COUNT };
GT_MUST_CHECK int gt_record_count(int dirfd, unsigned which); /* bits 1u << enum gt_counter */
GT_MUST_CHECK int gt_record_counters(int dirfd, uint64_t ret[GT_COUNT_COUNT]);

#endif
