/*
 * A decision record as a page of text, for explain and show. Pure but for the output buffer.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/record.h"

static const struct gt_cli_col setting_cols[] = {
	{"SETTING", 20}, {"VERDICT", 7}, {"VALUE", 16}, {"BEFORE", 10}, {"REASON", GT_CLI_WIDTH}};
static const struct gt_cli_col fact_cols[] = {
	{"FACT", 24}, {"VALUE", 20}, {"SOURCE", GT_CLI_WIDTH}};

/* "A, B, C" of the parts that are not empty. */
static void join(char *buf, size_t cap, const char *label, const char *part)
{
	if (*part == '\0')
		return;
	(void)gt_append(buf, cap, *buf ? ", " : "");
	(void)gt_append(buf, cap, label);
	(void)gt_append(buf, cap, part);
}

/* "decided at exec; probably /app (via sh; entry.sh)": a program that only its exec will tell. */
static void predicted_line(struct gt_cli_out *o, const struct gt_record_view *v)
{
	char text[GT_PATH_CAP + sizeof(v->via) + 64] = "decided at exec", via[sizeof(v->via)];
	bool is_known = strcmp(v->note, "at-exec") != 0;

	gt_copy_cut(via, v->via);
	if (gt_has_suffix(via, "; "))
		via[strlen(via) - 2] = '\0';
	if (v->path[0]) {
		(void)gt_append(text, sizeof(text), is_known ? "; probably " : "; first ");
		(void)gt_append(text, sizeof(text), v->path);
	}
	if (*via) {
		(void)gt_append(text, sizeof(text), " (via ");
		(void)gt_append(text, sizeof(text), via);
		(void)gt_append(text, sizeof(text), ")");
	}
	gt_cli_field(o, "Program", GT_STYLE_PLAIN, text);
}

static void program_lines(struct gt_cli_out *o, const struct gt_record_view *v)
{
	static const char *const cgo[] = {[GT_UNKNOWN] = "", [GT_NO] = "off", [GT_YES] = "on"};
	char text[1024] = "";

	if (v->predicted == GT_YES)
		predicted_line(o, v);
	else
		gt_cli_field(o, "Program", GT_STYLE_PLAIN, v->path);
	join(text, sizeof(text), "", v->go[0] ? v->go : v->program_kind);
	if (v->go[0])
		join(text, sizeof(text), "cgo ", cgo[v->cgo]);
	join(text, sizeof(text), "main ", v->main_path);
	join(text, sizeof(text), "automaxprocs ", v->automaxprocs);
	join(text, sizeof(text), "automemlimit ", v->automemlimit);
	join(text, sizeof(text), "started by ", v->predicted == GT_YES ? "" : v->via);
	join(text, sizeof(text), "", v->note);
	gt_cli_field(o, "", GT_STYLE_PLAIN, text);
}

static void header(struct gt_cli_out *o, const struct gt_record_view *v)
{
	char text[1024] = "";

	gt_cli_field(o, "Container", GT_STYLE_BOLD, v->id);
	gt_cli_field(o, "Bundle", GT_STYLE_PLAIN, v->bundle);
	join(text, sizeof(text), "", v->runtime);
	join(text, sizeof(text), "engine ", strcmp(v->engine, "unknown") == 0 ? "" : v->engine);
	join(text, sizeof(text), "image ", v->image);
	if (*text)
		gt_cli_field(o, "Run by", GT_STYLE_PLAIN, text);
	program_lines(o, v);
	(void)snprintf(text, sizeof(text), "%s, %s%s", *v->profile ? v->profile : "none",
		       *v->rule ? "by rule " : "by no rule", v->rule);
	gt_cli_field(o, "Profile", GT_STYLE_PLAIN, text);
	gt_cli_field(o, "Mode", GT_STYLE_PLAIN, v->mode);
	(void)snprintf(text, sizeof(text), "%s, in %.1f ms%s%s",
		       *v->started_at ? v->started_at : "-", (double)v->duration_us / 1000.0,
		       *v->stage ? ", stage " : "", v->stage);
	gt_cli_field(o, "Decided", GT_STYLE_PLAIN, text);
	if (*v->drifted_at) {
		(void)snprintf(text, sizeof(text),
			       "the limits were changed at %s; the program keeps what it was "
			       "started with",
			       v->drifted_at);
		gt_cli_field(o, "Drifted", GT_STYLE_WARN, text);
	}
	if (*v->spiral_at) {
		(void)snprintf(
			text, sizeof(text),
			"at %s: for a minute, garbage collection near the limit took a quarter "
			"of its CPU or more",
			v->spiral_at);
		gt_cli_field(o, "Spiral", GT_STYLE_BAD, text);
	}
	if (*v->rollout_rule) {
		(void)snprintf(text, sizeof(text), "%s of rule %s", v->rollout_arm,
			       v->rollout_rule);
		gt_cli_field(o, "Roll-out", GT_STYLE_PLAIN, text);
	}
	if (*v->message)
		gt_cli_field(o, "Note", GT_STYLE_WARN, v->message);
}

