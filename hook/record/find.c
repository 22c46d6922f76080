/*
 * Finds records in their directory: one by its id or by the beginning of its id, or all ids. It
 * also parses the time in a record. Effectful: reads below the directory that it is given; it needs
 * no privilege but to read there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

static int open_containers(int dirfd)
{
	int fd = openat(dirfd, GT_RECORD_CONTAINERS,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_record(int dirfd, const char *id)
{
	_cleanup_close_ int containers = open_containers(dirfd);
	_cleanup_close_ int fd = -1;
	char name[GT_ID_MAX + sizeof(GT_RECORD_SUFFIX)];
	struct stat st;

	if (containers < 0)
		return containers;
	(void)snprintf(name, sizeof(name), "%s%s", id, GT_RECORD_SUFFIX);
	fd = openat(containers, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? gt_take_fd(&fd) : -ENXIO;
}

int gt_record_view_load(int dirfd, const char *id, struct gt_record_view *ret, char **ret_doc,
			size_t *ret_len, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *doc = NULL;
	size_t len;
	int r;

	if (!gt_id_ok(id))
		return gt_err_set(e, -ENOENT, "no container has such an id");
	fd = open_record(dirfd, id);
	if (fd < 0)
		return gt_err_sys(e, fd, "cannot open the record");
	r = gt_read_all(fd, GT_RECORD_MAX, 0, &doc, &len);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read the record");
	r = gt_record_view_parse(doc, len, ret, e);
	if (r < 0)
		return r;
	if (strcmp(ret->id, id) != 0)
		return gt_err_set(e, -EINVAL, "the record is of another container, %s", ret->id);
	if (ret_doc) {
		*ret_doc = GT_TAKE_PTR(doc);
		*ret_len = len;
	}
	return 0;
}

/* The id that a file name stands for; false if it is not the name of a record. */
static bool id_of_name(const char *name, char ret[GT_ID_MAX])
{
	size_t len = strlen(name), tail = strlen(GT_RECORD_SUFFIX);

	return len > tail && gt_has_suffix(name, GT_RECORD_SUFFIX) &&
	       gt_copy(ret, GT_ID_MAX, name, len - tail) && gt_id_ok(ret);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int collect_ids(DIR *dir, char (**list)[GT_ID_MAX], uint32_t *n, uint32_t *dropped)
{
	uint32_t cap = 0;
	char id[GT_ID_MAX];

	for (struct dirent *d; errno = 0, (d = readdir(dir));) {
		if (!id_of_name(d->d_name, id))
			continue;
		if (*n == GT_VIEW_RECORD_MAX) {
			(*dropped)++;
			continue;
		}
		if (*n == cap) {
			void *more = reallocarray(*list, cap ? cap * 2 : 16, GT_ID_MAX);

			if (!more)
				return -ENOMEM;
			*list = more;
			cap = cap ? cap * 2 : 16;
		}
		memcpy((*list)[(*n)++], id, GT_ID_MAX);
	}
	return -errno;
}

int gt_record_ids(int dirfd, char (**ret)[GT_ID_MAX], uint32_t *ret_n, uint32_t *ret_dropped)
{
	int fd = open_containers(dirfd), r;
	char(*list)[GT_ID_MAX] = NULL;
	uint32_t n = 0, dropped = 0;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	r = collect_ids(dir, &list, &n, &dropped);
	closedir(dir);
	if (r < 0) {
		free(list);
		return r;
	}
	if (n > 0)
		qsort(list, n, GT_ID_MAX, by_name);
	*ret = list;
	*ret_n = n;
	if (ret_dropped)
		*ret_dropped = dropped;
	return 0;
}

/* Finds the first two ids of LIST that begin with PREFIX; or one, if it is exactly PREFIX. */
static unsigned match_ids(char (*list)[GT_ID_MAX], uint32_t n, const char *prefix,
			  uint32_t found[2])
{
	unsigned hits = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(list[i], prefix) == 0) {
			found[0] = i;
			return 1;
		}
		if (gt_has_prefix(list[i], prefix) && hits < 2)
			found[hits++] = i;
	}
	return hits;
}

int gt_record_find(int dirfd, const char *prefix, char ret[GT_ID_MAX], struct gt_err *e)
{
	_cleanup_free_ char(*list)[GT_ID_MAX] = NULL;
	uint32_t n = 0, found[2] = {0};
	unsigned hits;
	int r;

	if (*prefix == '\0')
		return gt_err_set(e, -EINVAL, "give an id");
	r = gt_record_ids(dirfd, &list, &n, NULL);
	if (r < 0 && r != -ENOENT)
		return gt_err_sys(e, r, "cannot list the records");
	hits = match_ids(list, n, prefix, found);
	if (hits == 0 || !list)
		return gt_err_set(e, -ENOENT, "no record of %.64s; gotune list has the ids",
				  prefix);
	if (hits > 1)
		return gt_err_set(e, -EEXIST, "%.64s could be %.64s or %.64s; give more of the id",
				  prefix, list[found[0]], list[found[1]]);
	memcpy(ret, list[found[0]], GT_ID_MAX);
	return 0;
}

/* --- time --------------------------------------------------------------------------------------
 */

/* Parses LEN digits at *S and moves *S behind them. False when they are not all digits. */
static bool parse_digits(const char **s, unsigned len, int64_t *ret)
{
	int64_t v = 0;

	for (unsigned i = 0; i < len; i++) {
		if ((*s)[i] < '0' || (*s)[i] > '9')
			return false;
		v = v * 10 + ((*s)[i] - '0');
	}
	*s += len;
	*ret = v;
	return true;
}

/*
 * Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that the
 * leap day comes last. timegm(3) would do, but reads the time zone's file.
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

int gt_record_time(const char *text, int64_t *ret)
{
	/* The parts of RFC 3339's date-time, the byte after each, and their bounds. */
	static const struct {
		unsigned len;
		char after;
		int64_t min, max;
	} part[6] = {{4, '-', 1970, 9999}, {2, '-', 1, 12}, {2, 'T', 1, 31},
		     {2, ':', 0, 23},	   {2, ':', 0, 59}, {2, '\0', 0, 60}};
	int64_t v[6];

	for (unsigned i = 0; i < GT_ARRAY_LEN(part); i++) {
		if (!parse_digits(&text, part[i].len, &v[i]) || v[i] < part[i].min ||
		    v[i] > part[i].max)
			return -EINVAL;
		if (part[i].after && *text++ != part[i].after)
			return -EINVAL;
	}
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++)
			;
	}
	if (strcmp(text, "Z") != 0)
		return -EINVAL;
	*ret = days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
	return 0;
}
