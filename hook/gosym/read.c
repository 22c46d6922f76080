/*
 * The memory of another process, through a descriptor of its /proc/PID/mem, within a budget.
 * Effects: pread; no privilege: the kernel asked for it when the descriptor was opened.
 */
#include "gotune/gosym.h"

int gt_sym_pread(void *fd, uint64_t addr, void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = -1;

		errno = EFAULT;
		if (addr <= INT64_MAX - len)
			n = pread(*(int *)fd, (char *)buf + done, len - done, (off_t)(addr + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EIO ? -EFAULT : -errno;
		if (n == 0)
			return -ESRCH; /* the memory has no process any more */
		done += (size_t)n;
	}
	return 0;
}

int gt_sym_read(struct gt_sym_mem *m, uint64_t addr, void *buf, size_t len)
{
	if (len > m->budget)
		return -EFBIG;
	m->budget -= len;
	return m->read(m->ctx, addr, buf, len);
}

int gt_sym_read_words(struct gt_sym_mem *m, uint64_t addr, uint64_t *ret, unsigned n)
{
	unsigned char b[64];
	int r;

	if (n > sizeof(b) / 8)
		return -EINVAL;
	r = gt_sym_read(m, addr, b, 8ull * n);
	for (unsigned i = 0; r == 0 && i < n; i++)
		ret[i] = gt_sym_le(b + 8ull * i, 8);
	return r;
}
