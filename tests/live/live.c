/*
 * For tests: changes a running program as gotuned does. live PID LIMIT...: the limits that are ours
 * ("none": no limit). Prints why it is left alone, or "ok" and its Go; then reads commands: read,
 * limit BYTES, gogc PERCENT. Exit status 3: left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gotune/live.h"

static void say(enum gt_left why)
{
	printf("%s\n", why == GT_LEFT_NONE ? "ok" : gt_words_get(&gt_left_words, why));
	(void)fflush(stdout);
}

static void do_read(const struct gt_live *l)
{
	struct gt_live_snapshot s;
	enum gt_left why = gt_live_read(l, &s);

	if (why == GT_LEFT_NONE)
		printf("ok gogc=%d limit=%lld marked=%llu goal=%llu mapped=%llu calm=%d mark=%d "
		       "gc=%llu began=%llu\n",
		       s.gogc, (long long)s.limit, (unsigned long long)s.marked,
		       (unsigned long long)s.goal, (unsigned long long)s.mapped, s.is_calm,
		       s.in_mark, (unsigned long long)s.gc_ns, (unsigned long long)s.mark_begin_ns);
	else
		say(why);
	(void)fflush(stdout);
}

static void serve(struct gt_live *l)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, "limit ", 6) == 0)
			say(gt_live_set_limit(l, atoll(line + 6)));
		else if (strncmp(line, "gogc ", 5) == 0)
			say(gt_live_set_gogc(l, atoi(line + 5)));
		else
			do_read(l);
	}
}

int main(int argc, char **argv)
{
	int64_t limits[8];
	struct gt_live_ask ask = {.limits = limits};
	struct gt_live l;
	struct gt_err e = {0};
	struct timespec a, b;
	int root = gt_root_open("/", NULL);
	enum gt_left why;

	if (argc < 2 || argc > 10)
		return 2;
	ask.pid = atoi(argv[1]);
	for (int i = 2; i < argc; i++)
		limits[ask.n_limits++] =
			strcmp(argv[i], "none") == 0 ? GT_LIVE_NO_LIMIT : atoll(argv[i]);
	/* For tests of a process that is another one by now. */
	if (getenv("START"))
		ask.start = strtoull(getenv("START"), NULL, 10);
	else if (gt_start_time(root, ask.pid, &ask.start) < 0)
		ask.start = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	why = gt_live_open(&ask, &l, &e);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	if (why != GT_LEFT_NONE) {
		printf("%s: %s\n", gt_words_get(&gt_left_words, why), e.msg);
		return 3;
	}
	printf("ok %s %llx %lld us\n", l.go, (unsigned long long)l.addr,
	       (long long)(b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000);
	(void)fflush(stdout);
	serve(&l);
	gt_live_done(&l);
	return 0;
}
