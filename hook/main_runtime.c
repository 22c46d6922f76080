/*
 * gotune-runtime: an OCI runtime to its caller, and runc or crun to the container. Edits the
 * bundle's config.json on create and run, then becomes the real runtime: never a parent, so
 * descriptors, signals and the exit status are the real one's. Whatever goes wrong, the real
 * runtime runs on the untouched bundle.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gotune/argv.h"
#include "gotune/edit.h"
#include "gotune/log.h"
#include "gotune/read.h"
#include "gotune/runtimes.h"

/* Only these verbs start a container from a bundle. */
static bool starts_container(const struct gt_runtime_argv *a)
{
	return a->verb && (strcmp(a->verb, "create") == 0 || strcmp(a->verb, "run") == 0);
}

int main(int argc, char **argv)
{
	struct gt_runtime_argv a;
	struct gt_err e = {0};
	char real[GT_PATH_CAP];
	/* For the worker's sake, and for a file that may not grow. The real runtime gets them back.
	 */
	void (*on_child)(int) = signal(SIGCHLD, SIG_DFL);
	void (*on_size)(int) = signal(SIGXFSZ, SIG_IGN);

	gt_log_init("gotune-runtime", GT_LOG_SYSLOG, GT_LOG_INFO);
	gt_runtime_argv_parse(argc, argv, &a);
	if (gt_runtime_find(getenv("GOTUNE_RUNTIME"), real, sizeof(real), &e) < 0) {
		gt_log(GT_LOG_ERROR, "%s", e.msg);
		fprintf(stderr, "gotune-runtime: %s\n", e.msg);
		return 127;
	}
	if (starts_container(&a) && gt_edit_bundle(a.bundle ? a.bundle : ".", a.id, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s: not tuned: %s", a.id ? a.id : "(no id)", e.msg);
	(void)signal(SIGCHLD, on_child);
	(void)signal(SIGXFSZ, on_size);
	argv[0] = real;
	execv(real, argv);
	fprintf(stderr, "gotune-runtime: cannot run %s: %s\n", real, strerror(errno));
	return 126;
}
