/*
 * The engines: which are installed, which run, what is registered with them, and whether what runs
 * has loaded it. Effectful: runs --version, asks dockerd; changes nothing.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA   GT_AREA_ENGINE
#define ASK_MS 3000

typedef unsigned long long ull;

/* What was found of an engine. */
struct found {
	const struct gt_engine_driver *engine;
	struct gt_daemon daemon;
	bool installed;
};

struct scene {
	struct found found[GT_ENGINES_N];
	unsigned registered;
};

/* ---- the engines themselves ---- */

/* ", version X", or why there is none; nothing for a captured machine. */
static enum gt_check_state describe(const struct gt_doctor *d, const char *path, char *text,
				    size_t cap)
{
	enum gt_trust t = gt_trust_program(d->root, path);
	char version[64];
	int r;

	text[0] = '\0';
	if (t == GT_TRUST_OK && d->sysroot)
		return GT_CHECK_OK;
	r = t == GT_TRUST_OK ? gt_version_of(d, path, version, sizeof(version)) : -EPERM;
	if (r == 0)
		(void)snprintf(text, cap, ", version %s", version);
	else if (t != GT_TRUST_OK)
		(void)snprintf(text, cap, ", not asked for its version: it %s", gt_trust_text(t));
	else
		(void)snprintf(text, cap, ", its --version says none: %s", strerror(-r));
	return r == 0 ? GT_CHECK_OK : GT_CHECK_INFO;
}

static void say_limit(struct gt_doctor *d, const struct gt_engine_driver *g,
		      const struct gt_daemon *run)
{
	uint64_t want = gt_doctor_nofile(d);

	if (!run->nofile_known || run->nofile_hard >= want || run->may_raise == GT_YES)
		return;
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "LimitNOFILE",
		      "%s has a hard limit of %llu open files, below the profile's %llu, and no "
		      "CAP_SYS_RESOURCE",
		      g->daemon, (ull)run->nofile_hard, (ull)want);
	gt_report_fix(&d->report, "its containers get no more than that",
		      "systemctl edit %s, [Service] LimitNOFILE=%llu, then systemctl restart %s",
		      g->unit, (ull)want, g->unit);
}

/* Is there anything of it? */
static bool is_here(const struct found *f)
{
	return f->installed || f->daemon.pid > 0;
}

static void say_engine(struct gt_doctor *d, struct found *f)
{
	const struct gt_engine_driver *g = f->engine;
	enum gt_check_state state;
	char path[GT_PATH_CAP], text[160], runs[64] = "";

	if (g->daemon)
		gt_daemon_find(d->root, g->daemon, &f->daemon);
	f->installed = gt_program_find(d->root, g->program, path);
	if (f->daemon.pid > 0)
		(void)snprintf(runs, sizeof(runs), ", runs as %lld",
			       (long long)f->daemon.pid); /* fits */
	else if (g->daemon)
		(void)gt_copy_str(runs, sizeof(runs), ", does not run"); /* fits */
	if (!is_here(f))
		return;
	state = f->installed ? describe(d, path, text, sizeof(text)) : GT_CHECK_INFO;
	gt_report_say(&d->report, AREA, state, g->title, "%s%s%s",
		      f->installed ? path : "in none of the usual places", f->installed ? text : "",
		      runs);
	if (f->daemon.pid > 0)
		say_limit(d, g, &f->daemon);
}

static void say_engines(struct gt_doctor *d, struct scene *s)
{
	char absent[160] = "";

	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		struct found *f = &s->found[i];

		f->engine = gt_engines[i];
		if (!f->engine->program)
			continue;
		say_engine(d, f);
		if (is_here(f))
			continue;
		(void)gt_append(absent, sizeof(absent), absent[0] ? ", " : ""); /* cut: to read */
		(void)gt_append(absent, sizeof(absent), f->engine->title);
	}
	if (absent[0])
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "not installed", "%s", absent);
}

/* ---- what is registered ---- */

static void name_of(const struct gt_registration *r, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%s %s", r->engine->name,
		       gt_words_get(&gt_way_words, r->way)); /* fits */
}

/* "registered in FILE, the default" */
static void what_of(const struct gt_registration *r, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "registered in %.300s%s%s%.160s", r->path,
		       r->is_default && r->way == GT_WAY_RUNTIME ? ", the default" : "",
		       r->note[0] ? "; " : "", r->note);
}

static void say_stale(struct gt_doctor *d, const struct gt_registration *r, const char *name,
		      const char *why)
{
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "registered in %.300s, but %.120s",
		      r->path, why);
	gt_report_fix(&d->report, "containers are started as before it was registered", "%s",
		      r->engine->reload);
}

/* By the clock: an engine that began before its file was changed has not read it. */
static bool is_older_than_file(const struct gt_doctor *d, const struct gt_registration *r,
			       const struct gt_daemon *run)
{
	struct stat st;
	_cleanup_close_ int fd = gt_root_open_file(d->root, r->path, &st);

	/* Both are whole seconds: within one, the file may well have been read. */
	return fd >= 0 && run->started_at > 0 && st.st_mtime > run->started_at + 1;
}

