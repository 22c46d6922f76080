/*
 * A log whose newest line comes first: read from its end, where it is a file that can be. Effects:
 * seeks, and has the worker read. Memory does not grow with the log.
 */
#include <sys/stat.h>

#include "diagnose.h"

#define NEEDS_FILE                                                                      \
	"its newest line comes first: turn it over (tac), or ask for the oldest first " \
	"(journalctl without -r, logcli --forward)"

/* Why it cannot be turned; 0: it can. */
static int check(const struct gt_log_reader *r, int fd, int64_t from, struct stat *ret,
		 struct gt_err *e)
{
	if (r->seen.order == GT_LO_ENTRIES)
		return gt_err_set(e, -EILSEQ,
				  "its newest entry comes first: call journalctl without -r");
	if (r->seen.packed)
		return gt_err_set(
			e, -EILSEQ,
			"its newest line comes first, and it is packed: unpack it, then it "
			"is read from its end");
	if (from < 0 || fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode))
		return gt_err_set(e, -EILSEQ, NEEDS_FILE);
	return 0;
}

int gt_log_turn(struct gt_log_reader *r, int fd, int64_t from, const struct gt_diagnose_known *k,
		struct gt_err *e)
{
	struct stat st = {0};
	int res = check(r, fd, from, &st, e);

	if (res == 0)
		res = gt_log_reader_renew(r, k, e);
	for (int64_t end = st.st_size; res == 0 && end > from;) {
		uint32_t n =
			end - from < (int64_t)GT_LOG_BLOCK ? (uint32_t)(end - from) : GT_LOG_BLOCK;

		end -= n;
		if (lseek(fd, end, SEEK_SET) < 0)
			res = gt_err_sys(e, -errno, "cannot read the log from its end");
		else
			res = gt_log_reader_back(r, fd, n, e);
	}
	return res < 0 ? res : gt_log_reader_close(r, e);
}
