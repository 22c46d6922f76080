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
 * is in ret->note. Reads at most 64 MiB in all. path and via stay empty.
 * Source: Go src/debug/buildinfo, src/cmd/link/internal/ld/data.go (buildinfo).
 */
void gt_program_elf(int fd, struct gt_program *ret);

/* Which parts of a file were read. */
#define GT_PROGRAM_PAGES_MAX 64
struct gt_program_pages {
	uint32_t n;
	bool too_many; /* there were more */
	struct {
		uint64_t off, len;
	} page[GT_PROGRAM_PAGES_MAX];
};

/* As gt_program_elf, and says of which parts of the file it was told: a copy that has them, and a
 * hole for every other byte, is told the same of. Overwrites *ret_pages. */
void gt_program_elf_pages(int fd, struct gt_program *ret, struct gt_program_pages *ret_pages);

/* Are the numbers of P, which crossed a pipe, within their ranges? Pure. */
bool gt_program_pages_valid(const struct gt_program_pages *p);

/*
 * Does the Go program in FD, which P says it is, link syscall.Exec? By the names of its functions,
 * which strip leaves there. Reads at most 16 MiB. GT_UNKNOWN: P is no Go program, the names were
 * not found (packed, obfuscated, a newer form), or they are more than that. What C code in it may
 * call, and a system call made by its number, are not seen.
 */
enum gt_tri gt_program_can_exec(int fd, const struct gt_program *p);

/* What to look at next when the file or the arguments are a launcher's. */
enum gt_launch {
	GT_LAUNCH_NONE,	     /* argv[0] is the program itself */
	GT_LAUNCH_NEXT,	     /* look at ret->argv instead */
	GT_LAUNCH_UNCERTAIN, /* a launcher whose target is not certain */
};
#define GT_LAUNCH_MAX 6u /* commands that one text may lead to */
struct gt_launch_step {
	enum gt_launch what;
	bool predicted;	 /* a text was read, or how a Go program reads its arguments was assumed */
	char name[64];	 /* the launcher's name, for `via` */
	uint32_t n_argv; /* more than one: those that exist must be the same program */
	struct gt_strv argv[GT_LAUNCH_MAX]; /* the next program and its arguments */
	struct gt_strv env;		    /* pairs that are added to the environment */
	GT_ARENA(GT_STRV_CAP + 8192) arena;
};

/* Makes S a step to nowhere: GT_LAUNCH_NONE, with empty vectors. The name is left. */
void gt_launch_init(struct gt_launch_step *s);

/*
 * tini, dumb-init, catatonit, docker-init, su-exec, gosu, env, nice, busybox sh ...: the command
 * that ARGV finally runs, one step. Where every option is known it is certain; of a shell's text
 * (sh -c TEXT) it is predicted. A word of the answer may have a '\1' for what is not known. Pure,
 * but for the heap.
 */
void gt_program_argv(const struct gt_strv *argv, struct gt_launch_step *ret);

/*
 * The same for the Go program P, started with ARGV: what follows "--", or its operands. Predicted,
 * where P is a launcher (gt_program_exec_kind); else GT_LAUNCH_NONE. Pure.
 */
void gt_program_go_argv(const struct gt_program *p, const struct gt_strv *argv,
			struct gt_launch_step *ret);

/*
 * A `#!` script in FD (its first 64 KiB), started with ARGV: what a script of sh, bash, dash or ash
 * finally runs, predicted.
 */
void gt_program_script(int fd, const struct gt_strv *argv, struct gt_launch_step *ret);

/* Does FD start with "#!"? */
bool gt_program_is_script(int fd);

/* What a file is to somebody who waits for the program that counts. */
enum gt_exec_kind {
	GT_EXEC_OTHER,
	GT_EXEC_GO,
	GT_EXEC_LEADS_ON, /* a shell, an interpreter, a launcher, a supervisor: it starts others */
};

/*
 * What P, the file at the path EXE (as /proc/PID/exe names it, " (deleted)" included), is. A Go
 * program is known by the package of its main, any other file by its base name. Pure.
 */
enum gt_exec_kind gt_program_exec_kind(const char *exe, const struct gt_program *p);

/* As many as overlayfs takes. */
#define GT_OVERLAY_MAX 128

/* A container's root as the layers of an overlay that is not mounted yet. */
struct gt_layers {
	unsigned n;
	int fd[GT_OVERLAY_MAX]; /* directory descriptors, the uppermost first */
	bool user_attrs;	/* its marks are user.overlay.*: mount option userxattr */
	/* May this process read trusted.*? If not, whether a directory hides those below it is not
	 * known. */
	bool sees_trusted;
};

/*
 * The regular file PATH as the overlay of L would have it: whiteouts, opaque directories, symbolic
 * links that lead from layer to layer. No link is followed by the kernel, so that nothing outside
 * of the layers is reached. Without marks that we cannot read or do not know (opacity without
 * CAP_SYS_ADMIN, redirected directories, files without their data) it is certain, else -EXDEV. As
 * gt_root_open_file otherwise. Effects: opens directories and one file.
 */
GT_MUST_CHECK int gt_layers_open_file(const struct gt_layers *l, const char *path,
				      struct stat *ret_st);

/* Closes them. */
void gt_layers_done(struct gt_layers *l);

/* Where a container's files are. */
struct gt_tree {
	int rootfs; /* directory descriptor */
	/* Not NULL: these instead of the rootfs. Then the working directory is not known, and what
	 * is below a bind mount is not looked at: -EXDEV. */
	const struct gt_layers *layers;
	const struct gt_strv *mounts; /* pairs, as in gt_bundle; NULL: they are on the rootfs */
	const char *bundle;	      /* where relative sources are */
	const int *host; /* sources, and the bundle, are below this root; NULL: of this machine */
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
