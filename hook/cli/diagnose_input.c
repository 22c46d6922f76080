/*
 * Reads a log: raw, gzip or zstd, told apart by its first bytes. Effects: reads from a descriptor.
 * What is in it is hostile: memory stays bounded however it was compressed. Runs in the worker.
 */
#include <zlib.h>
#include <zstd.h>

#include "diagnose.h"

#define CHUNK	   (256u << 10)
#define WINDOW_LOG 25 /* zstd: 32 MiB of history at most */

enum packing { RAW, GZIP, ZSTD };
struct gt_log_source {
	int fd; /* of this call */
	enum packing packing;
	bool begun, ended, in_frame; /* in_frame: a compressed stream is not whole yet */
	size_t at, have;	     /* of in */
	z_stream z;
	bool has_z;
	ZSTD_DStream *zstd;
	char in[CHUNK], out[CHUNK];
};

struct gt_log_source *gt_log_new(void)
{
	struct gt_log_source *s = malloc(sizeof(*s));

	if (s)
		memset(s, 0, offsetof(struct gt_log_source, in));
	return s;
}

void gt_log_free(struct gt_log_source *s)
{
	if (!s)
		return;
	if (s->has_z)
		(void)inflateEnd(&s->z); /* only frees */
	(void)ZSTD_freeDStream(s->zstd); /* takes NULL */
	free(s);
}

bool gt_log_is_packed(const struct gt_log_source *s)
{
	return s->packing != RAW;
}

bool gt_log_has_more(const struct gt_log_source *s)
{
	return s->at < s->have;
}

static int fill(struct gt_log_source *s, struct gt_err *e)
{
	ssize_t n;

	if (s->at > 0)
		memmove(s->in, s->in + s->at, s->have - s->at);
	s->have -= s->at;
	s->at = 0;
	do {
		n = read(s->fd, s->in + s->have, sizeof(s->in) - s->have);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return gt_err_sys(e, -errno, "cannot read the log");
	s->ended = n == 0;
	s->have += (size_t)n;
	return 0;
}

static int begin(struct gt_log_source *s, struct gt_err *e)
{
	static const char gzip[] = "\x1f\x8b", zstd[] = "\x28\xb5\x2f\xfd";
	int r = 0;

	while (r == 0 && s->have < 4 && !s->ended)
		r = fill(s, e);
	if (r < 0)
		return r;
	s->begun = true;
	if (s->have >= 2 &&
	    (memcmp(s->in, "\xff\xfe", 2) == 0 || memcmp(s->in, "\xfe\xff", 2) == 0))
		return gt_err_set(e, -EINVAL,
				  "it is UTF-16, as PowerShell's > writes it: convert "
				  "it by iconv -f UTF-16 -t UTF-8");
	if (s->have >= 2 && memcmp(s->in, gzip, 2) == 0) {
		s->packing = GZIP;
		s->has_z = inflateInit2(&s->z, 15 + 16) == Z_OK;
		if (!s->has_z)
			return gt_err_set(e, -ENOMEM, "out of memory");
	} else if (s->have >= 4 && memcmp(s->in, zstd, 4) == 0) {
		s->packing = ZSTD;
		s->zstd = ZSTD_createDStream();
		if (!s->zstd || ZSTD_isError(ZSTD_initDStream(s->zstd)) ||
		    ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG)))
			return gt_err_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

static int unpack_gzip(struct gt_log_source *s, size_t *ret_n, struct gt_err *e)
{
	int r;

	s->z.next_in = (Bytef *)(s->in + s->at);
	s->z.avail_in = (uInt)(s->have - s->at);
	s->z.next_out = (Bytef *)s->out;
	s->z.avail_out = sizeof(s->out);
	r = inflate(&s->z, Z_NO_FLUSH);
	s->at = s->have - s->z.avail_in;
	*ret_n = sizeof(s->out) - s->z.avail_out;
	s->in_frame = r != Z_STREAM_END;
	if (r == Z_STREAM_END) /* another member may follow */
		r = inflateReset(&s->z);
	if (r != Z_OK && r != Z_BUF_ERROR)
		return gt_err_set(e, -EBADMSG, "the gzip file is broken: %s",
				  s->z.msg ? s->z.msg : "?");
	return 0;
}

static int unpack_zstd(struct gt_log_source *s, size_t *ret_n, struct gt_err *e)
{
	ZSTD_inBuffer in = {s->in, s->have, s->at};
	ZSTD_outBuffer out = {s->out, sizeof(s->out), 0};
	size_t r = ZSTD_decompressStream(s->zstd, &out, &in);

	if (ZSTD_isError(r))
		return gt_err_set(e, -EBADMSG, "the zstd file is broken: %s", ZSTD_getErrorName(r));
	s->at = in.pos;
	s->in_frame = r != 0;
	*ret_n = out.pos;
	return 0;
}

static int unpack(struct gt_log_source *s, size_t *ret_n, struct gt_err *e)
{
	int r = 0;

	*ret_n = 0;
	while (r == 0 && *ret_n == 0) {
		if (s->at == s->have) {
			if (s->ended)
				break;
			r = fill(s, e);
			if (r < 0 || s->have == s->at)
				continue;
		}
		r = s->packing == GZIP ? unpack_gzip(s, ret_n, e) : unpack_zstd(s, ret_n, e);
	}
	if (r == 0 && *ret_n == 0 && s->in_frame)
		return gt_err_set(e, -EBADMSG, "the %s file ends in its middle: it was cut",
				  s->packing == GZIP ? "gzip" : "zstd");
	return r;
}

int gt_log_next(struct gt_log_source *s, int fd, const char **ret, size_t *ret_n, struct gt_err *e)
{
	int r;

	s->fd = fd;
	if (!s->begun) {
		r = begin(s, e);
		if (r < 0)
			return r;
	}
	if (s->packing != RAW) {
		*ret = s->out;
		return unpack(s, ret_n, e);
	}
	if (s->at == s->have) {
		r = fill(s, e);
		if (r < 0)
			return r;
	}
	*ret = s->in + s->at;
	*ret_n = s->have - s->at;
	s->at = s->have;
	return 0;
}
