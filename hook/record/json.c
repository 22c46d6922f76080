/*
 * Writes the decision record as JSON; config/record.schema.json describes it. Pure but for the
 * writer's heap.
 */
#include <stdio.h>
#include <time.h>

#include "earlier.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "replay.h"
#include "text.h"

static void key_tri(struct gt_jw *w, const char *key, enum gt_tri v)
{
	gt_jw_key(w, key);
	switch (v) {
	case GT_UNKNOWN:
		gt_jw_null(w);
		break;
	case GT_NO:
	case GT_YES:
		gt_jw_bool(w, v == GT_YES);
		break;
	}
}

void gt_record_program(const struct gt_program *p, struct gt_jw *w)
{
	gt_jw_open(w, '{');
	gt_jw_member(w, "path", p->path);
	gt_jw_member(w, "kind", gt_words_get(&gt_prog_kind_words, p->kind));
	gt_jw_member_opt(w, "go", p->go);
	gt_jw_member_opt(w, "main", p->main_path);
	key_tri(w, "cgo", p->cgo);
	gt_jw_member_opt(w, "automaxprocs", p->automaxprocs);
	gt_jw_member_opt(w, "automaxprocs_replaced", p->automaxprocs_replaced);
	gt_jw_member_opt(w, "automemlimit", p->automemlimit);
	gt_jw_member_opt(w, "automemlimit_replaced", p->automemlimit_replaced);
	gt_jw_key(w, "modules_known");
	gt_jw_bool(w, p->has_modules);
	gt_jw_member(w, "godebug_default", p->has_godebug_default ? p->godebug_default : "");
	gt_jw_member_opt(w, "note", gt_words_get(&gt_prog_note_words, p->note));
	gt_jw_member_opt(w, "via", p->via);
	gt_jw_key(w, "predicted");
	gt_jw_bool(w, p->predicted);
	key_tri(w, "can_exec", p->can_exec);
	key_tri(w, "loads_later", p->loads_later);
	gt_jw_member_opt(w, "arch", p->arch);
	gt_jw_close(w, '}');
}

/* What an earlier stage of ours set, and this one found in its place. */
static void write_earlier(const struct gt_earlier_row *row, struct gt_jw *w)
{
	gt_jw_open(w, '{');
	gt_jw_member(w, "name", row->name);
	gt_jw_member(w, "kind", row->kind);
	gt_jw_member(w, "verdict", gt_words_get(&gt_verdict_words, GT_VERDICT_SET));
	gt_jw_member(w, "value", row->value);
	gt_jw_member(w, "before", row->has_before ? row->before : NULL);
	gt_jw_member(w, "reason", gt_words_get(&gt_reason_words, row->reason));
	gt_jw_member(w, "why", row->why);
	key_tri(w, "applied", GT_YES);
	gt_jw_member(w, "error", NULL);
	gt_jw_close(w, '}');
}

static void write_setting(const struct gt_record *r, uint32_t i, struct gt_jw *w)
{
	const struct gt_setting *s = &r->plan.setting[i];
	const struct gt_earlier_row *earlier = gt_record_earlier(r, s);
	char why[640];

	if (earlier) {
		write_earlier(earlier, w);
		return;
	}
	gt_record_why(r, i, why, sizeof(why));
	gt_jw_open(w, '{');
	gt_jw_member(w, "name", s->name);
	gt_jw_member(w, "kind", gt_words_get(&gt_setting_kind_words, gt_setting_kind(s->id)));
	gt_jw_member(w, "verdict", gt_words_get(&gt_verdict_words, s->verdict));
	gt_jw_member(w, "value", s->verdict == GT_VERDICT_SET ? s->value : NULL);
	gt_jw_member(w, "before", s->has_before ? s->before : NULL);
	gt_jw_member(w, "reason", gt_words_get(&gt_reason_words, s->reason));
	gt_jw_member(w, "why", why);
	key_tri(w, "applied", r->outcome[i].applied);
	gt_jw_member_opt(w, "error", r->outcome[i].error);
	gt_jw_close(w, '}');
}