/* True when the daemon has told, and the row is said. */
static bool say_asked(struct gt_doctor *d, const struct gt_registration *r, const char *name,
		      const char *what)
{
	const struct gt_engine_driver *g = r->engine;
	struct gt_docker_info info;
	struct gt_err e = {0};
	bool is_default;
	char why[128];

	if (gt_docker_ask(g->api_socket, ASK_MS, &info, &e) < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, g->daemon,
			      "not asked what it has loaded: %s", e.msg);
		return false;
	}
	is_default = strcmp(info.default_runtime, "gotune") == 0;
	if (!info.has_runtime)
		(void)snprintf(why, sizeof(why), "%s does not have it", g->daemon);
	else if (info.runtime_path[0] && strcmp(info.runtime_path, r->target) != 0)
		(void)snprintf(why, sizeof(why), "%s has another path of it", g->daemon);
	else if (is_default != r->is_default)
		(void)snprintf(why, sizeof(why), "%s %s it as the default", g->daemon,
			       is_default ? "still has" : "does not have");
	else
		why[0] = '\0';
	if (why[0])
		say_stale(d, r, name, why);
	else
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s, and %s has it", what,
			      g->daemon);
	return true;
}

static const struct gt_daemon *daemon_of(const struct scene *s, const struct gt_engine_driver *g)
{
	unsigned i = 0;

	while (s->found[i].engine != g) /* each engine is there */
		i++;
	return &s->found[i].daemon;
}

static void say_live(struct gt_doctor *d, const struct scene *s, const struct gt_registration *r,
		     const char *name)
{
	const struct gt_engine_driver *g = r->engine;
	const struct gt_daemon *run = daemon_of(s, g);
	char what[600], why[128];

	what_of(r, what, sizeof(what));
	if (!g->daemon || r->way == GT_WAY_HOOK || r->way == GT_WAY_DEVICE) {
		/* Read at each start of a container, or watched by inotify. */
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s", what);
		return;
	}
	if (run->pid == 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s; %s does not run", what,
			      g->daemon);
		return;
	}
	if (g->api_socket && !d->sysroot && say_asked(d, r, name, what))
		return;
	if (is_older_than_file(d, r, run)) {
		(void)snprintf(why, sizeof(why), "%s started before the file changed", g->daemon);
		say_stale(d, r, name, why);
	} else {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s, before %s started", what,
			      g->daemon);
	}
}

/* The program that it names is what the engine will run as root. */
static bool say_target(struct gt_doctor *d, const struct gt_registration *r, const char *name)
{
	enum gt_trust t = r->target[0] ? gt_trust_program(d->root, r->target) : GT_TRUST_OK;
	bool bad = t != GT_TRUST_OWNER && t != GT_TRUST_WRITABLE;

	if (t == GT_TRUST_OK)
		return true;
	gt_report_say(&d->report, AREA, bad ? GT_CHECK_BAD : GT_CHECK_WARN, name,
		      "%.200s names %.200s, which %s", r->path, r->target, gt_trust_text(t));
	gt_report_fix(&d->report,
		      !bad			 ? "who may write it becomes root"
		      : r->way == GT_WAY_RUNTIME ? "containers of this runtime do not start"
						 : "containers are not tuned",
		      "gotune install %s", r->engine->name);
	return false;
}

static void say_registration(struct gt_doctor *d, struct scene *s, const struct gt_registration *r)
{
	const char *engine = r->engine->name;
	char name[48];

	name_of(r, name, sizeof(name));
	switch (r->state) {
	case GT_REG_ABSENT:
	case GT_REG_STATE_COUNT:
		return;
	case GT_REG_BROKEN:
		/* Its note names the file, which may be another. */
		gt_report_say(&d->report, AREA, GT_CHECK_BAD, name, "%s", r->note);
		gt_report_fix(&d->report,
			      "the engine may not start, and nothing can be registered in it",
			      "fix that file, then: gotune install %s", engine);
		return;
	case GT_REG_SHADOWED:
		gt_report_say(&d->report, AREA, GT_CHECK_BAD, name, "%.200s: %s", r->path, r->note);
		gt_report_fix(&d->report, "containers are started as if it was not registered",
			      "gotune install %s", engine);
		return;
	case GT_REG_FOREIGN:
		s->registered++;
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, name, "named by hand in %.300s",
			      r->path);
		return;
	case GT_REG_OUTDATED:
		s->registered++;
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "%.200s: %s", r->path,
			      r->note);
		gt_report_fix(&d->report, "", "gotune install %s", engine);
		return;
	case GT_REG_PRESENT:
		break;
	}
	s->registered++;
	if (say_target(d, r, name))
		say_live(d, s, r, name);
}

/* A broken file is reported once, not once for each way of its engine. */
static bool is_said(const struct gt_registration *reg, unsigned i)
{
	for (unsigned j = 0; j < i; j++) {
		if (reg[i].state == GT_REG_BROKEN && reg[j].state == GT_REG_BROKEN &&
		    reg[i].engine == reg[j].engine && strcmp(reg[i].note, reg[j].note) == 0)
			return true;
	}
	return false;
}

static void say_none(struct gt_doctor *d, const struct scene *s)
{
	const char *engine = NULL;
	char list[160];

	for (unsigned i = 0; !engine && i < GT_ENGINES_N; i++)
		engine = is_here(&s->found[i]) ? s->found[i].engine->name : NULL;
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "registered", "with no engine");
	gt_engine_list(list, sizeof(list));
	gt_report_fix(&d->report, "no container is tuned, unless its config.json names the hook",
		      "gotune install %s%s%s", engine ? engine : "ENGINE (", engine ? "" : list,
		      engine ? "" : ")");
}

void gt_doctor_engines(struct gt_doctor *d)
{
	_cleanup_free_ struct gt_registration *reg = NULL;
	struct scene s = {0};
	struct gt_err e = {0};
	unsigned n = 0;
	int r = gt_engines_status(d->sysroot, &reg, &n, &e);

	say_engines(d, &s);
	if (r < 0)
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "registered", "not known: %s",
			      e.msg);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		if (!is_said(reg, i))
			say_registration(d, &s, &reg[i]);
	}
	if (r == 0 && s.registered == 0)
		say_none(d, &s);
}
