/*
 * Where we are beside the runtime. In a pod we have namespaces of our own: process ids that the
 * runtime tells may be none of ours, and paths of cgroups begin elsewhere. Effectful: reads procfs,
 * joins a cgroup namespace.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "place.h"

#define STATUS_CAP 16384 /* as inspect/task.c has it */

#define PID_CAP 24

/* "NSpid:" has a number for each namespace of process ids, from that of this procfs on down
 * (Documentation/filesystems/proc.rst). A kernel without such namespaces has no such line. */
static bool has_one_pid(const char *process)
{
	static const char key[] = "\nNSpid:\t";
	_cleanup_close_ int root = gt_root_open("/proc", NULL);
	char path[PID_CAP + 8] = "", status[STATUS_CAP];
	const char *at;

	if (root < 0 || !gt_append(path, sizeof(path), process) ||
	    !gt_append(path, sizeof(path), "/status") ||
	    gt_root_read(root, path, status, sizeof(status)) < 0)
		return false;
	at = strstr(status, key);
	return !at || at[strlen(key) + strspn(at + strlen(key), "0123456789")] == '\n';
}

/* Who listens at the other end, or has made both. False: none that we could see. */
static bool find_peer(int sock, char ret[PID_CAP])
{
	struct ucred who = {0};
	socklen_t len = sizeof(who);

	ret[0] = '\0';
	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid > 0 &&
	       gt_append_u64(ret, PID_CAP, (uint64_t)who.pid);
}

bool gt_nri_shares_pids(int sock)
{
	char peer[PID_CAP];

	return find_peer(sock, peer) && has_one_pid(peer) && has_one_pid("self");
}

/* Our own cgroup is the top of what we see, else: in cgroup v2 a pod's paths would begin with
 * "/..", cgroup_namespaces(7). */
int gt_nri_join_cgroups(int sock)
{
	char peer[PID_CAP], path[PID_CAP + 16] = "/proc/";
	_cleanup_close_ int theirs = -1, ours = open("/proc/self/ns/cgroup", O_RDONLY | O_CLOEXEC);
	struct stat a, b;

	if (!find_peer(sock, peer) || !gt_append(path, sizeof(path), peer) ||
	    !gt_append(path, sizeof(path), "/ns/cgroup"))
		return -ESRCH;
	theirs = open(path, O_RDONLY | O_CLOEXEC);
	if (ours < 0 || theirs < 0 || fstat(ours, &a) < 0 || fstat(theirs, &b) < 0)
		return -errno;
	if (a.st_ino == b.st_ino)
		return 0;
	return setns(theirs, CLONE_NEWCGROUP) < 0 ? -errno : 0;
}
