/*
 * From a record's JSON back to the facts that it was made of. Pure.
 *
 * A record is root's own file, but it quotes what a container said, and may be damaged: each number
 * is checked for its range, each list for its length, and what does not fit is -ENODATA.
 */
#include "replay.h"
#include "replay_lists.h"

struct member {
	const char *path;
	size_t off, cap;
};
#define IN(path, member)                                                                           \
	{                                                                                          \
		path, offsetof(struct gt_facts, member), sizeof(((struct gt_facts *)NULL)->member) \
	}

/* Text of other parts of the record. */
static const struct member texts[] = {
	IN("id", ident.id),
	IN("bundle", ident.bundle),
	IN("runtime", ident.runtime),
	IN("stage", ident.stage),
	IN("image", ident.image),
	IN("pid_file", ident.pid_file),
	IN("facts/cgroup_path", ident.cgroup),
	IN("program/path", program.path),
	IN("program/go", program.go),
	IN("program/main", program.main_path),
	IN("program/automaxprocs", program.automaxprocs),
	IN("program/automaxprocs_replaced", program.automaxprocs_replaced),
	IN("program/automemlimit", program.automemlimit),
	IN("program/automemlimit_replaced", program.automemlimit_replaced),
	IN("program/godebug_default", program.godebug_default),
	IN("program/via", program.via),
	IN("program/arch", program.arch),
};

static const struct member tris[] = {
	IN("program/cgo", program.cgo),
	IN("program/can_exec", program.can_exec),
	IN("program/loads_later", program.loads_later),
};

static const struct member bools[] = {
	IN("program/modules_known", program.has_modules),
	IN("program/predicted", program.predicted),
	IN("facts/cgroup_hybrid", cgroup.hybrid),
};

/* Facts with a source: "facts/NAME/value" and "facts/NAME/source". */
static const struct member facts[] = {
	IN("shares", config.shares),	     IN("sched_latency_ns", host.sched_latency_ns),
	IN("nr_open", host.nr_open),	     IN("memory_total", host.memory_total),
	IN("swappiness", cgroup.swappiness), IN("swap_max", cgroup.swap_max),
	IN("lesson_starts", lesson.starts),  IN("lesson_beside", lesson.beside),
	IN("lesson_oom_kills", lesson.ooms), IN("lesson_spirals", lesson.spirals),
};
static const struct member cpu_sets[] = {
	IN("cpus_online", host.online),
	IN("cpuset", config.cpuset),
	IN("cpuset_effective", cgroup.effective),
	IN("affinity", affinity),
};

static const char *const owner_words[] = {"unknown", "host", "container"};
static const struct gt_words owners = {owner_words, GT_ARRAY_LEN(owner_words)};

/* Words of closed lists. */
static const struct word {
	const char *path;
	const struct gt_words *words;
	size_t off;
} words[] = {
	{"engine", &gt_engine_words, offsetof(struct gt_facts, ident.engine)},
	{"program/kind", &gt_prog_kind_words, offsetof(struct gt_facts, program.kind)},
	{"program/note", &gt_prog_note_words, offsetof(struct gt_facts, program.note)},
	{"facts/net_namespace", &owners, offsetof(struct gt_facts, net)},
	{"facts/ipc_namespace", &owners, offsetof(struct gt_facts, ipc)},
	{"facts/barrier", &gt_barrier_words, offsetof(struct gt_facts, barrier)},
	{"facts/trouble", &gt_trouble_words, offsetof(struct gt_facts, trouble)},
};

static void *at(struct gt_facts *f, size_t off)
{
	return (char *)f + off;
}

static int take_text(struct gt_facts *f, const struct member *m, const struct gt_json_event *ev)
{
	if (ev->type == GT_JSON_NULL)
		return 0;
	return ev->type == GT_JSON_STRING && gt_copy(at(f, m->off), m->cap, ev->text, ev->len)
		       ? 0
		       : -ENODATA;
}

static int take_word(struct gt_facts *f, const struct word *w, const struct gt_json_event *ev)
{
	char text[64];
	uint32_t v;
	int i;

	if (ev->type == GT_JSON_NULL)
		return 0;
	if (ev->type != GT_JSON_STRING || !gt_copy(text, sizeof(text), ev->text, ev->len))
		return -ENODATA;
	i = gt_words_find(w->words, text);
	if (i < 0)
		return -ENODATA;
	v = (uint32_t)i;
	memcpy(at(f, w->off), &v, sizeof(v));
	return 0;
}

