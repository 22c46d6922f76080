/*
 * gotune-trace: counts births and ends of goroutines by uprobes, for gotune goroutines --trace,
 * which starts it and reads its answer. A program of its own: it alone has libbpf, needs CAP_BPF,
 * and is built only where libbpf and clang are.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gotune/base.h"
#include "gotune/uprobe.h"

static const char usage[] =
	"Usage: gotune-trace [--try]\n"
	"Count births and ends of goroutines, for gotune goroutines --trace, which starts it.\n"
	"\n"
	"  --try      attach probes to this program itself: do they count, what do they cost?\n"
	"  --help, --version\n";

static int try_it(void)
{
	struct gt_err e = {0};
	uint64_t ns = 0;

	if (gt_uprobe_try(&ns, &e) < 0) {
		(void)fprintf(stderr, "gotune-trace: %s\n", e.msg);
		return 1;
	}
	(void)printf("probes count here; a goroutine's birth with its end costs %.1f us\n",
		     (double)ns / 1000);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("gotune-trace " GT_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--try") == 0)
		return try_it();
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (argc > 1 || isatty(STDIN_FILENO)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	/* Control-C at a terminal reaches us, too: who asked ends the way in, and wants the answer.
	 */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	return gt_uprobe_serve(STDIN_FILENO, STDOUT_FILENO) < 0;
}
