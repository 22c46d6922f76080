/*
 * Writes the decision record as JSON; config/record.schema.json describes it. Pure but for the
 * writer's heap.
 */
#include <stdio.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

static void key_str(struct gt_jw *w, const char *key, const char *value)
{
	gt_jw_key(w, key);
	gt_jw_str(w, value);
}

/* Writes null for an empty string. */
static void key_opt(struct gt_jw *w, const char *key, const char *value)
{
	key_str(w, key, value[0] ? value : NULL);
}

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
	key_str(w, "path", p->path);
	key_str(w, "kind", gt_words_get(&gt_prog_kind_words, p->kind));
	key_opt(w, "go", p->go);
	key_opt(w, "main", p->main_path);
	key_tri(w, "cgo", p->cgo);
	key_opt(w, "automaxprocs", p->automaxprocs);
	key_opt(w, "automaxprocs_replaced", p->automaxprocs_replaced);
	key_opt(w, "automemlimit", p->automemlimit);
	key_opt(w, "automemlimit_replaced", p->automemlimit_replaced);
	gt_jw_key(w, "modules_known");
	gt_jw_bool(w, p->has_modules);
	key_str(w, "godebug_default", p->has_godebug_default ? p->godebug_default : "");
	key_opt(w, "note", gt_words_get(&gt_prog_note_words, p->note));
	key_opt(w, "via", p->via);
	key_opt(w, "arch", p->arch);
	gt_jw_close(w, '}');
}

static void write_setting(const struct gt_record *r, uint32_t i, struct gt_jw *w)
{
	const struct gt_setting *s = &r->plan.setting[i];
	char why[640];

	gt_record_why(r, i, why, sizeof(why));
	gt_jw_open(w, '{');
	key_str(w, "name", s->name);
	key_str(w, "kind", gt_words_get(&gt_setting_kind_words, gt_setting_kind(s->id)));
	key_str(w, "verdict", gt_words_get(&gt_verdict_words, s->verdict));
	key_str(w, "value", s->verdict == GT_VERDICT_SET ? s->value : NULL);
	key_str(w, "before", s->has_before ? s->before : NULL);
	key_str(w, "reason", gt_words_get(&gt_reason_words, s->reason));
	key_str(w, "why", why);
	key_tri(w, "applied", r->outcome[i].applied);
	key_opt(w, "error", r->outcome[i].error);
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
		key_str(w, "what", gt_words_get(&gt_warning_words, r->plan.warning[i].id));
		key_opt(w, "about", r->plan.warning[i].about);
		key_str(w, "why", why);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
	gt_jw_key(w, "warnings_dropped");
	gt_jw_u64(w, r->plan.warnings_dropped);
}

static void write_identity(const struct gt_record *r, struct gt_jw *w)
{
	const struct gt_ident *who = &r->facts.ident;

	key_str(w, "schema", GT_RECORD_SCHEMA);
	key_str(w, "id", who->id);
	key_str(w, "bundle", who->bundle);
	key_str(w, "engine", gt_words_get(&gt_engine_words, who->engine));
	key_opt(w, "runtime", who->runtime);
	key_str(w, "stage", who->stage);
	key_opt(w, "image", who->image);
	gt_jw_key(w, "pid");
	gt_jw_i64(w, who->pid);
	gt_jw_key(w, "pid_start");
	gt_jw_u64(w, who->pid_start);
	key_opt(w, "pid_file", who->pid_file);
	key_str(w, "mode", gt_words_get(&gt_mode_words, r->plan.mode));
	gt_jw_key(w, "selected");
	gt_jw_bool(w, r->plan.selected);
	key_opt(w, "profile", r->plan.profile);
	key_opt(w, "rule", r->plan.rule);
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
	key_opt(w, "started_at", text);
	gt_jw_key(w, "duration_us");
	gt_jw_u64(w, r->duration_us);
	key_str(w, "drifted_at", NULL); /* gt_record_drift fills it in */
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
	gt_jw_close(w, ']');
	write_warnings(r, w);
	key_opt(w, "message", r->message);
	gt_jw_key(w, "stale_environ");
	gt_jw_bool(w, r->stale_environ);
	write_times(r, w);
	gt_jw_close(w, '}');
}

void gt_record_json(const struct gt_record *r, bool indent, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, indent);
	gt_record_write(r, &w);
}