static int take_number(const struct gt_json_event *ev, uint64_t *ret)
{
	if (ev->type == GT_JSON_STRING && ev->len == 3 && memcmp(ev->text, "max", 3) == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	return gt_field_u64(ev, ret) == 0 ? 0 : -ENODATA;
}

static int take_cpus(const struct gt_json_event *ev, struct gt_cpus *ret)
{
	char list[8192];

	if (ev->type != GT_JSON_STRING || !gt_copy(list, sizeof(list), ev->text, ev->len) ||
	    gt_cpus_parse(list, ret) < 0)
		return -ENODATA; /* also a list that was cut: it ends in "..." */
	return 0;
}

/* facts/NAME/value or facts/NAME/source */
static int take_fact(struct gt_facts *f, const struct gt_json_event *ev)
{
	const char *name = ev->path[1].key;
	bool value = ev->path[2].key && strcmp(ev->path[2].key, "value") == 0;

	for (size_t i = 0; name && i < GT_ARRAY_LEN(facts); i++) {
		struct gt_fact *to = at(f, facts[i].off);

		if (strcmp(name, facts[i].path) != 0)
			continue;
		if (!value)
			return gt_copy(to->where, sizeof(to->where), ev->text, ev->len) ? 0
											: -ENODATA;
		to->known = true;
		return take_number(ev, &to->v);
	}
	for (size_t i = 0; name && i < GT_ARRAY_LEN(cpu_sets); i++) {
		struct gt_fact_cpus *to = at(f, cpu_sets[i].off);

		if (strcmp(name, cpu_sets[i].path) != 0)
			continue;
		if (!value)
			return gt_copy(to->where, sizeof(to->where), ev->text, ev->len) ? 0
											: -ENODATA;
		to->known = true;
		return take_cpus(ev, &to->v);
	}
	if (name && value)
		return gt_replay_take_limits(f, name, ev);
	return 0;
}

static int take_member(struct gt_facts *f, const struct gt_json_event *ev)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++) {
		if (gt_json_at(ev, texts[i].path))
			return take_text(f, &texts[i], ev);
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(words); i++) {
		if (gt_json_at(ev, words[i].path))
			return take_word(f, &words[i], ev);
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(tris); i++) {
		if (gt_json_at(ev, tris[i].path) && ev->type == GT_JSON_BOOL)
			*(enum gt_tri *)at(f, tris[i].off) = ev->b ? GT_YES : GT_NO;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(bools); i++) {
		if (gt_json_at(ev, bools[i].path) && ev->type == GT_JSON_BOOL)
			*(bool *)at(f, bools[i].off) = ev->b;
	}
	if (gt_json_at(ev, "pid") && ev->type == GT_JSON_INT && ev->i >= 0)
		f->ident.pid = ev->i;
	return 0;
}

/* replay/KEY, or an element of a fact there. */
static int take_field(struct gt_facts *f, const struct gt_replay_field *field,
		      const struct gt_json_event *ev)
{
	struct gt_fact *fact = at(f, field->off);
	uint64_t v = 0;
	uint32_t number;

	switch (field->type) {
	case GT_REPLAY_TEXT:
		return take_text(f, &(struct member){NULL, field->off, field->cap}, ev);
	case GT_REPLAY_BOOL:
		if (ev->type != GT_JSON_BOOL)
			return -ENODATA;
		*(bool *)at(f, field->off) = ev->b;
		return 0;
	case GT_REPLAY_ENUM:
		if (take_number(ev, &v) < 0 || v >= field->cap)
			return -ENODATA;
		number = (uint32_t)v;
		memcpy(at(f, field->off), &number, sizeof(number));
		return 0;
	case GT_REPLAY_FACT:
		break;
	}
	if (ev->depth != 3)
		return 0;
	if (ev->path[2].index == 0) {
		fact->known = true;
		return take_number(ev, &fact->v);
	}
	return ev->type == GT_JSON_STRING &&
			       gt_copy(fact->where, sizeof(fact->where), ev->text, ev->len)
		       ? 0
		       : -ENODATA;
}

static int take_replay(struct gt_replay *r, struct gt_list *row, const struct gt_json_event *ev)
{
	const char *key = ev->path[1].key;

	if (ev->type == GT_JSON_ARRAY_END && ev->depth == 3)
		return gt_replay_end_row(r, row, key);
	if (ev->type > GT_JSON_STRING)
		return 0;

	for (unsigned i = 0; i < gt_n_replay_fields; i++) {
		if (strcmp(key, gt_replay_fields[i].key) == 0)
			return take_field(&r->rec.facts, &gt_replay_fields[i], ev);
	}
	return gt_replay_take_list(r, row, key, ev);
}

