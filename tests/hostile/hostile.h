/*
 * A test build of the hook, of gotune-runtime and of gotune-nri in which one job answers like one
 * that was taken over: see hostile.c. Test code: it may keep what it was told in statics.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "decide/jobs.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"

/* One job: its name on the command line, its answer, what can be wrong with it. */
enum target {
	TARGET_STATE,
	TARGET_BUNDLE,
	TARGET_LOOK,
	TARGET_EDITS,
	TARGET_EXEC,
	TARGET_IMAGE,
	TARGET_SYSCTL_READ,
	TARGET_SYSCTL_WRITE,
	TARGET_NEWCOMER,
	TARGET_STACK,
	TARGET_NRI_REQUEST,
	TARGET_NRI_RESPONSE,
	TARGET_NRI_MOUNTS,
	TARGET_COUNT,
};
extern const char *const target_name[TARGET_COUNT];

enum kind { KIND_BOOL, KIND_NUMBER, KIND_TEXT, KIND_VECTOR, KIND_ARENA };
struct field {
	const char *name;
	size_t at, len;
	enum kind kind;
};
struct fields {
	const struct field *field;
	size_t n;
};

/* The container that must not notice: strings are "" and the pid 0 when there is none. */
struct bystander {
	int pid;
	char id[128], bundle[256], cgroup[256];
};
extern struct bystander bystander;

/* A question that a job is asked, which it may exchange for another, and the room of its answer. */
struct ask {
	int fd;
	const void *in;
	size_t in_len;
	void *ret;
	size_t ret_len;
};

/* A crafted answer. INSTEAD: FN answers itself (0 or -errno); else it changes the true answer. */
struct attack {
	const char *name;
	void (*change)(void *ret);
	int (*instead)(gt_job_fn real, const struct ask *q, struct gt_err *e);
	bool own; /* the container's own program or settings may come to harm, and nothing else */
};
struct attacks {
	const struct attack *attack;
	size_t n;
};
struct attacks attacks_on(enum target t);
struct attacks attacks_on_bundle(void);
struct attacks attacks_on_nri(enum target t);

#define CHANGE(name, fn)                  \
	{                                 \
		(name), (fn), NULL, false \
	}
#define CHANGE_OWN(name, fn)             \
	{                                \
		(name), (fn), NULL, true \
	}
#define INSTEAD(name, fn, own)            \
	{                                 \
		(name), NULL, (fn), (own) \
	}

/* The text is ours, or the driver's: it fits. */
#define SET(to, from) (void)gt_copy_str((to), sizeof(to), (from))

static inline void add_pair(struct gt_strv *v, const char *key, const char *value)
{
	(void)gt_strv_add_pair(v, key, strlen(key), value, strlen(value));
}

static inline void set_only(struct gt_strv *v, const char *text)
{
	gt_strv_clear(v);
	(void)gt_strv_add(v, text, strlen(text));
}

/* Everything that can be asked for, and what cannot. */
void ask_for_all(struct gt_strv *to);

/* Fills TO with the text of number WHICH; the last two do not end, or only just. */
#define HOSTILE_TEXTS 8
void set_hostile_text(char *to, size_t cap, size_t which);

/* The fields of a target's answer; none for one that is bytes to us. */
struct fields fields_of(enum target t);
struct fields fields_of_nri(enum target t);

/* Does what NAME says to the true answer, by bytes or by a field. False: no such name. */
bool change_bytes(const char *name, void *ret, size_t len);
bool change_field(enum target t, const char *name, void *ret);

/* Does what NAME says instead of answering; may not return. False: no such name. */
bool misbehave(const char *name, struct gt_err *e, int *ret);

/* Prints the names, one a line. */
void list_bytes(const char *target, unsigned seeds);
void list_fields(enum target t);
void list_misbehaviour(const char *target, bool may_open);

#endif
