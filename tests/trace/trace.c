/*
 * Linked into a build with -finstrument-functions: notes each function that the program enters and
 * leaves, and writes the list to the file that GOTUNE_TRACE names: one line a step, '>' or '<' and
 * the function's address in the program's file; "end" is the last. Children are not followed; but
 * where GOTUNE_TRACE_CHILD is set, the first one is, instead of its parent. tests/trace/run reads
 * it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define STEPS_MAX (1u << 20)

extern const char __executable_start[];
void __cyg_profile_func_enter(void *fn, void *site);
void __cyg_profile_func_exit(void *fn, void *site);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static uintptr_t step[STEPS_MAX]; /* the address, and 1 added when it is left: code is aligned */
static unsigned n, lost;
static int off;

static void add(void *fn, unsigned left)
{
	if (off)
		return;
	if (n < STEPS_MAX)
		step[n++] = ((uintptr_t)fn - (uintptr_t)__executable_start) * 2 + left;
	else
		lost++;
}

void __cyg_profile_func_enter(void *fn, void *site)
{
	(void)site;
	add(fn, 0);
}

void __cyg_profile_func_exit(void *fn, void *site)
{
	(void)site;
	add(fn, 1);
}

static void save(void)
{
	const char *path = getenv("GOTUNE_TRACE");
	FILE *f = path && !off ? fopen(path, "we") : NULL;

	off = 1;
	if (!f)
		return;
	for (unsigned i = 0; i < n; i++)
		(void)fprintf(f, "%c %lx\n", step[i] & 1 ? '<' : '>', (unsigned long)(step[i] / 2));
	if (lost)
		(void)fprintf(f, "lost %u\n", lost);
	/* The reader waits for this line; a rename is not among a phase's calls. */
	(void)fputs("end\n", f);
	(void)fclose(f);
}

static void __attribute__((destructor)) at_end(void)
{
	save();
}

pid_t __wrap_fork(void)
{
	static int forked;
	bool first = !forked && getenv("GOTUNE_TRACE_CHILD");
	pid_t pid = __real_fork();

	forked = 1;
	if (pid >= 0 && (pid == 0) != first)
		off = 1;
	return pid;
}

int __wrap_execv(const char *path, char *const argv[])
{
	save();
	return __real_execv(path, argv);
}

void __wrap__exit(int status)
{
	save();
	__real__exit(status);
}