static void write_warnings(const struct gt_record *r, struct gt_jw *w)
{
	gt_jw_key(w, "warnings");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < r->plan.n_warning && i < GT_WARNINGS_MAX; i++) {
		char why[640];

		gt_record_warning(r, i, why, sizeof(why));
		gt_jw_open(w, '{');
		gt_jw_member(w, "what", gt_words_get(&gt_warning_words, r->plan.warning[i].id));
		gt_jw_member_opt(w, "about", r->plan.warning[i].about);
		gt_jw_member(w, "why", why);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
	gt_jw_key(w, "warnings_dropped");
	gt_jw_u64(w, r->plan.warnings_dropped);
}

static void write_identity(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_ident *who = &r->facts.ident;

	gt_jw_member(w, "schema", GT_RECORD_SCHEMA);
	gt_jw_member(w, "id", who->id);
	gt_jw_member(w, "bundle", who->bundle);
	gt_jw_member(w, "engine", gt_words_get(&gt_engine_words, who->engine));
	gt_jw_member_opt(w, "runtime", who->runtime);
	gt_jw_member(w, "stage", who->stage);
	gt_jw_member_opt(w, "image", who->image);
	gt_jw_key(w, "pid");
	gt_jw_i64(w, who->pid);
	gt_jw_key(w, "pid_start");
	gt_jw_u64(w, who->pid_start);
	gt_jw_member_opt(w, "pid_file", who->pid_file);
	gt_jw_member(w, "mode", gt_words_get(&gt_mode_words, r->plan.mode));
	gt_jw_key(w, "selected");
	gt_jw_bool(w, r->plan.selected);
	gt_jw_member_opt(w, "profile", r->plan.profile);
	gt_jw_member_opt(w, "rule", r->plan.rule);
}

/* For gotuned: what it may learn of this start, and which arm it counts for. */
static void write_counting(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_rollout *o = &r->plan.rollout;
	char key[20];

	if (r->facts.lesson.key != 0) {
		(void)snprintf(key, sizeof(key), "%016llx",
			       (unsigned long long)r->facts.lesson.key);
		gt_jw_member(w, "lesson", key);
	}
	if (o->arm == GT_ARM_NONE)
		return;
	gt_jw_key(w, "rollout");
	gt_jw_open(w, '{');
	gt_jw_member(w, "rule", o->rule);
	gt_jw_member(w, "arm", gt_words_get(&gt_arm_words, o->arm));
	gt_jw_key(w, "print");
	gt_jw_u64(w, o->print);
	gt_jw_close(w, '}');
}

void gt_record_time_text(int64_t seconds, uint32_t ns, char ret[GT_TIME_CAP])
{
	time_t at = (time_t)seconds;
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&at, &tm) && tm.tm_year >= -1900 && tm.tm_year <= 8099)
		(void)snprintf(ret, GT_TIME_CAP, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			       tm.tm_sec, (ns / 1000000) % 1000);
}

static void write_times(const struct gt_record *r, struct gt_jw *w)
{
	char text[GT_TIME_CAP];

	gt_record_time_text(r->started_at_s, r->started_at_ns, text);
	gt_jw_member_opt(w, "started_at", text);
	gt_jw_key(w, "duration_us");
	gt_jw_u64(w, r->duration_us);
	gt_jw_member(w, "drifted_at", NULL); /* gt_record_note fills them in */
	gt_jw_member(w, "spiral_at", NULL);
}

void gt_record_write(const struct gt_record *r, struct gt_jw *w)
{
	gt_jw_open(w, '{');
	write_identity(r, w);
	gt_jw_key(w, "program");
	gt_record_program(&r->facts.program, w);
	gt_jw_key(w, "facts");
	gt_record_facts(r, w);
	gt_jw_key(w, "settings");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < r->plan.n_setting && i < GT_SETTINGS_MAX; i++)
		write_setting(r, i, w);
	for (uint32_t i = 0; i < r->n_earlier && i < GT_SETTINGS_MAX; i++) {
		if (gt_record_earlier_alone(r, &r->earlier[i]))
			write_earlier(&r->earlier[i], w);
	}
	gt_jw_close(w, ']');
	write_warnings(r, w);
	gt_jw_member_opt(w, "message", r->message);
	gt_jw_key(w, "stale_environ");
	gt_jw_bool(w, r->stale_environ);
	write_times(r, w);
	write_counting(r, w);
	gt_jw_key(w, "replay");
	gt_record_write_replay(r, w);
	gt_jw_close(w, '}');
}

void gt_record_json(const struct gt_record *r, bool indent, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, indent);
	gt_record_write(r, &w);
}
