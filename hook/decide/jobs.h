/*
 * The jobs that the sandboxed worker does for the three programs, and the search for a
 * container's program that is made of them.
 */
#ifndef GOTUNE_DECIDE_JOBS_H
#define GOTUNE_DECIDE_JOBS_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"

enum gt_parse_job {
	GT_JOB_STATE,  /* in: the document -> struct gt_state */
	GT_JOB_BUNDLE, /* fd: config.json -> struct gt_bundle */
	GT_JOB_LOOK,   /* fd: a file, in: struct gt_list, its arguments -> struct gt_look */
	GT_JOB_EDITS,  /* fd: config.json, in: struct gt_plan -> struct gt_places */
	GT_JOB_EXEC,   /* fd: a process document, in: struct gt_exec_wants -> struct gt_places */
	GT_JOB_IMAGE,  /* fd: an engine's file, in: struct gt_image_ask -> struct gt_image */
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

/* Where a program is looked for. */
struct gt_find {
	struct gt_worker *parser;
	struct gt_tree tree;
	const char *cwd;
	const char *path_env;	/* NULL: none */
	struct gt_env_var *var; /* [GT_VAR_COUNT], or NULL: launchers may set some */
};

/*
 * Follows ARGV through launchers and scripts to the program that is finally run. Never fails: what
 * is unknown is in ret->note. ret->dev and ret->ino are those of the file that is exec'd first; 0
 * for a script, since its interpreter is what then runs.
 */
void gt_find_program(const struct gt_find *f, const struct gt_strv *argv, struct gt_program *ret);

#endif
