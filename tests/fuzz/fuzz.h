/*
 * What the fuzzing targets share. A target is one function over bytes: libFuzzer calls it (make
 * fuzz), or replay.c does, once for each file of the corpus (make check).
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "gotune/base.h"
#include "gotune/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property. One that does not hold ends the program, as a crash does. */
#define HOLDS(c) ((c) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #c))

GT_UNUSED static _Noreturn void fuzz_broken(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* R and *E are what a fallible function may leave: 0, or an errno with a line that says why. */
GT_UNUSED static int fuzz_answer(int r, const struct gt_err *e)
{
	HOLDS(r <= 0 && r > -4096);
	HOLDS(r == 0 || (e->code == r && e->msg[0] && memchr(e->msg, '\0', sizeof(e->msg))));
	return r;
}

/* What is left of the input. Numbers come from its front; beyond its end they are 0. */
struct fuzz_in {
	const uint8_t *p;
	size_t n;
};

GT_UNUSED static uint8_t fuzz_byte(struct fuzz_in *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

/* One byte says how many follow, so that small numbers are short and all 64 bits can be had. */
GT_UNUSED static uint64_t fuzz_u64(struct fuzz_in *in)
{
	unsigned n = fuzz_byte(in) % 9;
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | fuzz_byte(in);
	return v;
}

/* The part before the next SEP, which is skipped, or all that is left. */
GT_UNUSED static struct fuzz_in fuzz_until(struct fuzz_in *in, char sep)
{
	const uint8_t *end = in->n ? memchr(in->p, (unsigned char)sep, in->n) : NULL;
	struct fuzz_in part = {in->p, end ? (size_t)(end - in->p) : in->n};

	in->p += part.n + (end != NULL);
	in->n -= part.n + (end != NULL);
	return part;
}

/* The part before the next SEP as a C string; what does not fit, or follows a NUL, is lost. */
GT_UNUSED static void fuzz_text(struct fuzz_in *in, char sep, char *buf, size_t cap)
{
	struct fuzz_in part = fuzz_until(in, sep);

	(void)gt_copy(buf, cap, (const char *)part.p, part.n);
}

/* The next of several files: up to a line of "%%". */
GT_UNUSED static struct fuzz_in fuzz_file_of(struct fuzz_in *in)
{
	static const char mark[] = "\n%%\n";
	const uint8_t *end = in->n ? memmem(in->p, in->n, mark, strlen(mark)) : NULL;
	struct fuzz_in part = {in->p, end ? (size_t)(end - in->p) : in->n};
	size_t skip = part.n + (end ? strlen(mark) : 0);

	in->p += skip;
	in->n -= skip;
	return part;
}

/* Strings, each ended by SEP, until an empty one. */
GT_UNUSED static void fuzz_strv(struct fuzz_in *in, char sep, struct gt_list *ret)
{
	gt_list_init(ret);
	while (in->n > 0) {
		struct fuzz_in part = fuzz_until(in, sep);

		if (part.n == 0)
			break;
		(void)gt_strv_add(&ret->v, (const char *)part.p,
				  part.n); /* one that does not fit */
	}
}

/* A descriptor of a file that holds DATA: the same one each time, at its start. */
GT_UNUSED static int fuzz_file(const void *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

/* Where yajl and a strict reader differ: an escape, a zero with a sign, \v or \f as a blank. */
GT_UNUSED static bool fuzz_has_odd_spelling(const uint8_t *data, size_t n)
{
	return n > 0 && (memchr(data, '\\', n) || memchr(data, '\v', n) || memchr(data, '\f', n) ||
			 memmem(data, n, "-0", 2));
}

/* Does a step of the search for a program pass the check that its parent makes? */
GT_UNUSED static bool fuzz_step_valid(const struct gt_launch_step *s)
{
	bool ok = gt_strv_valid(&s->env, &s->arena.a, sizeof(s->arena.room)) &&
		  s->n_argv <= GT_LAUNCH_MAX && (s->what == GT_LAUNCH_NEXT) == (s->n_argv > 0);

	for (uint32_t i = 0; i < GT_LAUNCH_MAX; i++)
		ok = ok && gt_strv_valid(&s->argv[i], &s->arena.a, sizeof(s->arena.room)) &&
		     (i >= s->n_argv || (s->argv[i].n > 0 && s->argv[i].dropped == 0));
	return ok;
}

#endif
