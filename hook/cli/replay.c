/*
 * gotune replay: decides again from the facts of records, and shows what would be different. Reads
 * records and the policy; changes nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* All records of one run. */
struct replaying {
	const struct gt_cli_args *args;
	struct gt_cli_out *out;
	struct gt_machine machine;
	struct gt_replay *r;
	struct gt_jw jw;
	struct gt_cli_table table;
	uint32_t same, different, unusable;
};

static const struct gt_cli_col cols[] = {
	{"CONTAINER", 14}, {"SETTING", 22}, {"WAS", 16}, {"WOULD BE", 16}, {"WHY", 24},
};

/* "2 (cpu-quota)", "kept (already-set)", "- (profile-null)" */
static void write_cell(const char *verdict, const char *value, char *buf, size_t cap)
{
	if (strcmp(verdict, gt_words_get(&gt_verdict_words, GT_VERDICT_SET)) == 0)
		(void)gt_copy_str(buf, cap, value); /* for people: may be cut */
	else
		(void)gt_copy_str(buf, cap, verdict);
}

static const struct gt_view_setting *find_row(const struct gt_record_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->n_setting; i++) {
		if (strcmp(v->setting[i].name, name) == 0)
			return &v->setting[i];
	}
	return NULL;
}

static bool is_same_row(const struct gt_view_setting *a, const struct gt_view_setting *b)
{
	return a && b && strcmp(a->verdict, b->verdict) == 0 && strcmp(a->value, b->value) == 0 &&
	       strcmp(a->reason, b->reason) == 0;
}

static void add_difference(struct replaying *k, const char *id, const struct gt_view_setting *was,
			   const struct gt_view_setting *now)
{
	const char *name = was ? was->name : now ? now->name : "";
	char before[64] = "-", after[64] = "-";

	if (was)
		write_cell(was->verdict, was->value, before, sizeof(before));
	if (now)
		write_cell(now->verdict, now->value, after, sizeof(after));
	gt_cli_table_row(&k->table, (const struct gt_cli_cell[]){
					    {id, GT_STYLE_BOLD},
					    {name, GT_STYLE_PLAIN},
					    {before, GT_STYLE_PLAIN},
					    {after, GT_STYLE_WARN},
					    {now ? now->reason : "", GT_STYLE_PLAIN},
				    });
}

/* The rows that differ. */
static uint32_t add_differences(struct replaying *k, const struct gt_record_view *was,
				const struct gt_record_view *now)
{
	char id[GT_ID_MAX];
	uint32_t n = 0;

	if (gt_full_id_ok(was->id))
		(void)snprintf(id, sizeof(id), "%.12s", was->id);
	else
		gt_copy_cut(id, was->id);
	for (uint32_t i = 0; i < now->n_setting; i++) {
		const struct gt_view_setting *old = find_row(was, now->setting[i].name);

		if (is_same_row(old, &now->setting[i]))
			continue;
		add_difference(k, id, old, &now->setting[i]);
		n++;
	}
	for (uint32_t i = 0; i < was->n_setting; i++) {
		if (find_row(now, was->setting[i].name))
			continue;
		add_difference(k, id, &was->setting[i], NULL);
		n++;
	}
	return n;
}

static void write_row(struct gt_jw *w, const char *key, const struct gt_view_setting *s)
{
	gt_jw_key(w, key);
	if (!s) {
		gt_jw_null(w);
		return;
	}
	gt_jw_open(w, '{');
	gt_jw_member(w, "verdict", s->verdict);
	gt_jw_member(w, "value", *s->value ? s->value : NULL);
	gt_jw_member(w, "reason", s->reason);
	gt_jw_member(w, "why", s->why);
	gt_jw_close(w, '}');
}

static void write_change(struct gt_jw *w, const char *name, const struct gt_view_setting *was,
			 const struct gt_view_setting *now)
{
	gt_jw_open(w, '{');
	gt_jw_member(w, "name", name);
	write_row(w, "was", was);
	write_row(w, "now", now);
	gt_jw_close(w, '}');
}

