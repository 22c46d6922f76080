/*
 * Runs several commands in turn, again and again, and prints medians: CPU time of the whole process
 *and the children that it waited for, wall time, and its largest resident set. The first command is
 *the baseline.
 *
 *	bench RUNS STDIN NAME COMMAND... [:: NAME COMMAND...]...
 *
 * A process that a command leaves behind (the tracer of the exec barrier) is killed after each run:
 *this program is its reaper, and no such process can be anybody else's.
 */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 8
#define RUNS_MAX 2000

struct sample {
	double cpu_us, wall_us, rss_kib;
};

struct command {
	const char *name;
	char **argv;
	struct sample *run;
};

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double micros(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static void kill_left_behind(void)
{
	char path[64];
	FILE *f;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "r");
	while (f && fscanf(f, "%d", &pid) == 1)
		(void)kill(pid, SIGKILL);
	if (f)
		(void)fclose(f);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void run_once(const struct command *c, const char *input, struct sample *ret)
{
	double start = now_us();
	struct rusage u;
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		int in = open(input, O_RDONLY), out = open("/dev/null", O_WRONLY);

		(void)dup2(in, 0);
		(void)dup2(out, 1);
		execv(c->argv[0], c->argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0 || status != 0) {
		fprintf(stderr, "bench: %s failed\n", c->name);
		exit(1);
	}
	*ret = (struct sample){micros(u.ru_utime) + micros(u.ru_stime), now_us() - start,
			       (double)u.ru_maxrss};
	kill_left_behind();
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median and quartiles of the member at byte OFFSET. */
static void quartiles(const struct command *c, int runs, size_t offset, double ret[3])
{
	static double v[RUNS_MAX];

	for (int i = 0; i < runs; i++)
		memcpy(&v[i], (const char *)&c->run[i] + offset, sizeof(double));
	qsort(v, (size_t)runs, sizeof(double), by_value);
	for (int q = 0; q < 3; q++)
		ret[q] = v[(runs - 1) * (q + 1) / 4];
}

static void report(const struct command *c, const struct command *base, int runs)
{
	double cpu[3], wall[3], rss[3], cpu0[3], wall0[3];

	quartiles(c, runs, offsetof(struct sample, cpu_us), cpu);
	quartiles(c, runs, offsetof(struct sample, wall_us), wall);
	quartiles(c, runs, offsetof(struct sample, rss_kib), rss);
	quartiles(base, runs, offsetof(struct sample, cpu_us), cpu0);
	quartiles(base, runs, offsetof(struct sample, wall_us), wall0);
	printf("%-22s %7.0f (%5.0f-%5.0f) %6.1fx %7.0f (%5.0f-%5.0f) %6.1fx %6.0f\n", c->name,
	       cpu[1], cpu[0], cpu[2], cpu[1] / cpu0[1], wall[1], wall[0], wall[2],
	       wall[1] / wall0[1], rss[1]);
}

int main(int argc, char **argv)
{
	struct command c[COMMANDS];
	int runs = argc > 3 ? atoi(argv[1]) : 0, n = 0;

	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr,
			"usage: bench RUNS STDIN NAME COMMAND... [:: NAME COMMAND...]...\n");
		return 2;
	}
	for (int i = 3; i < argc && n < COMMANDS; n++) {
		c[n] = (struct command){argv[i], argv + i + 1,
					calloc((size_t)runs, sizeof(struct sample))};
		while (i < argc && strcmp(argv[i], "::") != 0)
			i++;
		if (i < argc)
			argv[i++] = NULL;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (int r = -3; r < runs; r++) {
		for (int i = 0; i < n; i++)
			run_once(&c[i], argv[2], &c[i].run[r < 0 ? 0 : r]); /* three to warm up */
	}
	printf("%-22s %7s %-13s %7s %7s %-13s %7s %6s\n", "medians of runs in turn", "CPU us",
	       "(quartiles)", "ratio", "wall us", "(quartiles)", "ratio", "KiB");
	for (int i = 0; i < n; i++)
		report(&c[i], &c[0], runs);
	return 0;
}
