/* Writes a diagnosis' plots into a directory. Effects: makes the directory, writes files there. */
#include <fcntl.h>
#include <stdio.h>

#include "diagnose.h"

/* "gc-heap.svg"; of the second process "gc-heap-2.svg". */
static int put(struct gt_cli_out *out, int dir, const char *name, const char *suffix, uint32_t p,
	       struct gt_buf *text, bool quiet, struct gt_err *e)
{
	char file[64];
	int r = text->error;

	if (p == 0)
		(void)snprintf(file, sizeof(file), "%.40s%s", name, suffix);
	else
		(void)snprintf(file, sizeof(file), "%.40s-%u%s", name, p + 1, suffix);
	if (r == 0)
		r = gt_write_atomic(dir, file, text->p, text->len, 0644);
	gt_buf_done(text);
	if (r < 0)
		return gt_err_sys(e, r, "cannot write %s", file);
	if (!quiet)
		gt_buf_fmt(&out->buf, " %s", file);
	return 0;
}

int gt_diagnose_plots(struct gt_cli_out *out, const struct gt_diagnosis *r, const char *dir,
		      bool quiet, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;
	struct gt_buf text = {0};
	int ret = gt_mkdirs(dir);

	fd = ret < 0 ? ret : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return gt_err_sys(e, ret < 0 ? ret : -errno, "cannot make %.200s", dir);
	if (!quiet)
		gt_buf_str(&out->buf, "\nwritten:");
	for (uint32_t p = 0; p < r->n_process && ret == 0; p++) {
		for (unsigned i = 0; i < GT_PLOT_COUNT && ret == 0; i++)
			if (gt_diagnosis_plot(r, p, (enum gt_diagnosis_plot)i, &text))
				ret = put(out, fd, gt_diagnosis_plot_names[i], ".svg", p, &text,
					  quiet, e);
		if (ret == 0 && gt_diagnosis_folded(r, p, &text))
			ret = put(out, fd, "gc-path", ".folded", p, &text, quiet, e);
	}
	if (!quiet)
		gt_buf_str(&out->buf, "\n");
	return ret;
}