struct reading {
	struct gt_replay *r;
	bool has_version, is_broken;
	struct gt_list row;
};

static bool is_scalar(enum gt_json_type t)
{
	return t <= GT_JSON_STRING;
}

static int on_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct reading *k = ctx;
	int r = 0;

	(void)e;
	if (ev->depth == 0)
		return 0;
	if (gt_json_at(ev, "replay/version"))
		k->has_version = ev->type == GT_JSON_INT && ev->i == GT_REPLAY_VERSION;
	else if (ev->depth >= 2 && strcmp(ev->path[0].key, "replay") == 0 && ev->path[1].key)
		r = take_replay(k->r, &k->row, ev);
	else if (!is_scalar(ev->type))
		r = 0;
	else if (ev->depth == 3 && strcmp(ev->path[0].key, "facts") == 0)
		r = take_fact(&k->r->rec.facts, ev);
	else if (ev->depth == 4 && strcmp(ev->path[0].key, "facts") == 0)
		r = gt_replay_take_row(&k->r->rec.facts, ev);
	else
		r = take_member(&k->r->rec.facts, ev);
	k->is_broken = k->is_broken || r < 0;
	return 0;
}

/* An earlier stage's rows are told by what gt_decided_earlier has put behind their reasons. */
static void take_earlier(struct gt_replay *r)
{
	for (uint32_t i = 0; i < r->was.n_setting; i++) {
		const struct gt_view_setting *s = &r->was.setting[i];
		struct gt_earlier_row *row = &r->rec.earlier[r->rec.n_earlier];
		int reason = gt_words_find(&gt_reason_words, s->reason);

		if (reason < 0 || !gt_has_suffix(s->why, GT_RECORD_EARLIER_TAIL))
			continue;
		*row = (struct gt_earlier_row){.reason = (enum gt_reason)reason,
					       .has_before = s->has_before};
		gt_copy_cut(row->name, s->name);
		gt_copy_cut(row->kind, s->kind);
		gt_copy_cut(row->value, s->value);
		gt_copy_cut(row->before, s->before);
		gt_copy_cut(row->why, s->why);
		r->rec.n_earlier++;
	}
}

/* What was true before the container was created: whoever wrote the record may have filled it in
 * later. */
static void undo_later(struct gt_facts *f)
{
	if (strcmp(f->ident.stage, "create") == 0 || strcmp(f->ident.stage, "precreate") == 0)
		f->ident.pid = 0;
}

int gt_record_replay_parse(const char *doc, size_t len, struct gt_replay *ret, struct gt_err *e)
{
	struct reading k = {.r = ret};
	int r;

	gt_list_init(&k.row);
	memset(ret, 0, sizeof(*ret));
	gt_list_init(&ret->annotations);
	r = gt_record_view_parse(doc, len, &ret->was, e);
	if (r == 0)
		r = gt_json_walk(doc, len, 0, on_event, &k, NULL, e);
	if (r < 0)
		return r;
	if (!k.has_version)
		return gt_err_set(e, -ENODATA,
				  "this record has not enough facts: another version wrote it");
	if (k.is_broken)
		return gt_err_set(e, -ENODATA,
				  "this record has not enough facts: a part of them was cut, or is "
				  "damaged");
	ret->rec.facts.annotations = &ret->annotations.v;
	undo_later(&ret->rec.facts);
	take_earlier(ret);
	return 0;
}

/* ---- two decisions ---- */

struct span {
	size_t begin, end;
};

static int find_settings(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct span *s = ctx;

	(void)e;
	if (!gt_json_at(ev, "settings"))
		return 0;
	if (ev->type == GT_JSON_ARRAY_START)
		s->begin = ev->begin;
	if (ev->type == GT_JSON_ARRAY_END)
		s->end = ev->end;
	return 0;
}

const char *gt_record_settings(const char *doc, size_t len, size_t *ret_len)
{
	struct span s = {0};
	int r = gt_json_walk(doc, len, 0, find_settings, &s, NULL, NULL);

	*ret_len = r == 0 && s.end > s.begin ? s.end - s.begin : 0;
	return doc + s.begin;
}
