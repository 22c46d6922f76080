/*
 * Runs several commands in turn, again and again, and prints what each costs: medians and quartiles
 * of wall time and of CPU time, with all processes that came of it, and its largest resident set.
 *
 *	bench [-n RUNS] [-j PARALLEL] [-i STDIN] [-o RAW] [-f FROM -t TO] [-w] NAME COMMAND... [::
 *...]
 *
 *	-n  runs of each command (200); three more come first and are not counted
 *	-j  so many of a command at once; one sample is all of them (1)
 *	-i  a file that each gets as its standard input
 *	-o  append one line a sample: name,run,wall_us,cpu_us,rss_kib,faults
 *	-f  a file that is copied ...
 *	-t  ... to this one before each run, which may change it; that is not measured
 *	-w  wait for what a command leaves behind; without it that is killed (a hook that was called
 *	    for a container that is never started leaves its tracer); its CPU time counts either way
 *
 * {} in an argument is a number that no other run gets: a container's id, say. Prints
 * comma-separated lines: name,runs,wall_us,q1,q3,cpu_us,q1,q3,rss_kib,faults; the page faults are
 * those of all processes, and depend least on what else the machine does. The order within a round
 * changes from round to round, so that none always comes after the same other one.
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

#define COMMANDS     16
#define RUNS_MAX     5000
#define PARALLEL_MAX 128
#define WARM_UP	     3

#define ARGUMENTS 32

struct sample {
	double wall_us, cpu_us, rss_kib, faults;
};

struct command {
	const char *name;
	char **argv;
	struct sample *run;
};

static struct {
	int runs, parallel;
	const char *input, *from, *to;
	FILE *raw;
	int wait_for_left;
} opt = {.runs = 200, .parallel = 1, .input = "/dev/null"};

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* CPU time and page faults of all processes that were waited for so far. */
static struct sample waited(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_CHILDREN, &u);
	return (struct sample){
		.cpu_us = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
			  (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec),
		.faults = (double)u.ru_minflt,
	};
}

static void fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* Copies opt.from to opt.to. */
static void restore(void)
{
	static char buf[1 << 20];
	int from = open(opt.from, O_RDONLY), to = open(opt.to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0 || n == (ssize_t)sizeof(buf) || write(to, buf, (size_t)n) != n)
		fail("cannot copy the file of -f");
	(void)close(from);
	(void)close(to);
}

/* ARGV with a new number for each {}. */
static void number_arguments(char **argv, char **ret)
{
	static char text[ARGUMENTS][512];
	static unsigned number;
	int i;

	number++;
	for (i = 0; argv[i] && i < ARGUMENTS - 1; i++) {
		const char *at = strstr(argv[i], "{}");

		ret[i] = argv[i];
		if (!at)
			continue;
		(void)snprintf(text[i], sizeof(text[i]), "%.*s%u%s", (int)(at - argv[i]), argv[i],
			       number, at + 2);
		ret[i] = text[i];
	}
	ret[i] = NULL;
}

