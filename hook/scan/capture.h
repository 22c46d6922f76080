/*
 * What the files of a capture share.
 */
#ifndef GOTUNE_SCAN_CAPTURE_H
#define GOTUNE_SCAN_CAPTURE_H

#include "gotune/base.h"
#include "gotune/program.h"
#include "internal.h"

/* Is the entry "NAME=VALUE" of an environment one that a capture may have? Pure. */
bool gt_capture_keeps_env(const char *s, size_t len);

/* DOC, a config.json, with what is listed alone; its program is EXE. 0 or -errno. Pure but for the
 * buffer. */
GT_MUST_CHECK int gt_capture_filter(const char *doc, size_t len, const char *exe,
				    struct gt_buf *out);

/* ---- the directory that is written (capture_file.c) ---- */

/* Opens the directory PATH below DIR, and makes each part that is missing. PATH has no part
 * that is ".", ".." or a link. -ELOOP, -EINVAL, ... */
GT_MUST_CHECK int gt_capture_dir(int dir, const char *path);

/* Makes the file PATH below DIR. A descriptor to write to, -EEXIST, or -errno. */
GT_MUST_CHECK int gt_capture_create(int dir, const char *path, mode_t mode);

/* Writes LEN bytes of TEXT to PATH below DIR. 0, also when it is there already; or -errno. */
GT_MUST_CHECK int gt_capture_write(int dir, const char *path, const char *text, size_t len);

/* A link PATH below DIR that says TO. As gt_capture_write. */
GT_MUST_CHECK int gt_capture_link(int dir, const char *path, const char *to);

/* Copies the kernel's file PATH below ROOT, of at most 1 MiB; 1: it was copied, 0: it is not there,
 * cannot be read or was copied before; or what writing gave. */
GT_MUST_CHECK int gt_capture_copy(int root, int dir, const char *path);

/* The same for the link PATH. */
GT_MUST_CHECK int gt_capture_copy_link(int root, int dir, const char *path);

/* ---- programs (capture_program.c) ---- */

/*
 * Writes of the program that PID runs the pages which tell what it is, as a sparse file PATH below
 * DIR. 0, -errno; -EFBIG: more pages than we copy. Effects: a worker, and a child that opens it.
 */
GT_MUST_CHECK int gt_capture_program(int64_t pid, int dir, const char *path, struct gt_err *e);

#endif
