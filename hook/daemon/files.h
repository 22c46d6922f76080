/*
 * The files of a container's own memory cgroup.
 */
#ifndef GOTUNE_DAEMON_FILES_H
#define GOTUNE_DAEMON_FILES_H

#include "gotune/inspect.h"
#include "part.h"

struct gt_container_file {
	const char *v1, *v2; /* its name in each version of cgroups; NULL: that has none */
	int *fd;	     /* the caller's to close */
};

/* Opens N files of K's memory cgroup; a file that is not there is -1. Is it cgroup v1? */
bool gt_container_files(const struct gt_daemon *d, const struct gt_known *k,
			const struct gt_container_file *file, unsigned n);

#endif