/* What a command leaves behind becomes our child: this process is their reaper. */
static void end_left_behind(void)
{
	char path[64];
	FILE *f;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = opt.wait_for_left ? NULL : fopen(path, "r");
	while (f && fscanf(f, "%d", &pid) == 1)
		(void)kill(pid, SIGKILL);
	if (f)
		(void)fclose(f);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static pid_t start(const struct command *c)
{
	char *argv[ARGUMENTS];
	pid_t pid;

	number_arguments(c->argv, argv);
	pid = vfork();

	if (pid == 0) {
		int in = open(opt.input, O_RDONLY), out = open("/dev/null", O_WRONLY);

		(void)dup2(in, 0);
		(void)dup2(out, 1);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void run_once(const struct command *c, struct sample *ret)
{
	struct sample before, s = {0};
	pid_t pid[PARALLEL_MAX];
	double begin;

	if (opt.from)
		restore();
	before = waited();
	begin = now_us();

	for (int i = 0; i < opt.parallel; i++)
		pid[i] = start(c);
	for (int i = 0; i < opt.parallel; i++) {
		struct rusage u;
		int status;

		if (pid[i] < 0 || wait4(pid[i], &status, 0, &u) < 0 || status != 0) {
			fprintf(stderr, "bench: %s failed\n", c->name);
			exit(1);
		}
		if ((double)u.ru_maxrss > s.rss_kib)
			s.rss_kib = (double)u.ru_maxrss;
	}
	s.wall_us = now_us() - begin;
	end_left_behind();
	s.cpu_us = waited().cpu_us - before.cpu_us;
	s.faults = waited().faults - before.faults;
	*ret = s;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* First quartile, median and third quartile of the member at byte OFFSET. */
static void quartiles(const struct command *c, size_t offset, double ret[3])
{
	static double v[RUNS_MAX];

	for (int i = 0; i < opt.runs; i++)
		memcpy(&v[i], (const char *)&c->run[i] + offset, sizeof(double));
	qsort(v, (size_t)opt.runs, sizeof(double), by_value);
	for (int q = 0; q < 3; q++)
		ret[q] = v[(opt.runs - 1) * (q + 1) / 4];
}

static void report(const struct command *c)
{
	double cpu[3], wall[3], rss[3], faults[3];

	quartiles(c, offsetof(struct sample, wall_us), wall);
	quartiles(c, offsetof(struct sample, cpu_us), cpu);
	quartiles(c, offsetof(struct sample, rss_kib), rss);
	quartiles(c, offsetof(struct sample, faults), faults);
	printf("%s,%d,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f,%.0f\n", c->name, opt.runs, wall[1],
	       wall[0], wall[2], cpu[1], cpu[0], cpu[2], rss[1], faults[1]);
	for (int i = 0; opt.raw && i < opt.runs; i++)
		fprintf(opt.raw, "%s,%d,%.0f,%.0f,%.0f,%.0f\n", c->name, i, c->run[i].wall_us,
			c->run[i].cpu_us, c->run[i].rss_kib, c->run[i].faults);
}

static void take_options(int argc, char **argv)
{
	for (int o; (o = getopt(argc, argv, "+n:j:i:o:f:t:w")) != -1;) {
		if (o == 'n')
			opt.runs = atoi(optarg);
		else if (o == 'j')
			opt.parallel = atoi(optarg);
		else if (o == 'i')
			opt.input = optarg;
		else if (o == 'o')
			opt.raw = fopen(optarg, "a");
		else if (o == 'f')
			opt.from = optarg;
		else if (o == 't')
			opt.to = optarg;
		else if (o == 'w')
			opt.wait_for_left = 1;
		else
			exit(2);
	}
	if (!opt.from != !opt.to)
		fail("-f and -t belong together");
	if (opt.runs < 1 || opt.runs > RUNS_MAX || opt.parallel < 1 ||
	    opt.parallel > PARALLEL_MAX) {
		fprintf(stderr, "bench: 1 to %d runs, 1 to %d at once\n", RUNS_MAX, PARALLEL_MAX);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct command c[COMMANDS];
	int n = 0;

	take_options(argc, argv);
	for (int i = optind; i < argc && n < COMMANDS; n++) {
		c[n] = (struct command){argv[i], argv + i + 1,
					calloc((size_t)opt.runs, sizeof(struct sample))};
		while (i < argc && strcmp(argv[i], "::") != 0)
			i++;
		if (i < argc)
			argv[i++] = NULL;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (int r = -WARM_UP; r < opt.runs; r++) {
		for (int i = 0; i < n; i++) {
			struct command *next = &c[(i + r + WARM_UP) % n];

			run_once(next, &next->run[r < 0 ? 0 : r]);
		}
	}
	for (int i = 0; i < n; i++)
		report(&c[i]);
	return 0;
}
