/*
 * A second reading of what opens a file or names a process, in this process: the worker's answer
 * counts only where both agree. Pure. It walks by indexes, and shares no code with pb.c.
 */
#include "request.h"

struct span {
	const unsigned char *p;
	size_t len;
};

/* The number at *AT. SIZE_MAX in *at: there is none. */
static uint64_t number_at(struct span m, size_t *at)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10 && *at < m.len; i++) {
		unsigned char c = m.p[(*at)++];

		v |= (uint64_t)(c & 127) << 7 * i;
		if (c < 128)
			return v;
	}
	*at = SIZE_MAX;
	return 0;
}

/* The last field with this tag (number and wire type in one): bytes in *RET, or a number in *RET_V.
 * False: there is none, or M is no message. */
static bool last(struct span m, uint64_t tag, struct span *ret, uint64_t *ret_v)
{
	bool found = false;

	for (size_t at = 0; at < m.len;) {
		uint64_t t = number_at(m, &at), n = 0;

		if (at == SIZE_MAX)
			return false;
		if ((t & 7) == 0 || (t & 7) == 2)
			n = number_at(m, &at);
		if (at == SIZE_MAX || (t & 7) == 3 || (t & 7) == 4 || (t & 7) > 5)
			return false;
		if (t == tag && (t & 7) == 0)
			*ret_v = n;
		if ((t & 7) == 0)
			n = 0;
		else if ((t & 7) != 2)
			n = (t & 7) == 1 ? 8 : 4;
		if (n > m.len - at)
			return false;
		if (t == tag && (t & 7) == 2)
			*ret = (struct span){m.p + at, (size_t)n};
		found = found || t == tag;
		at += (size_t)n;
	}
	return found;
}

#define BYTES(field)  ((uint64_t)(field) << 3 | 2)
#define NUMBER(field) ((uint64_t)(field) << 3)

static bool is_text(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

bool gt_nri_request_agrees(const struct gt_nri_request *r, const void *p, size_t len)
{
	const struct span all = {p, len};
	struct span method = {0}, m = {0}, container = {0}, id = {0};
	uint64_t pid = 0, event = 0, v = 0;
	bool change;

	if (r->call == GT_NRI_CALL_UNKNOWN || !r->has_container)
		return true; /* then nothing is done with it */
	if (!last(all, BYTES(2), &method, &v) || !is_text(method, r->method) ||
	    !last(all, BYTES(3), &m, &v))
		return false;
	change = is_text(method, "StateChange");
	if (!last(m, BYTES(change ? 3 : 2), &container, &v) ||
	    !last(container, BYTES(1), &id, &v) || !is_text(id, r->typed.id))
		return false;
	(void)last(container, NUMBER(12), &id, &pid); /* 0 is left out */
	if (change)
		(void)last(m, NUMBER(1), &id, &event);
	/* Of a start the pid is traced: it must be the start of that container that we were told
	 * of. */
	if (r->event == GT_NRI_START &&
	    !(change ? event == GT_NRI_START : is_text(method, "StartContainer")))
		return false;
	return (uint64_t)r->typed.pid == pid || r->typed.pid == 0;
}

bool gt_nri_mounts_agree(const struct gt_typed_root *root, const void *p, size_t len)
{
	const struct gt_strv *dirs = &root->dirs.v;

	for (const char *dir = gt_strv_next(dirs, NULL); dir; dir = gt_strv_next(dirs, dir)) {
		/* A part of a path would be another directory: it stands between these. */
		const char *at = p, *end = at + len;
		size_t n = strlen(dir);
		bool found = false;

		while (!found && n > 0) {
			at = memmem(at, (size_t)(end - at), dir, n);
			if (!at)
				return false;
			found = (at + n == end || (unsigned char)at[n] < 0x20 || at[n] == ':' ||
				 at[n] == '"') &&
				at > (const char *)p &&
				(at[-1] == '=' || at[-1] == ':' ||
				 (unsigned char)at[-1] == (n < 128 ? n : n >> 7));
			at++;
		}
		if (!found)
			return false;
	}
	return true;
}
