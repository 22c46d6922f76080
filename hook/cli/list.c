/*
 * gotune list: the records of this machine. Removes those whose process is gone, where the caller
 * may write there; otherwise marks them. Effects: reads /proc and the directory of records, unlinks
 * records.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "lessons.h"

#define SHORT_ID 12

static const struct gt_cli_col cols[] = {
	{"ID", 16}, {"PROFILE", 12},	      {"MODE", 7}, {"GO", 10}, {"SET", 5},
	{"AGE", 5}, {"PROGRAM", GT_CLI_WIDTH}};

/* One listing under way. */
struct listing {
	const struct gt_cli_args *args;
	struct gt_cli_out *out;
	const char *dir;
	int dirfd, root;
	bool may_write;
	int64_t now;
	struct gt_record_view *view;
	struct gt_cli_table table;
	struct gt_pages lessons; /* none: nothing was learned */
	struct gt_jw jw;
	unsigned shown, removed, gone, bad;
};

static bool is_hex(const char *s)
{
	return s[strspn(s, "0123456789abcdef")] == '\0';
}

/* An engine's 64 hex digits are cut as engines cut them; a name that a person chose is not. */
static void short_id(const char *id, char ret[GT_ID_MAX])
{
	size_t len = strlen(id);

	(void)gt_copy(ret, GT_ID_MAX, id, len > 32 && is_hex(id) ? SHORT_ID : len);
}

static void age_of(const struct listing *l, const struct gt_record_view *v, char buf[16])
{
	static const struct {
		int64_t seconds, until;
		const char *unit;
	} step[] = {{1, 120, "s"}, {60, 7200, "m"}, {3600, 172800, "h"}, {86400, INT64_MAX, "d"}};
	int64_t start, age;

	(void)gt_copy_str(buf, 16, "-");
	if (gt_record_time(v->started_at, &start) != 0 || start > l->now)
		return;
	age = l->now - start;
	for (unsigned i = 0; i < GT_ARRAY_LEN(step); i++) {
		if (age < step[i].until) {
			buf[0] = '\0';
			(void)gt_append_u64(buf, 16, (uint64_t)(age / step[i].seconds));
			(void)gt_append(buf, 16, step[i].unit);
			return;
		}
	}
}

static bool has_reason(const struct gt_record_view *v, const char *reason)
{
	for (uint32_t i = 0; i < v->n_setting; i++)
		if (strcmp(v->setting[i].reason, reason) == 0)
			return true;
	return false;
}

static void row(struct listing *l, const struct gt_record_view *v, bool gone)
{
	char id[GT_ID_MAX], set[24], age[16];

	short_id(v->id, id);
	(void)snprintf(set, sizeof(set), "%u/%u", v->n_applied, v->n_set);
	age_of(l, v, age);
	gt_cli_table_row(&l->table,
			 (const struct gt_cli_cell[]){
				 {id, GT_STYLE_BOLD},
				 {v->profile, GT_STYLE_PLAIN},
				 {v->mode, GT_STYLE_PLAIN},
				 {v->go[0] ? v->go : v->program_kind, GT_STYLE_PLAIN},
				 {set, v->n_applied == v->n_set ? GT_STYLE_GOOD : GT_STYLE_WARN},
				 {gone ? "gone" : age, gone ? GT_STYLE_WARN : GT_STYLE_PLAIN},
				 {v->path, GT_STYLE_PLAIN},
			 });
	if (has_reason(v, gt_words_get(&gt_reason_words, GT_R_ASYNCPREEMPTOFF_RISK)))
		gt_cli_table_note(
			&l->table, GT_STYLE_WARN,
			"asyncpreemptoff-risk: a loop without calls stops the whole program");
	if (*v->drifted_at)
		gt_cli_table_note(&l->table, GT_STYLE_WARN,
				  "The limits were changed after the decision: the program keeps "
				  "what it was started with. A restart decides again.");
	if (*v->spiral_at)
		gt_cli_table_note(&l->table, GT_STYLE_BAD,
				  "A death spiral: for a minute, garbage collection near the limit "
				  "took a quarter of its CPU or more.");
}

