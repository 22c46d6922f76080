/*
 * The jobs that the sandboxed worker does for the three programs, and the search for a
 * container's program that is made of them.
 */
#ifndef GOTUNE_DECIDE_JOBS_H
#define GOTUNE_DECIDE_JOBS_H

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"

enum gt_parse_job {
	GT_JOB_STATE,	 /* in: the document -> struct gt_state */
	GT_JOB_BUNDLE,	 /* fd: config.json -> struct gt_bundle */
	GT_JOB_LOOK,	 /* fd: a file, in: struct gt_list, its arguments -> struct gt_look */
	GT_JOB_EDITS,	 /* fd: config.json, in: struct gt_plan -> struct gt_places */
	GT_JOB_EXEC,	 /* fd: a process document, in: struct gt_exec_wants -> struct gt_places */
	GT_JOB_IMAGE,	 /* fd: an engine's file, in: struct gt_image_ask -> struct gt_image */
	GT_JOB_NEWCOMER, /* fd: what was exec'd, in: struct gt_exec_ask -> struct gt_newcomer */
	GT_JOB_STACK,	 /* in: struct gt_exec_ask -> struct gt_stack_answer */
	GT_JOB_COUNT,
};
extern const struct gt_job gt_parse_jobs[GT_JOB_COUNT];

/* What a file with these arguments is: a program, or a launcher or script that leads to the next.
 */
struct gt_look {
	struct gt_program program; /* unless step.what is GT_LAUNCH_NEXT */
	bool script;		   /* the kernel runs another file, its interpreter */
	struct gt_launch_step step;
};

/* A program that was just exec'd; its first stack follows, stack.len bytes. */
struct gt_exec_ask {
	char exe[GT_PATH_CAP];	   /* what /proc/PID/exe names */
	struct gt_stack stack;	   /* its image pointer means nothing here */
	struct gt_barrier_job job; /* GT_JOB_STACK alone */
	bool compact;
};

/* What it is. */
struct gt_newcomer {
	struct gt_program program;
	enum gt_exec_kind kind;
	int32_t stack_error; /* 0, or why VAR is empty: -errno */
	struct gt_env_var var[GT_VAR_COUNT];
};

/* Its new stack. */
#define GT_STACK_ROOM (2 * (GT_STACK_MAX + (8u << 10)) + (4u << 10))
struct gt_stack_answer {
	struct gt_stack_new stack;
	GT_ARENA(GT_STACK_ROOM) arena;
};

/* Is all of it in its range? Both come from the parser. Pure. */
bool gt_newcomer_valid(const struct gt_newcomer *n);
bool gt_stack_answer_valid(const struct gt_stack_answer *a, const struct gt_stack *stack);

/* Where a program is looked for. */
struct gt_find {
	struct gt_worker *parser;
	struct gt_tree tree;
	const char *cwd;
	const char *path_env;	/* NULL: none */
	struct gt_env_var *var; /* [GT_VAR_COUNT], or NULL: launchers may set some */
	bool diverts_shell;	/* the environment makes shells run something else: gt_bundle */
};

/*
 * Follows ARGV through launchers and scripts to the program that is finally run. Never fails: what
 * is unknown is in ret->note. ret->predicted: a text was read on the way, or a Go program's own way
 * to read its arguments was assumed. Where a text leads to several programs it is those that exist,
 * if they are one; else GT_NOTE_AT_EXEC.
 */
void gt_find_program(const struct gt_find *f, const struct gt_strv *argv, struct gt_program *ret);

/*
 * Has the worker look at the open file FD, started with ARGV (no words: at the file alone); what
 * comes back is checked. GT_NOTE_NONE, or why there is no answer in *ret.
 */
enum gt_prog_note gt_find_look(struct gt_worker *parser, int fd, const struct gt_list *argv,
			       struct gt_look *ret);

#endif
