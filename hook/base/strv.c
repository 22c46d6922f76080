/*
 * Vectors of strings, packed in the arena at the end of their struct. Pure.
 *
 * The last vector that was written grows in place. One that grows again after another was begun
 * moves to the end of the arena first; the room that it had is lost. What does not fit is counted.
 */
#include "gotune/base.h"

void gt_arena_init(struct gt_arena *a, size_t cap)
{
	*a = (struct gt_arena){.cap = (uint32_t)cap};
}

void gt_strv_init(struct gt_strv *v, const struct gt_arena *a)
{
	*v = (struct gt_strv){.arena = (uint32_t)((const char *)a - (const char *)v)};
}

void gt_strv_clear(struct gt_strv *v)
{
	*v = (struct gt_strv){.arena = v->arena};
}

void gt_list_init(struct gt_list *l)
{
	gt_arena_init(&l->arena.a, sizeof(l->arena.room));
	gt_strv_init(&l->v, &l->arena.a);
}

static const struct gt_arena *arena_of(const struct gt_strv *v)
{
	return (const struct gt_arena *)(const void *)((const char *)v + v->arena);
}

static struct gt_arena *arena_to_write(struct gt_strv *v)
{
	return (struct gt_arena *)(void *)((char *)v + v->arena);
}

static const char *text_of(const struct gt_strv *v)
{
	return (const char *)(arena_of(v) + 1) + v->at;
}

void gt_list_copy(struct gt_list *l, const struct gt_strv *from)
{
	gt_list_init(l);
	l->v.n = from->n;
	l->v.used = from->used;
	l->v.dropped = from->dropped;
	l->arena.a.used = from->used;
	if (from->used > 0)
		memcpy(l->arena.room, text_of(from), from->used);
}

size_t gt_list_len(const struct gt_list *l)
{
	return offsetof(struct gt_list, arena.room) + l->arena.a.used;
}

/* Makes LEN more bytes of V's, NULs included; NULL when they do not fit. */
static char *grow(struct gt_strv *v, size_t len)
{
	struct gt_arena *a = arena_to_write(v);
	char *room = (char *)(a + 1);
	bool is_last = v->at + v->used == a->used;
	size_t move = is_last ? 0 : v->used;

	if (v->arena == 0 || len > GT_STRV_CAP - v->used || len + move > a->cap - a->used)
		return NULL;
	if (!is_last) {
		memcpy(room + a->used, room + v->at, v->used);
		v->at = a->used;
		a->used += v->used;
	}
	v->used += (uint32_t)len;
	a->used += (uint32_t)len;
	return room + a->used - len;
}

static char *put(char *at, const char *s, size_t len)
{
	memcpy(at, s, len);
	at[len] = '\0';
	return at + len + 1;
}

int gt_strv_add(struct gt_strv *v, const char *s, size_t len)
{
	bool nul = memchr(s, '\0', len) != NULL;
	char *at = nul || len >= GT_STRV_CAP ? NULL : grow(v, len + 1);

	if (!at) {
		v->dropped++;
		return nul ? -EINVAL : -E2BIG;
	}
	(void)put(at, s, len);
	v->n++;
	return 0;
}

int gt_strv_add_pair(struct gt_strv *v, const char *k, size_t klen, const char *s, size_t slen)
{
	bool nul = memchr(k, '\0', klen) || memchr(s, '\0', slen);
	bool long_ = klen >= GT_STRV_CAP || slen >= GT_STRV_CAP;
	char *at = nul || long_ ? NULL : grow(v, klen + slen + 2);

	if (!at) {
		v->dropped++;
		return nul ? -EINVAL : -E2BIG;
	}
	(void)put(put(at, k, klen), s, slen);
	v->n += 2;
	return 0;
}

const char *gt_strv_next(const struct gt_strv *v, const char *prev)
{
	const char *text = v->used > 0 ? text_of(v) : NULL;
	const char *next = prev ? prev + strlen(prev) + 1 : text;

	return text && next < text + v->used ? next : NULL;
}

const char *gt_strv_at(const struct gt_strv *v, uint32_t i)
{
	const char *s = gt_strv_next(v, NULL);

	while (s && i-- > 0)
		s = gt_strv_next(v, s);
	return s;
}

const char *gt_strv_pair(const struct gt_strv *v, const char *key)
{
	const char *found = NULL;

	for (const char *k = gt_strv_next(v, NULL), *s; k; k = gt_strv_next(v, s)) {
		s = gt_strv_next(v, k);
		if (!s)
			break;
		if (strcmp(k, key) == 0)
			found = s;
	}
	return found;
}

bool gt_strv_valid(const struct gt_strv *v, const struct gt_arena *a, size_t cap)
{
	const char *room = (const char *)(a + 1);
	uint32_t nuls = 0;

	if ((const char *)v + v->arena != (const char *)a || a->cap != cap || a->used > cap ||
	    v->used > GT_STRV_CAP || v->at > a->used || v->used > a->used - v->at)
		return false;
	if (v->used > 0 && room[v->at + v->used - 1] != '\0')
		return false;
	for (uint32_t i = 0; i < v->used; i++)
		nuls += room[v->at + i] == '\0';
	return nuls == v->n;
}
