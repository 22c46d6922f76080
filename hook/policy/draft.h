/*
 * What the files of policy/ share.
 *
 * We read a policy file into a copy of what we have read so far. If the file is valid, the copy
 * becomes the policy. Otherwise we mark all that the file would have changed as broken.
 */
#ifndef GOTUNE_POLICY_DRAFT_H
#define GOTUNE_POLICY_DRAFT_H

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_RULES_MAX	1024
#define GT_PROFILES_MAX 128

/* A profile as the files have it: it inherits in the end what no file sets. */
struct gt_raw_profile {
	struct gt_profile v;
	bool set[GT_PK_COUNT];
	bool sysctl_cleared; /* "sysctl": null: nothing is inherited */
	bool touched;	     /* by the file that is being read */
	uint8_t inherits_layer;
	struct gt_json_pos inherits_pos;
};

/* A rule with room for its texts. */
struct gt_rule_draft {
	char name[GT_NAME_CAP];
	bool broken;
	char image[256], command[256], cgroup[256], engine[32];
	struct {
		char key[128], value[128];
	} annotation[GT_RULE_ANNOTATIONS_MAX];
	uint32_t n_annotation;
	char profile[GT_NAME_CAP];
	bool has_mode;
	enum gt_mode mode;
	uint32_t rollout_percent;
	uint8_t layer;
};

struct gt_raw_rule {
	struct gt_rule_draft v;
	bool touched, match_broken;
	struct gt_json_pos profile_pos;
};

/* What has been read so far. */
struct gt_draft {
	struct gt_policy top;		/* without its arrays */
	struct gt_raw_profile *profile; /* owned */
	uint32_t n_profile;
	struct gt_raw_rule *rule; /* owned */
	uint32_t n_rule;
	struct gt_json_pos default_pos;
};

/* One file that is being read. */
struct gt_policy_reader {
	struct gt_draft *d;
	uint8_t layer;
	const char *doc;
	size_t len;
	struct gt_json_pos at;		/* the last place that gt_policy_place found */
	struct gt_raw_profile *profile; /* inside "profiles": the current one, of D */
	struct gt_raw_rule rule;	/* inside "rules": the current one */
	bool in_rule;
	unsigned n_fault; /* ERROR is the first */
	bool all_broken;  /* a fault governs every container */
	char error[256];
};

/*
 * Notes that something is invalid at byte OFFSET. Returns 0, so that reading goes on: the rest of
 * the file tells what else it would have governed.
 */
int gt_policy_fault(struct gt_policy_reader *rd, size_t offset, const char *fmt, ...)
	GT_PRINTF(3, 4);

/* Where EV begins. Call it for events in their order. */
struct gt_json_pos gt_policy_place(struct gt_policy_reader *rd, const struct gt_json_event *ev);

/* Notes a fault at EV, and begins it with EV's path. */
int gt_policy_fault_at(struct gt_policy_reader *rd, const struct gt_json_event *ev, const char *fmt,
		       ...) GT_PRINTF(3, 4);

/* EV without its first N steps. */
struct gt_json_event gt_policy_below(const struct gt_json_event *ev, unsigned n);

/* Each takes one event, notes faults in RD, and returns 0 or -ENOMEM. */
GT_MUST_CHECK int gt_policy_take_top(struct gt_policy_reader *rd, const struct gt_json_event *ev);
GT_MUST_CHECK int gt_policy_take_profile(struct gt_policy_reader *rd,
					 const struct gt_json_event *ev);
GT_MUST_CHECK int gt_policy_take_rule(struct gt_policy_reader *rd, const struct gt_json_event *ev);

/* Each reads a plain value: 1 when it is stored, 0 when it is invalid, which RD then says. */
int gt_policy_text(struct gt_policy_reader *rd, const struct gt_json_event *ev, char *dst,
		   size_t cap);
int gt_policy_word(struct gt_policy_reader *rd, const struct gt_json_event *ev,
		   const struct gt_words *words, unsigned *ret);
int gt_policy_number(struct gt_policy_reader *rd, const struct gt_json_event *ev, uint64_t min,
		     uint64_t max, uint64_t *ret);
bool gt_policy_name_ok(const char *s, size_t len); /* of a profile or rule */

/*
 * Reads one document as layer LAYER. A valid one is merged into *D. An invalid one leaves marks in
 * *D of what it would have governed, and ret_error says what is wrong. 0 or -ENOMEM.
 */
GT_MUST_CHECK int gt_policy_read_layer(struct gt_draft *d, uint8_t layer, const char *doc,
				       size_t len, char *ret_error, size_t cap);

/*
 * Makes the policy from what was read: profiles inherit, and names that nobody defined are faults.
 * LAYER: the N files that were read, of which the faulty ones are marked; the policy has a copy.
 * *RET is overwritten, and freed with gt_policy_done. 0 or -ENOMEM.
 */
GT_MUST_CHECK int gt_policy_resolve(const struct gt_draft *d, struct gt_layer *layer, uint32_t n,
				    struct gt_policy *ret);

void gt_draft_done(struct gt_draft *d);
GT_MUST_CHECK int gt_draft_copy(const struct gt_draft *from, struct gt_draft *ret);

/* The JSON text of the built-in defaults. */
extern const char gt_policy_builtin_json[];

/* The keys of a profile: one table for reading, inheriting and printing. */
enum gt_pk_type {
	GT_PKT_TEXT,
	GT_PKT_OBJECT, /* a bool: true for an object, false for null */
	GT_PKT_WORD,
	GT_PKT_BOOL,
	GT_PKT_U32,
	GT_PKT_U64,
	GT_PKT_I32,
	GT_PKT_BYTES, /* uint64_t; also "64MiB" */
	GT_PKT_GODEBUG,
	GT_PKT_SYSCTL,
};
struct gt_pk {
	const char *path; /* below the profile */
	enum gt_pk_type type;
	size_t off, size;
	uint64_t min, max;
	const struct gt_words *words;
	bool nullable;
	int64_t null; /* the number that null stands for */
};
extern const struct gt_pk gt_pk_table[GT_PK_COUNT];

/* The number of a numeric key of P; *ret_null when it stands for null. */
uint64_t gt_pk_number(const struct gt_profile *p, enum gt_profile_key k, bool *ret_null);

#endif
