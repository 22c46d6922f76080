/*
 * The arguments of engines that run. Reads /proc; changes nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "gotune/base.h"
#include "unit.h"

#define CMDLINE_MAX (64u << 10)

/*
 * Does the process have our root directory? Another dockerd, in a container, reads other files. A
 * file system whose server does not answer is not asked: what the kernel knows is enough.
 */
static bool shares_root(int proc)
{
	const int cached = AT_STATX_DONT_SYNC;
	struct statx theirs, ours;

	return statx(proc, "root", cached, STATX_INO, &theirs) == 0 &&
	       statx(AT_FDCWD, "/", cached, STATX_INO, &ours) == 0 &&
	       theirs.stx_dev_major == ours.stx_dev_major &&
	       theirs.stx_dev_minor == ours.stx_dev_minor && theirs.stx_ino == ours.stx_ino;
}

/* Its arguments, one behind the other; NULL when it is another program. */
static char *read_arguments(int proc, const char *name, size_t *ret_len)
{
	_cleanup_close_ int fd = shares_root(proc) ? openat(proc, "cmdline", O_RDONLY | O_CLOEXEC)
						   : -1; /* a container's memory is not read */
	char *text = NULL;

	if (fd < 0 || gt_read_all(fd, CMDLINE_MAX, 1000, &text, ret_len) < 0)
		return NULL;
	if (strcmp(gt_basename(text), name) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void add_process(int proc, const char *pid, const char *name, struct gt_strv *ret)
{
	size_t len = 0;
	_cleanup_free_ char *text = read_arguments(proc, name, &len);
	char where[64];

	(void)snprintf(where, sizeof(where), "process %.20s", pid);
	for (size_t i = 0; text && i < len; i += strlen(text + i) + 1)
		(void)gt_strv_add_pair(ret, where, strlen(where), text + i, strlen(text + i));
}

void gt_process_words(const char *name, struct gt_strv *ret)
{
	DIR *d = opendir("/proc");
	const struct dirent *de;

	while (d && (de = readdir(d)) != NULL) {
		_cleanup_close_ int proc = -1;

		if (de->d_name[strspn(de->d_name, "0123456789")] != '\0')
			continue;
		proc = openat(dirfd(d), de->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (proc >= 0)
			add_process(proc, de->d_name, name, ret);
	}
	if (d)
		closedir(d);
}