/* A record in JSON: what would be different, and the whole of the new decision. */
static void write_object(struct replaying *k, const char *name, const struct gt_record_view *now,
			 bool same)
{
	const struct gt_record_view *was = &k->r->was;
	struct gt_jw *w = &k->jw;

	gt_jw_open(w, '{');
	gt_jw_member(w, "record", name);
	gt_jw_member(w, "id", was->id);
	gt_jw_key(w, "same");
	gt_jw_bool(w, same);
	gt_jw_member_opt(w, "profile_was", was->profile);
	gt_jw_member_opt(w, "profile", now->profile);
	gt_jw_member_opt(w, "rule_was", was->rule);
	gt_jw_member_opt(w, "rule", now->rule);
	gt_jw_key(w, "annotations_left_out");
	gt_jw_u64(w, k->r->annotations_left_out);
	gt_jw_key(w, "changes");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < now->n_setting; i++) {
		const struct gt_view_setting *old = find_row(was, now->setting[i].name);

		if (!is_same_row(old, &now->setting[i]))
			write_change(w, now->setting[i].name, old, &now->setting[i]);
	}
	for (uint32_t i = 0; i < was->n_setting; i++) {
		if (!find_row(now, was->setting[i].name))
			write_change(w, was->setting[i].name, &was->setting[i], NULL);
	}
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

/* Are the settings of both, byte for byte, the same? */
static bool same_bytes(const char *doc, size_t len, const struct gt_buf *again)
{
	size_t n = 0, m = 0;
	const char *was = gt_record_settings(doc, len, &n);
	const char *now = gt_record_settings(again->p ? again->p : "", again->len, &m);

	return n > 0 && n == m && memcmp(was, now, n) == 0;
}

/* Annotations that the record has not may be what a rule of the policy asks for. */
static bool asks_annotations(const struct gt_policy *p)
{
	for (uint32_t i = 0; i < p->n_rule; i++) {
		if (p->rule[i].n_annotation > 0)
			return true;
	}
	return false;
}

static int unusable(struct replaying *k, const char *name, const char *why)
{
	k->unusable++;
	return gt_cli_fail(k->out, GT_EXIT_BROKEN, "%s: %s", name, why);
}

static int replay_text(struct replaying *k, const char *name, const char *doc, size_t len)
{
	_cleanup_(gt_buf_done) struct gt_buf again = {0};
	_cleanup_free_ struct gt_record_view *now = malloc(sizeof(*now));
	struct gt_err e = {0};
	bool same;

	if (!now)
		return gt_cli_fail(k->out, GT_EXIT_SYSTEM, "out of memory");
	if (gt_record_replay_parse(doc, len, k->r, &e) < 0)
		return unusable(k, name, e.msg);
	if (gt_decide_replay(&k->machine, k->r, &e) < 0)
		return gt_cli_fail(k->out, GT_EXIT_SYSTEM, "%s", e.msg);
	if (k->r->annotations_left_out > 0 && asks_annotations(&k->machine.policy))
		return unusable(
			k, name,
			"this record has not enough facts: a rule asks for annotations, and "
			"some were too long to be kept");
	gt_record_view_of(&k->r->rec, now);
	/* A record that is kept is compact; explain prints one for people. */
	gt_record_json(&k->r->rec, len > 1 && doc[1] == '\n', &again);
	if (again.error)
		return gt_cli_fail(k->out, GT_EXIT_SYSTEM, "out of memory");
	same = same_bytes(doc, len, &again);
	if (k->args->json)
		write_object(k, name, now, same);
	else if (!same && add_differences(k, &k->r->was, now) == 0)
		gt_cli_table_note(&k->table, GT_STYLE_DIM, "only the words of a reason differ");
	*(same ? &k->same : &k->different) += 1;
	return GT_EXIT_OK;
}

/* ---- which records ---- */

static int replay_fd(struct replaying *k, const char *name, int fd)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = gt_read_all(fd, GT_RECORD_MAX, 0, &doc, &len);

	if (r < 0)
		return unusable(k, name, strerror(-r));
	return replay_text(k, name, doc, len);
}

