/*
 * Writes what a record keeps for a replay: as little as possible, since every record has it. Pure
 * but for the writer's heap.
 */
#include "replay.h"

static void open_key(struct gt_jw *w, const char *key, char bracket)
{
	gt_jw_key(w, key);
	gt_jw_open(w, bracket);
}

static void write_flag(struct gt_jw *w, const char *key, bool v)
{
	if (!v)
		return;
	gt_jw_key(w, key);
	gt_jw_bool(w, true);
}

static void write_fact(struct gt_jw *w, const char *key, const struct gt_fact *f)
{
	if (!f->known)
		return;
	open_key(w, key, '[');
	gt_jw_u64(w, f->v);
	gt_jw_str(w, f->where);
	gt_jw_close(w, ']');
}

static void write_field(const struct gt_facts *f, const struct gt_replay_field *at, struct gt_jw *w)
{
	const char *p = (const char *)f + at->off;
	uint32_t number;

	switch (at->type) {
	case GT_REPLAY_TEXT:
		if (*p)
			gt_jw_member(w, at->key, p);
		break;
	case GT_REPLAY_BOOL:
		write_flag(w, at->key, *(const bool *)(const void *)p);
		break;
	case GT_REPLAY_ENUM:
		memcpy(&number, p, sizeof(number));
		if (number == 0)
			break;
		gt_jw_key(w, at->key);
		gt_jw_u64(w, number);
		break;
	case GT_REPLAY_FACT:
		write_fact(w, at->key, (const struct gt_fact *)(const void *)p);
		break;
	}
}

/* [name, value, how many, too long] */
static void write_env(const struct gt_facts *f, struct gt_jw *w)
{
	open_key(w, "env", '[');
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		const struct gt_env_var *v = &f->var[i];

		if (!v->present)
			continue;
		gt_jw_open(w, '[');
		gt_jw_str(w, gt_var_name[i]);
		gt_jw_str(w, v->value);
		gt_jw_u64(w, v->count);
		gt_jw_bool(w, v->too_long);
		gt_jw_close(w, ']');
	}
	gt_jw_close(w, ']');
}

static void write_request(struct gt_jw *w, const char *key, enum gt_origin origin,
			  const char *value, bool too_long)
{
	gt_jw_open(w, '[');
	gt_jw_str(w, key);
	gt_jw_u64(w, origin);
	gt_jw_str(w, value);
	gt_jw_bool(w, too_long);
	gt_jw_close(w, ']');
}

/* [key, who asked, value, too long]: keys of ours, names of sysctls (which have a dot), and keys
 * that nobody knows (who asked: 0). */
static void write_requests(const struct gt_requests *q, struct gt_jw *w)
{
	open_key(w, "requests", '[');
	for (unsigned i = 0; i < GT_KEY_COUNT; i++) {
		if (q->key[i].origin != GT_ORIGIN_NONE)
			write_request(w, gt_words_get(&gt_key_words, i), q->key[i].origin,
				      q->key[i].value, q->key[i].too_long);
	}
	for (uint32_t i = 0; i < q->n_sysctl && i < GT_SYSCTL_MAX; i++)
		write_request(w, q->sysctl[i].name, q->sysctl[i].origin, q->sysctl[i].value, false);
	for (uint32_t i = 0; i < q->n_unknown && i < GT_UNKNOWN_KEYS_MAX; i++)
		write_request(w, q->unknown[i], GT_ORIGIN_NONE, "", false);
	gt_jw_close(w, ']');
}

/* [name, namespace, its owner, in config.json, exists, must exist, value] */
static void write_sysctls(const struct gt_facts *f, struct gt_jw *w)
{
	open_key(w, "sysctls", '[');
	for (uint32_t i = 0; i < f->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		const struct gt_sysctl_fact *s = &f->sysctl[i];

		gt_jw_open(w, '[');
		gt_jw_str(w, s->name);
		gt_jw_u64(w, s->ns);
		gt_jw_u64(w, s->owner);
		gt_jw_bool(w, s->in_config);
		gt_jw_u64(w, s->exists);
		gt_jw_bool(w, s->must_exist);
		gt_jw_str(w, s->value);
		gt_jw_close(w, ']');
	}
	gt_jw_close(w, ']');
}

/* [index, memory's path, CPU unreadable, memory unreadable] of levels where `facts` do not say it.
 */
