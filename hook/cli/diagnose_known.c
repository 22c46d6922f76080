/*
 * What is known of a container beside its log: its record says what its program got, its cgroup
 * what bounds it now. Effects: reads both.
 */
#include <time.h>

#include "diagnose.h"
#include "gotune/inspect.h"
#include "gotune/record.h"

static const struct gt_view_setting *setting(const struct gt_record_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->n_setting; i++)
		if (strcmp(v->setting[i].name, name) == 0)
			return &v->setting[i];
	return NULL;
}

/* What the program got: what we set, or what was there before. */
static const char *value_of(const struct gt_record_view *v, const char *name)
{
	const struct gt_view_setting *s = setting(v, name);

	if (!s)
		return "";
	if (s->applied == GT_YES && s->value[0])
		return s->value;
	return s->has_before ? s->before : "";
}

static void know_record(const struct gt_record_view *v, struct gt_diagnose_known *k)
{
	const char *gogc = value_of(v, "GOGC"), *limit = value_of(v, "GOMEMLIMIT");
	const char *debug = value_of(v, "GODEBUG");

	gt_copy_cut(k->source, "record");
	gt_copy_cut(k->go, v->go);
	k->gogc_off = strcmp(gogc, "off") == 0;
	k->has_gogc = k->gogc_off || gt_parse_i64(gogc, &k->gogc) == 0;
	if (!k->has_gogc && !*gogc && setting(v, "GOGC")) {
		k->has_gogc = true; /* Go's own default */
		k->gogc = 100;
	}
	if (gt_parse_go_bytes(limit, &k->gomemlimit) != 0)
		k->gomemlimit = 0;
	k->asyncpreemptoff = strstr(debug, "asyncpreemptoff=1") ? GT_YES : GT_UNKNOWN;
}

/* The first process of the container, if nobody else has said it. */
static void know_process(const struct gt_record_view *v, struct gt_log_found *f)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	int64_t pid = 0;

	if (f->init == 0 && root >= 0 && !gt_record_is_gone(root, v, time(NULL), &pid) && pid > 0)
		f->init = pid;
}

static void read_record(const char *dir, struct gt_log_found *f)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	_cleanup_close_ int fd = v ? gt_record_dir_open(dir, false, NULL) : -1;

	if (fd >= 0 && gt_record_view_load(fd, f->id, v, NULL, NULL, NULL) == 0) {
		know_record(v, &f->known);
		know_process(v, f);
	}
	free(v);
}

static void read_cpu_stat(int root, int64_t pid, struct gt_diagnose_known *k)
{
	struct gt_cg_places *p = calloc(1, sizeof(*p));
	_cleanup_close_ int dir = -1;
	char text[4096];

	if (!p)
		return;
	gt_cg_find(root, pid, NULL, p);
	if (p->ctl[GT_CTL_CPU].has_path)
		dir = gt_cg_open(root, &p->ctl[GT_CTL_CPU], p->ctl[GT_CTL_CPU].below);
	if (dir >= 0 && gt_root_read(dir, "cpu.stat", text, sizeof(text)) == 0 &&
	    gt_diagnose_cpu_stat(text, strlen(text), k) < 0)
		k->has_cpu_stat = false;
	free(p);
}

/* The tightest quota and memory limit above the process, as they are now. */
static void read_cgroup(int64_t pid, struct gt_diagnose_known *k)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	struct gt_cgroup_facts *f = calloc(1, sizeof(*f));
	char path[GT_PATH_CAP];

	if (f && root >= 0) {
		gt_inspect_cgroup(root, pid, f, path, NULL);
		for (uint32_t i = 0; i < f->n_level; i++) {
			const struct gt_level *l = &f->level[i];

			if (l->has_quota && l->period_us &&
			    (!k->quota_us ||
			     l->quota_us * k->period_us < k->quota_us * l->period_us)) {
				k->quota_us = l->quota_us;
				k->period_us = l->period_us;
			}
			if (l->has_mem_max && (!k->memory_max || l->mem_max_bytes < k->memory_max))
				k->memory_max = l->mem_max_bytes;
		}
		read_cpu_stat(root, pid, k);
	}
	free(f);
}

void gt_log_know(const char *record_dir, struct gt_log_found *f)
{
	read_record(record_dir, f);
	if (f->init > 0)
		read_cgroup(f->init, &f->known);
}
