/*
 * The plugin's note about itself, beside the records: for doctor, status and a readiness probe.
 * Effectful: a file, and a lock on it, which says that its writer lives, whatever process ids a
 * container has.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "gotune/record.h"
#include "plugin.h"

#define NOTE	 "nri"
#define NOTE_CAP 512

/* The file, locked by us; -1: without it. */
static int open_note(const struct gt_nri_plugin *p)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	_cleanup_close_ int fd = -1;
	int dir;

	gt_nri_open_machine(p, &m);
	dir = gt_machine_records(&m, true);
	if (dir < 0) {
		gt_log(GT_LOG_WARNING, "no records: %s", m.why_no_records.msg);
		return -1;
	}
	fd = openat(dir, NOTE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		gt_log(GT_LOG_WARNING, "gotune status will not know of us: %s", strerror(errno));
		return -1;
	}
	return gt_take_fd(&fd);
}

void gt_nri_note_write(struct gt_nri_plugin *p, const struct gt_nri_peer *peer)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};

	if (p->health)
		p->health->is_ready = peer != NULL;
	if (p->note < 0)
		p->note = open_note(p);
	if (p->note < 0)
		return;
	gt_buf_fmt(&b, "synchronized: %s\nways: %s\non_error: %s\n", peer ? "yes" : "no",
		   p->starts ? "all" : "env-only", p->is_fail_policy ? "fail" : "continue");
	if (peer)
		gt_buf_fmt(&b, "runtime: %s\nversion: %s\nnri: %s\n", peer->runtime, peer->version,
			   peer->nri);
	if (b.error || ftruncate(p->note, 0) < 0 ||
	    pwrite(p->note, b.p, b.len, 0) != (ssize_t)b.len)
		gt_log(GT_LOG_WARNING, "gotune status will not know of us: %s", strerror(errno));
}

int gt_nri_status_read(int dirfd, struct gt_nri_status *ret)
{
	_cleanup_close_ int fd =
		openat(dirfd, NOTE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char text[NOTE_CAP], word[16];
	struct stat st;
	ssize_t n;

	*ret = (struct gt_nri_status){0};
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	ret->running = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	ret->synchronized = ret->running &&
			    gt_parse_field(text, "synchronized:", word, sizeof(word)) &&
			    strcmp(word, "yes") == 0;
	ret->env_only =
		gt_parse_field(text, "ways:", word, sizeof(word)) && strcmp(word, "env-only") == 0;
	ret->is_fail_policy =
		gt_parse_field(text, "on_error:", word, sizeof(word)) && strcmp(word, "fail") == 0;
	(void)gt_parse_field(text, "runtime:", ret->peer.runtime, sizeof(ret->peer.runtime));
	(void)gt_parse_field(text, "version:", ret->peer.version, sizeof(ret->peer.version));
	(void)gt_parse_field(text, "nri:", ret->peer.nri, sizeof(ret->peer.nri)); /* or "" */
	return 0;
}
