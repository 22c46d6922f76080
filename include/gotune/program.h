/*
 * What a program is: an ELF file, a script, or a launcher that leads to the next. Parsed by
 * functions that take a descriptor and fill a fixed-size struct: they run in the sandboxed worker.
 */
#ifndef GOTUNE_PROGRAM_H
#define GOTUNE_PROGRAM_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"

/*
 * ELF and Go build info of the regular file FD (any size, any content). Never fails: what is wrong
 * is in ret->note. Reads at most 64 MiB in all. path, via, dev and ino stay empty.
 * Source: Go src/debug/buildinfo, src/cmd/link/internal/ld/data.go (buildinfo).
 */
void gt_program_elf(int fd, struct gt_program *ret);

/* What to look at next when the file or the arguments are a launcher's. */
enum gt_launch {
	GT_LAUNCH_NONE,	     /* argv[0] is the program itself */
	GT_LAUNCH_NEXT,	     /* look at ret->argv instead */
	GT_LAUNCH_UNCERTAIN, /* a launcher whose target is not certain */
};
struct gt_launch_step {
	enum gt_launch what;
	char name[64];	     /* the launcher's name, for `via` */
	struct gt_strv argv; /* the next program and its arguments */
	struct gt_strv env;  /* pairs that an `env VAR=…` launcher adds */
	GT_ARENA(GT_STRV_CAP + 8192) arena;
};

/* Makes the vectors of S empty. */
void gt_launch_init(struct gt_launch_step *s);

/*
 * tini, dumb-init, catatonit, docker-init, su-exec, gosu, env, nice, sh -c 'exec PROG', busybox sh
 * ...: the command that ARGV finally runs, one step. Certain only where every option is known and
 * no expansion is involved. Pure.
 */
void gt_program_argv(const struct gt_strv *argv, struct gt_launch_step *ret);

/*
 * A `#!` script in FD (its first 64 KiB), started with ARGV: sh, bash, dash, ash scripts that end
 * in `exec PROG [ARG|"$@"]…` with nothing in them that makes it uncertain (conditions, loops,
 * functions, expansion in PROG, source).
 */
void gt_program_script(int fd, const struct gt_strv *argv, struct gt_launch_step *ret);

/* Does FD start with "#!"? */
bool gt_program_is_script(int fd);

/* Where a container's files are. */
struct gt_tree {
	int rootfs;		      /* directory descriptor */
	const struct gt_strv *mounts; /* pairs, as in gt_bundle; NULL: they are on the rootfs */
	const char *bundle;	      /* where relative sources are */
};

/*
 * The regular file PATH (absolute, or below the root) of the container; as gt_root_open_file.
 * -EXDEV: whether a mount hides it cannot be told, or a link leads out of a mount.
 */
GT_MUST_CHECK int gt_tree_open_file(const struct gt_tree *t, const char *path, struct stat *ret_st);

/*
 * Finds args[0] as execvp in the container would: absolute, relative to CWD, or on PATH. *ret_path
 * is the path that was found. Returns a descriptor of a regular file or -errno (as
 * gt_tree_open_file; -EINVAL for an empty name, -ENOTSUP for a relative PATH entry).
 */
GT_MUST_CHECK int gt_program_resolve(const struct gt_tree *t, const char *arg0, const char *cwd,
				     const char *path_env, char ret_path[GT_PATH_CAP],
				     struct stat *ret_st);

#endif
