/*
 * From a program's file to its table of functions. Effects: reads and maps the file; runs in the
 * sandboxed worker.
 */
#include "gotune/gosym.h"

/* Names are in what is not executed, but for programs that a C linker has put in one segment. */
static int find_names(int fd, struct gt_sym_image *im, struct gt_sym_names *names, struct gt_err *e)
{
	int r = gt_sym_image_map(im, fd, false);

	if (r == 0)
		r = gt_sym_names_find(im, names);
	if (r == -ENOENT)
		r = gt_sym_image_map(im, fd, true);
	if (r == 0 && !names->p)
		r = gt_sym_names_find(im, names);
	if (r == -EFBIG)
		return gt_err_set(e, r, "its file has larger segments than we read");
	if (r == -ENOENT)
		return gt_err_set(e, -EBADMSG, "its file has no table of functions");
	return r < 0 ? gt_err_sys(e, r, "its file cannot be read") : 0;
}

int gt_sym_open(int fd, const unsigned char *auxv, size_t auxv_len, struct gt_sym_image *im,
		struct gt_sym_names *names, struct gt_err *e)
{
	static unsigned char head[GT_SYM_HEAD_MAX];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	int r = n < 0 ? -errno : 0;

	if (r < 0)
		return gt_err_sys(e, r, "its file cannot be read");
	r = gt_sym_image_parse(head, (size_t)n, im);
	if (r == 0)
		r = gt_sym_image_place(im, auxv, auxv_len);
	if (r < 0)
		return gt_err_set(e, r, "its ELF headers are not those of a running program");
	return find_names(fd, im, names, e);
}
