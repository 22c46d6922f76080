/*
 * The part of a record that is there to be decided on again.
 */
#ifndef GOTUNE_RECORD_REPLAY_H
#define GOTUNE_RECORD_REPLAY_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

#define GT_REPLAY_VERSION 1

/*
 * What stands in a record's `replay` object as one member each, if it is not zero; lists of them
 * have their own functions. Beside it, what `facts` and `program` have is read from there.
 */
enum gt_replay_type {
	GT_REPLAY_TEXT,
	GT_REPLAY_BOOL,
	GT_REPLAY_ENUM, /* a number below CAP */
	GT_REPLAY_FACT, /* struct gt_fact: [number, source] */
};
struct gt_replay_field {
	const char *key;
	enum gt_replay_type type;
	size_t off, cap; /* in struct gt_facts */
};
extern const struct gt_replay_field gt_replay_fields[];
extern const unsigned gt_n_replay_fields;

/* A container's annotations are kept as far as they are short: rules look at names and labels. */
#define GT_REPLAY_ANNOTATION_MAX  160
#define GT_REPLAY_ANNOTATIONS_MAX 2048

/* Which CPUs share a core: for each distance to the lowest of them, the CPUs. At most that many
 * distances, as a processor has threads a core. */
#define GT_REPLAY_SMT_MAX 8

/* Writes the `replay` object of R. */
void gt_record_write_replay(const struct gt_record *r, struct gt_jw *w);

#endif
