/*
 * A file system whose server leaves one kind of request unanswered. In its root every name is the
 * same program-sized file of zeros. Needs root and /dev/fuse. Source: linux/fuse.h.
 */
#ifndef TESTS_SILENT_FS_H
#define TESTS_SILENT_FS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SILENT_FS_SIZE (1 << 20)

struct silent_fs_reply {
	struct fuse_out_header h;
	union {
		struct fuse_init_out init;
		struct fuse_attr_out attr;
		struct fuse_entry_out entry;
		struct fuse_open_out open;
		struct fuse_statfs_out statfs;
		char zeros[128 << 10];
	} u;
};

/* Mounts it on DIR. A descriptor for silent_fs_serve, or -1; closing it ends all waits. */
static int silent_fs_mount(const char *dir)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (fd < 0)
		return -1;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (mount("silent", dir, "fuse.silent", MS_NOSUID | MS_NODEV, options) == 0)
		return fd;
	close(fd);
	return -1;
}

static void silent_fs_attr(struct fuse_attr *a, uint64_t node)
{
	a->ino = node;
	a->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0755;
	a->nlink = 1;
	a->size = node == FUSE_ROOT_ID ? 0 : SILENT_FS_SIZE;
}

/* Fills R for the request at H; the length of its body. R->h.error is set where there is none. */
static size_t silent_fs_answer(const struct fuse_in_header *h, struct silent_fs_reply *r)
{
	const struct fuse_init_in *init = (const void *)(h + 1);
	const struct fuse_read_in *rd = (const void *)(h + 1);

	switch (h->opcode) {
	case FUSE_INIT:
		r->u.init.major = FUSE_KERNEL_VERSION;
		r->u.init.minor = init->minor < FUSE_KERNEL_MINOR_VERSION
					  ? init->minor
					  : FUSE_KERNEL_MINOR_VERSION;
		r->u.init.max_write = 4096;
		return sizeof(r->u.init);
	case FUSE_GETATTR:
		r->u.attr.attr_valid = 3600;
		silent_fs_attr(&r->u.attr.attr, h->nodeid);
		return sizeof(r->u.attr);
	case FUSE_LOOKUP:
		r->u.entry.nodeid = FUSE_ROOT_ID + 1;
		r->u.entry.entry_valid = r->u.entry.attr_valid = 3600;
		silent_fs_attr(&r->u.entry.attr, FUSE_ROOT_ID + 1);
		return sizeof(r->u.entry);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return sizeof(r->u.open);
	case FUSE_STATFS:
		return sizeof(r->u.statfs);
	case FUSE_READ:
		return rd->size < sizeof(r->u.zeros) ? rd->size : sizeof(r->u.zeros);
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return 0;
	default:
		r->h.error = -ENOSYS;
		return 0;
	}
}

/* Answers all but OPCODE (FUSE_LOOKUP, FUSE_READ, ...) until the file system is unmounted. */
static void silent_fs_serve(int fd, uint32_t opcode)
{
	static char in[1 << 18];
	static struct silent_fs_reply out;
	const struct fuse_in_header *h = (const void *)in;

	for (;;) {
		ssize_t n = read(fd, in, sizeof(in));
		size_t len;

		if (n < 0 && errno != EINTR && errno != ENOENT)
			return;
		if (n <= 0 || h->opcode == opcode || h->opcode == FUSE_FORGET ||
		    h->opcode == FUSE_BATCH_FORGET || h->opcode == FUSE_INTERRUPT)
			continue;
		memset(&out, 0, sizeof(out));
		len = silent_fs_answer(h, &out);
		out.h.unique = h->unique;
		out.h.len = (uint32_t)(sizeof(out.h) + len);
		if (write(fd, &out, out.h.len) < 0 && errno != ENOENT) /* ENOENT: it was given up */
			return;
	}
}

/* Mounts it on DIR, with a server of its own. The server's pid, or -1. */
static pid_t silent_fs_start(const char *dir, uint32_t opcode)
{
	int fd = silent_fs_mount(dir);
	pid_t server = fd < 0 ? -1 : fork();

	if (server == 0) {
		silent_fs_serve(fd, opcode);
		_exit(0);
	}
	if (fd >= 0)
		close(fd);
	return server;
}

/* Ends the server, and with it all waits for it. 0 or -1. */
static int silent_fs_stop(pid_t server, const char *dir)
{
	return kill(server, SIGKILL) < 0 || waitpid(server, NULL, 0) != server ||
			       umount2(dir, MNT_DETACH) < 0
		       ? -1
		       : 0;
}

#endif