/* A verdict's word, and how a set one went: it is in the column that people read first. */
static struct gt_cli_cell verdict_cell(const struct gt_view_setting *s)
{
	struct gt_cli_cell cell = {s->verdict, GT_STYLE_DIM};

	if (strcmp(s->verdict, "keep") == 0)
		cell.style = GT_STYLE_PLAIN;
	if (strcmp(s->verdict, "set") != 0)
		return cell;
	cell.style = s->applied == GT_NO ? GT_STYLE_BAD : GT_STYLE_GOOD;
	if (s->applied != GT_UNKNOWN)
		cell.text = s->applied == GT_YES ? "applied" : "failed";
	return cell;
}

/* Is the sentence of row I said below the next one too? Then once is enough. */
static bool said_below(const struct gt_record_view *v, uint32_t i)
{
	return i + 1 < v->n_setting && *v->setting[i].error == '\0' &&
	       strcmp(v->setting[i].why, v->setting[i + 1].why) == 0;
}

static void settings(struct gt_cli_out *o, const struct gt_record_view *v)
{
	struct gt_cli_table t = {.col = setting_cols, .n_col = GT_ARRAY_LEN(setting_cols)};
	char text[256];

	for (uint32_t i = 0; i < v->n_setting; i++) {
		const struct gt_view_setting *s = &v->setting[i];
		bool set = strcmp(s->verdict, "set") == 0;

		gt_cli_table_row(&t, (const struct gt_cli_cell[]){
					     {s->name, GT_STYLE_BOLD},
					     verdict_cell(s),
					     {s->value, set ? GT_STYLE_BOLD : GT_STYLE_PLAIN},
					     {s->has_before ? s->before : "", GT_STYLE_PLAIN},
					     {s->reason, GT_STYLE_PLAIN},
				     });
		if (*s->why && !said_below(v, i))
			gt_cli_table_note(&t, GT_STYLE_DIM, s->why);
		if (*s->error) {
			(void)snprintf(text, sizeof(text), "Not applied: %s", s->error);
			gt_cli_table_note(&t, GT_STYLE_BAD, text);
		}
	}
	gt_buf_str(&o->buf, "\n");
	if (v->n_setting == 0)
		gt_cli_para(o, 0, GT_STYLE_PLAIN, "No setting was considered.");
	gt_cli_table_end(&t, o);
}

/* A size in whole MiB, as people write limits; anything else as it is. */
static const char *readable(const struct gt_view_fact *f, char buf[32])
{
	uint64_t v;

	if (!strstr(f->key, "memory") || gt_parse_u64(f->value, &v) != 0 || v == 0 ||
	    v % (1u << 20) != 0)
		return f->value;
	(void)snprintf(buf, 32, "%lluMiB", (unsigned long long)(v >> 20));
	return buf;
}

/* The facts that are not known, in one sentence: each is the reason for some row above. */
static void unknown(struct gt_cli_out *o, const struct gt_record_view *v)
{
	struct gt_buf b = {0};

	for (uint32_t i = 0; i < v->n_fact; i++) {
		/* Of a list's entry it goes without saying: a cgroup without a limit, say. */
		if (*v->fact[i].value || strchr(v->fact[i].key, '.'))
			continue;
		gt_buf_fmt(&b, "%s%s", b.len ? ", " : "Not known: ", v->fact[i].key);
	}
	if (b.error)
		o->buf.error = b.error;
	else if (b.len > 0)
		gt_cli_para(o, 0, GT_STYLE_DIM, b.p);
	gt_buf_done(&b);
}

static void facts(struct gt_cli_out *o, const struct gt_record_view *v)
{
	struct gt_cli_table t = {.col = fact_cols, .n_col = GT_ARRAY_LEN(fact_cols)};
	char buf[32];

	if (v->n_fact == 0)
		return;
	for (uint32_t i = 0; i < v->n_fact; i++) {
		const struct gt_view_fact *f = &v->fact[i];

		if (*f->value)
			gt_cli_table_row(&t, (const struct gt_cli_cell[]){
						     {f->key, GT_STYLE_PLAIN},
						     {readable(f, buf), GT_STYLE_PLAIN},
						     {f->source, GT_STYLE_DIM},
					     });
	}
	gt_buf_str(&o->buf, "\n");
	gt_cli_table_end(&t, o);
	unknown(o, v);
}

static void warnings(struct gt_cli_out *o, const struct gt_record_view *v)
{
	char text[64];

	if (v->n_warning > 0)
		gt_cli_heading(o, "WARNINGS");
	for (uint32_t i = 0; i < v->n_warning; i++)
		gt_cli_para(o, 2, GT_STYLE_WARN, v->warning[i]);
	if (v->dropped > 0) {
		(void)snprintf(text, sizeof(text), "%u more entries; see --format json",
			       v->dropped);
		gt_cli_para(o, 0, GT_STYLE_DIM, text);
	}
}

void gt_cli_record(struct gt_cli_out *o, const struct gt_record_view *v)
{
	header(o, v);
	settings(o, v);
	facts(o, v);
	warnings(o, v);
}
