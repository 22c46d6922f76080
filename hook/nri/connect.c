/* The runtime's sockets: its NRI, and containerd's. Effectful. */
#include <sys/socket.h>
#include <sys/un.h>

#include "connect.h"

int gt_nri_connect(const char *path, int flags)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (!gt_copy_str(a.sun_path, sizeof(a.sun_path), path))
		return -ENAMETOOLONG;
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	return gt_take_fd(&fd);
}
