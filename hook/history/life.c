/*
 * A life as a line of text, and back. Pure.
 */
#include <stdio.h>
#include <zlib.h>

#include "gotune/base.h"
#include "gotune/history.h"

#define PREFIX 9 /* the checksum's digits and a space */

static void write_number(struct gt_jw *w, const char *key, bool has, uint64_t v)
{
	if (!has)
		return;
	gt_jw_key(w, key);
	gt_jw_u64(w, v);
}

static void write_usage(struct gt_jw *w, const struct gt_usage *u)
{
	write_number(w, "periods", u->has_periods, u->periods);
	write_number(w, "throttled", u->has_periods, u->throttled);
	write_number(w, "throttled_us", u->has_periods, u->throttled_us);
	write_number(w, "limit", u->has_limit, u->limit_bytes);
	write_number(w, "oom_kills", u->has_oom_kills, u->oom_kills);
	write_number(w, "cpu_wait_us", u->has_pressure[GT_PRESSURE_CPU],
		     u->some_us[GT_PRESSURE_CPU]);
	write_number(w, "memory_wait_us", u->has_pressure[GT_PRESSURE_MEMORY],
		     u->some_us[GT_PRESSURE_MEMORY]);
	write_number(w, "io_wait_us", u->has_pressure[GT_PRESSURE_IO], u->some_us[GT_PRESSURE_IO]);
}

void gt_life_write(const struct gt_life *l, struct gt_buf *out)
{
	struct gt_buf json = {0};
	struct gt_jw w;

	gt_jw_init(&w, &json, false);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "id", l->id);
	gt_jw_member(&w, "image", l->image);
	gt_jw_member(&w, "profile", l->profile);
	gt_jw_member(&w, "rule", l->rule);
	gt_jw_member(&w, "mode", l->mode);
	gt_jw_member(&w, "go", l->go);
	gt_jw_key(&w, "tuned");
	gt_jw_bool(&w, l->tuned);
	if (l->rollout != 0) {
		write_number(&w, "rollout", true, l->rollout);
		gt_jw_member(&w, "arm", l->arm);
		gt_jw_key(&w, "early");
		gt_jw_bool(&w, l->early);
	}
	write_number(&w, "ended", true, l->ended_s);
	write_number(&w, "seconds", true, l->seconds);
	write_number(&w, "peak", l->peak_bytes > 0, l->peak_bytes);
	write_usage(&w, &l->usage);
	gt_jw_close(&w, '}');
	if (json.error)
		out->error = json.error;
	else
		gt_buf_fmt(out, "%08lx %s\n", crc32(0, (const Bytef *)json.p, (uInt)json.len),
			   json.p);
	gt_buf_done(&json);
}

#define TEXT(key, member)                                                               \
	{                                                                               \
		key, GT_FIELD_CUT, offsetof(struct gt_life, member),                    \
			sizeof(((struct gt_life *)NULL)->member), GT_FIELD_NO_HAS, NULL \
	}
#define NUMBER(key, member, has)                                                  \
	{                                                                         \
		key, GT_FIELD_U64, offsetof(struct gt_life, member), 8, has, NULL \
	}
#define HAS(member) offsetof(struct gt_life, usage.member)
static const struct gt_field fields[] = {
	{"", GT_FIELD_OBJECT, 0, 0, GT_FIELD_NO_HAS, NULL},
	TEXT("id", id),
	TEXT("image", image),
	TEXT("profile", profile),
	TEXT("rule", rule),
	TEXT("mode", mode),
	TEXT("go", go),
	{"tuned", GT_FIELD_BOOL, offsetof(struct gt_life, tuned), 1, GT_FIELD_NO_HAS, NULL},
	NUMBER("rollout", rollout, GT_FIELD_NO_HAS),
	TEXT("arm", arm),
	{"early", GT_FIELD_BOOL, offsetof(struct gt_life, early), 1, GT_FIELD_NO_HAS, NULL},
	NUMBER("ended", ended_s, GT_FIELD_NO_HAS),
	NUMBER("seconds", seconds, GT_FIELD_NO_HAS),
	NUMBER("peak", peak_bytes, GT_FIELD_NO_HAS),
	NUMBER("periods", usage.periods, HAS(has_periods)),
	NUMBER("throttled", usage.throttled, GT_FIELD_NO_HAS),
	NUMBER("throttled_us", usage.throttled_us, GT_FIELD_NO_HAS),
	NUMBER("limit", usage.limit_bytes, HAS(has_limit)),
	NUMBER("oom_kills", usage.oom_kills, HAS(has_oom_kills)),
	NUMBER("cpu_wait_us", usage.some_us[GT_PRESSURE_CPU], HAS(has_pressure[GT_PRESSURE_CPU])),
	NUMBER("memory_wait_us", usage.some_us[GT_PRESSURE_MEMORY],
	       HAS(has_pressure[GT_PRESSURE_MEMORY])),
	NUMBER("io_wait_us", usage.some_us[GT_PRESSURE_IO], HAS(has_pressure[GT_PRESSURE_IO])),
};

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	int r;

	if (ev->type == GT_JSON_MAP_END)
		return 0;
	r = gt_field_take(fields, GT_ARRAY_LEN(fields), ctx, ev, e);
	return r < 0 ? r : 0; /* a key of a later version */
}

/* The checksum that LINE begins with. */
static bool parse_sum(const char *line, size_t len, unsigned long *ret)
{
	char digits[PREFIX];
	char *end;

	if (len <= PREFIX || line[PREFIX - 1] != ' ' || !gt_copy(digits, sizeof(digits), line, 8) ||
	    strspn(digits, "0123456789abcdef") != 8)
		return false;
	*ret = strtoul(digits, &end, 16);
	return *end == '\0';
}

int gt_life_parse(const char *line, size_t len, struct gt_life *ret)
{
	struct gt_life l = {0};
	unsigned long sum = 0;

	if (len > GT_LIFE_LINE_MAX || !parse_sum(line, len, &sum) ||
	    crc32(0, (const Bytef *)line + PREFIX, (uInt)(len - PREFIX)) != sum)
		return -EBADMSG;
	if (gt_json_walk(line + PREFIX, len - PREFIX, 0, take, &l, NULL, NULL) < 0 || !l.id[0])
		return -EINVAL;
	*ret = l;
	return 0;
}