static void object(struct listing *l, const struct gt_record_view *v, int64_t pid, bool gone)
{
	struct gt_jw *w = &l->jw;

	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "id", v->id);
	gt_jw_key(w, "pid");
	gt_jw_i64(w, pid);
	gt_jw_key(w, "pid_start");
	gt_jw_u64(w, v->pid_start);
	gt_jw_member_opt(w, "profile", v->profile);
	gt_jw_member_opt(w, "mode", v->mode);
	gt_jw_member_opt(w, "go", v->go);
	gt_jw_member_opt(w, "program", v->path);
	gt_jw_key(w, "set");
	gt_jw_u64(w, v->n_set);
	gt_jw_key(w, "applied");
	gt_jw_u64(w, v->n_applied);
	gt_jw_member_opt(w, "started_at", v->started_at);
	gt_jw_member_opt(w, "drifted_at", v->drifted_at);
	gt_jw_member_opt(w, "spiral_at", v->spiral_at);
	gt_jw_member_opt(w, "rollout_rule", v->rollout_rule);
	gt_jw_member_opt(w, "rollout_arm", v->rollout_arm);
	gt_jw_key(w, "gone");
	gt_jw_bool(w, gone);
	gt_jw_close(w, '}');
}

static void one(struct listing *l, const char *id)
{
	struct gt_err e = {0};
	int64_t pid;
	bool gone;
	int r = gt_record_view_load(l->dirfd, id, l->view, NULL, NULL, &e);

	if (r == -ENOENT) /* removed while we looked */
		return;
	if (r < 0) {
		l->bad++;
		(void)gt_cli_fail(l->out, GT_EXIT_BROKEN,
				  "%s/containers/%s.json: %s; if it is not needed, remove it",
				  l->dir, id, e.msg);
		return;
	}
	gone = gt_record_is_gone(l->root, l->view, l->now, &pid);
	if (gone && l->may_write && gt_record_remove(l->dirfd, id, &e) == 0) {
		l->removed++;
		return;
	}
	l->gone += gone;
	l->shown++;
	if (l->args->json)
		object(l, l->view, pid, gone);
	else
		row(l, l->view, gone);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void footer(struct listing *l)
{
	uint64_t count[GT_COUNT_COUNT];
	char text[256];

	if (l->shown == 0)
		gt_cli_para(l->out, 0, GT_STYLE_PLAIN, "No container has a record now.");
	gt_cli_table_end(&l->table, l->out);
	gt_buf_str(&l->out->buf, l->shown > 0 ? "\n" : "");
	(void)snprintf(text, sizeof(text), "%u container%s", l->shown, plural(l->shown));
	if (l->removed > 0)
		(void)snprintf(text, sizeof(text),
			       "%u container%s; removed %u whose process is gone", l->shown,
			       plural(l->shown), l->removed);
	if (l->removed > 0 || l->shown > 0)
		gt_cli_para(l->out, 0, GT_STYLE_DIM, text);
	gt_cli_rolled_back(&l->lessons, l->out);
	if (l->dirfd < 0 || gt_record_counters(l->dirfd, count) != 0)
		return;
	(void)snprintf(text, sizeof(text), "since the start: %llu decided, %llu tuned, %llu failed",
		       (unsigned long long)count[GT_COUNT_DECIDED],
		       (unsigned long long)count[GT_COUNT_TUNED],
		       (unsigned long long)count[GT_COUNT_FAILED]);
	gt_cli_para(l->out, 0, GT_STYLE_DIM, text);
}

static void end_json(struct listing *l)
{
	uint64_t count[GT_COUNT_COUNT];
	bool known = l->dirfd >= 0 && gt_record_counters(l->dirfd, count) == 0;

	gt_jw_close(&l->jw, ']');
	gt_jw_key(&l->jw, "removed");
	gt_jw_u64(&l->jw, l->removed);
	gt_jw_key(&l->jw, "counters");
	gt_jw_open(&l->jw, '{');
	for (unsigned i = 0; i < GT_COUNT_COUNT; i++) {
		gt_jw_key(&l->jw, gt_words_get(&gt_counter_words, i));
		if (known)
			gt_jw_u64(&l->jw, count[i]);
		else
			gt_jw_null(&l->jw);
	}
	gt_jw_close(&l->jw, '}');
	gt_cli_rolled_back_json(&l->lessons, &l->jw);
	gt_jw_close(&l->jw, '}');
	gt_buf_str(&l->out->buf, "\n");
}

static int all(struct listing *l)
{
	char(*id)[GT_ID_MAX] = NULL;
	uint32_t n = 0, more = 0;
	int r = gt_record_ids(l->dirfd, &id, &n, &more);

	if (r < 0 && r != -ENOENT)
		return gt_cli_fail(l->out, GT_EXIT_SYSTEM, "cannot list the records: %s",
				   strerror(-r));
	for (uint32_t i = 0; i < n; i++)
		one(l, id[i]);
	free(id);
	if (more > 0)
		(void)gt_cli_fail(l->out, GT_EXIT_OK, "%u more records were not looked at", more);
	return l->bad > 0 ? GT_EXIT_BROKEN : GT_EXIT_OK;
}

/* The records, then what is said after them. */
static int print(struct listing *l)
{
	struct gt_buf json = {0};
	int ret = GT_EXIT_OK;

	if (l->args->json) {
		gt_jw_init(&l->jw, &json, true);
		gt_jw_open(&l->jw, '{');
		gt_jw_key(&l->jw, "containers");
		gt_jw_open(&l->jw, '[');
	}
	if (l->dirfd >= 0)
		ret = all(l);
	if (!l->args->json) {
		footer(l);
		return ret;
	}
	end_json(l);
	if (json.error)
		l->out->buf.error = json.error;
	else
		gt_cli_json(l->out, json.p, json.len);
	gt_buf_done(&json);
	return ret;
}

static int run_list(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	char own[GT_RECORD_DIR_CAP];
	const char *dir = gt_cli_record_dir(a, own);
	_cleanup_close_ int dirfd = -1, root = -1;
	struct listing l = {.args = a, .out = out, .dir = dir, .now = time(NULL)};
	struct gt_err e = {0};
	int ret;

	dirfd = gt_record_dir_open(dir, false, &e);
	if (dirfd == -EACCES || dirfd == -EPERM)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s; run it as root", e.msg);
	if (dirfd < 0 && dirfd != -ENOENT)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	root = gt_root_open(NULL, &e);
	l.dirfd = dirfd;
	l.root = root;
	l.may_write = dirfd >= 0 && faccessat(dirfd, "containers", W_OK, AT_EACCESS) == 0;
	l.table = (struct gt_cli_table){.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	l.view = malloc(sizeof(*l.view));
	if (!l.view)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	if (root >= 0) /* who is not root may not read them */
		(void)!gt_lessons_read(root, a->value[GT_OPT_STATE_DIR], &l.lessons);
	ret = print(&l);
	gt_pages_done(&l.lessons);
	free(l.view);
	return ret;
}

const struct gt_cli_command gt_cmd_list = {
	.name = "list",
	.operands = "",
	.summary = "list the containers that were decided about",
	.about = "Lists the decision records of this machine. A record whose process is "
		 "gone is removed, where the caller may; otherwise it is marked gone.\n",
	.options = GT_OPTS_RECORDS | GT_OPTS_FORMAT | GT_OPT_BIT(GT_OPT_STATE_DIR),
	.missing = "gotune list takes no arguments",
	.run = run_list,
};