static void write_levels(const struct gt_cgroup_facts *c, struct gt_jw *w)
{
	open_key(w, "levels", '[');
	for (uint32_t i = 0; i < c->n_level && i < GT_LEVELS_MAX; i++) {
		const struct gt_level *l = &c->level[i];

		if (strcmp(l->path, l->mem_path) == 0 && !l->cpu_unreadable && !l->mem_unreadable)
			continue;
		gt_jw_open(w, '[');
		gt_jw_u64(w, i);
		gt_jw_str(w, l->mem_path);
		gt_jw_bool(w, l->cpu_unreadable);
		gt_jw_bool(w, l->mem_unreadable);
		gt_jw_close(w, ']');
	}
	gt_jw_close(w, ']');
}

/* Pairs. Those that are too long are counted, as are those that nobody could hold. */
static void write_annotations(const struct gt_strv *have, struct gt_jw *w)
{
	uint32_t left_out = 0;
	size_t used = 0;

	open_key(w, "annotations", '[');
	for (const char *k = have ? gt_strv_next(have, NULL) : NULL; k;) {
		const char *v = gt_strv_next(have, k);
		size_t n = v ? strlen(k) + strlen(v) : 0;

		if (!v)
			break;
		if (n <= GT_REPLAY_ANNOTATION_MAX && used + n <= GT_REPLAY_ANNOTATIONS_MAX) {
			gt_jw_str(w, k);
			gt_jw_str(w, v);
			used += n;
		} else {
			left_out++;
		}
		k = gt_strv_next(have, v);
	}
	gt_jw_close(w, ']');
	if (have && have->dropped > 0) {
		gt_jw_key(w, "annotations_dropped");
		gt_jw_u64(w, have->dropped);
	}
	if (left_out > 0) {
		gt_jw_key(w, "annotations_left_out");
		gt_jw_u64(w, left_out);
	}
}

/* The CPUs of H whose core begins that many numbers before them. */
static void collect(const struct gt_host_facts *h, unsigned distance, struct gt_cpus *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned cpu = distance; cpu < GT_CPUS_MAX; cpu++) {
		if (h->core_of[cpu] == cpu - distance)
			gt_cpus_set(ret, cpu);
	}
}

/* [distance, CPUs]; none where nobody looked, or where it is beyond what this can say. */
static void write_smt(const struct gt_host_facts *h, struct gt_jw *w)
{
	unsigned distance[GT_REPLAY_SMT_MAX], n = 0;

	if (!h->smt_known)
		return;
	for (unsigned cpu = 0; cpu < GT_CPUS_MAX; cpu++) {
		unsigned i = 0;

		if (h->core_of[cpu] == GT_CORE_UNKNOWN)
			continue;
		while (i < n && distance[i] != cpu - h->core_of[cpu])
			i++;
		if (i == GT_REPLAY_SMT_MAX)
			return;
		distance[i] = cpu - h->core_of[cpu];
		n = i == n ? n + 1 : n;
	}
	open_key(w, "smt", '[');
	for (unsigned i = 0; i < n; i++) {
		struct gt_cpus cpus;
		char list[8192];

		collect(h, distance[i], &cpus);
		(void)gt_cpus_format(&cpus, list, sizeof(list)); /* "...": a replay sees it */
		gt_jw_open(w, '[');
		gt_jw_u64(w, distance[i]);
		gt_jw_str(w, list);
		gt_jw_close(w, ']');
	}
	gt_jw_close(w, ']');
}

/* [print, ...]: of the rules that were rolled back. */
static void write_rolled_back(const struct gt_facts *f, struct gt_jw *w)
{
	if (f->n_rolled_back == 0)
		return;
	open_key(w, "rolled_back", '[');
	for (uint32_t i = 0; i < f->n_rolled_back && i < GT_ROLLED_BACK_MAX; i++)
		gt_jw_u64(w, f->rolled_back[i]);
	gt_jw_close(w, ']');
}

void gt_record_write_replay(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_facts *f = &r->facts;

	gt_jw_open(w, '{');
	gt_jw_key(w, "version");
	gt_jw_u64(w, GT_REPLAY_VERSION);
	for (unsigned i = 0; i < gt_n_replay_fields; i++)
		write_field(f, &gt_replay_fields[i], w);
	write_env(f, w);
	write_requests(&f->req, w);
	write_sysctls(f, w);
	write_levels(&f->cgroup, w);
	write_annotations(f->annotations, w);
	write_smt(&f->host, w);
	write_rolled_back(f, w);
	write_flag(w, "awaits_nothing", r->plan.awaits_nothing);
	gt_jw_close(w, '}');
}
