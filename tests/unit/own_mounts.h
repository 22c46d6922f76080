/*
 * A mount and a network namespace of this program's own, and a directory to mount on. Needs root;
 * prints why where it cannot.
 */
#ifndef TESTS_UNIT_OWN_MOUNTS_H
#define TESTS_UNIT_OWN_MOUNTS_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "gotune/base.h"
#include "skip.h"

static int root = -1;
static char dir[] = "/tmp/gotune-live.XXXXXX";

static GT_UNUSED void needs_namespaces(void)
{
	if (root < 0)
		SKIP("no namespaces of our own here (not root?)");
}

static GT_UNUSED int enter(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static GT_UNUSED int leave(void **state)
{
	(void)state;
	return rmdir(dir);
}

static GT_UNUSED const char *text_of(const char *path, char buf[64])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, 63);

	assert_true(n >= 0);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static GT_UNUSED void put(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

#endif