/* WHAT is a file, or a container's id or the beginning of one. */
static int replay_named(struct replaying *k, int records, const char *what)
{
	_cleanup_close_ int fd = open(what, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *doc = NULL;
	char id[GT_ID_MAX];
	struct gt_err e = {0};
	struct stat st;
	size_t len = 0;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return replay_fd(k, what, fd);
	if (records < 0)
		return unusable(k, what, "neither a file nor a container that has a record");
	if (gt_record_find(records, what, id, &e) < 0 ||
	    gt_record_view_load(records, id, &k->r->was, &doc, &len, &e) < 0)
		return unusable(k, what, e.msg);
	return replay_text(k, id, doc, len);
}

static int replay_all(struct replaying *k, int records)
{
	char(*id)[GT_ID_MAX] = NULL;
	uint32_t n = 0, more = 0;
	int ret = GT_EXIT_OK, r;

	r = records < 0 ? -ENOENT : gt_record_ids(records, &id, &n, &more);
	if (r < 0 && r != -ENOENT)
		return gt_cli_fail(k->out, GT_EXIT_SYSTEM, "cannot list the records: %s",
				   strerror(-r));
	for (uint32_t i = 0; i < n && ret != GT_EXIT_SYSTEM; i++)
		ret = replay_named(k, records, id[i]);
	free(id);
	if (more > 0)
		(void)gt_cli_fail(k->out, GT_EXIT_OK, "%u more records were not looked at", more);
	return ret == GT_EXIT_SYSTEM ? ret : GT_EXIT_OK;
}

/* ---- what is printed ---- */

static void print_table(struct replaying *k)
{
	char text[160];

	if (k->different > 0) {
		gt_cli_table_end(&k->table, k->out);
		gt_buf_str(&k->out->buf, "\n");
	}
	(void)snprintf(text, sizeof(text),
		       "%u of %u records would be decided differently; %u as they were%s",
		       k->different, k->same + k->different, k->same,
		       k->unusable ? "; of some nothing can be told" : "");
	gt_cli_para(k->out, 0, GT_STYLE_BOLD, text);
}

static int print(struct replaying *k, struct gt_buf *json)
{
	if (!k->args->json) {
		print_table(k);
		return 0;
	}
	gt_jw_close(&k->jw, ']');
	gt_jw_key(&k->jw, "same");
	gt_jw_u64(&k->jw, k->same);
	gt_jw_key(&k->jw, "different");
	gt_jw_u64(&k->jw, k->different);
	gt_jw_key(&k->jw, "unusable");
	gt_jw_u64(&k->jw, k->unusable);
	gt_jw_close(&k->jw, '}');
	if (json->error)
		return gt_cli_fail(k->out, GT_EXIT_SYSTEM, "out of memory");
	gt_cli_json(k->out, json->p, json->len);
	return 0;
}

static int replay(struct replaying *k, int records)
{
	const struct gt_cli_args *a = k->args;
	int ret = GT_EXIT_OK;

	if (a->n_pos == 0)
		ret = replay_all(k, records);
	for (unsigned i = 0; i < a->n_pos && ret != GT_EXIT_SYSTEM; i++)
		ret = replay_named(k, records, a->pos[i]);
	return ret == GT_EXIT_SYSTEM ? ret : GT_EXIT_OK;
}

static int run_replay(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_(gt_buf_done) struct gt_buf json = {0};
	_cleanup_close_ int records = -1;
	struct replaying k = {.args = a, .out = out, .machine = GT_MACHINE_NONE};
	char own[GT_RECORD_DIR_CAP];
	struct gt_err e = {0};
	int ret;

	records = gt_record_dir_open(gt_cli_record_dir(a, own), false, &e);
	if (records < 0 && records != -ENOENT && a->n_pos == 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	k.machine.sysroot = a->value[GT_OPT_SYSROOT];
	k.machine.policy_file = a->value[GT_OPT_POLICY];
	k.machine.only_looks = true;
	k.table = (struct gt_cli_table){.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	k.r = malloc(sizeof(*k.r));
	if (!k.r)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	gt_jw_init(&k.jw, &json, true);
	gt_jw_open(&k.jw, '{');
	gt_jw_key(&k.jw, "records");
	gt_jw_open(&k.jw, '[');
	ret = replay(&k, records);
	if (ret == GT_EXIT_OK)
		ret = print(&k, &json);
	free(k.r);
	gt_buf_done(&k.table.text);
	gt_machine_done(&k.machine);
	if (ret == GT_EXIT_OK && (k.different > 0 || k.unusable > 0))
		ret = GT_EXIT_BROKEN;
	return ret;
}

const struct gt_cli_command gt_cmd_replay = {
	.name = "replay",
	.operands = "[RECORD...]",
	.summary = "decide again from records, and show what would differ",
	.about =
		"Takes the facts of each RECORD (a file, or a container's id; without any, all "
		"records of this machine) and decides again: under the policy of today, or under "
		"another one (--policy FILE, or a directory with the same files). Prints each "
		"setting that would be different. Nothing is changed. Exit status 0: nothing would differ; "
		"1: something would, or a record has not enough facts.\n",
	.options = GT_OPTS_POLICY | GT_OPTS_RECORDS | GT_OPTS_FORMAT,
	.max_pos = GT_CLI_POS_MAX,
	.missing = "give records: gotune replay RECORD...",
	.run = run_replay,
};
