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

#define AREA	      GT_AREA_ENGINE
#define DOCKER_SOCKET "/run/docker.sock"
#define DOCKER_ASK_MS 3000

typedef unsigned long long ull;

/* DAEMON: the name of its process, NULL when it has none; RELOAD: what makes it read its file. */
static const struct engine {
	const char *program, *daemon, *reload;
} engines[GT_ENG_COUNT] = {
	[GT_ENG_DOCKER] = {"dockerd", "dockerd", "systemctl reload docker"},
	[GT_ENG_PODMAN] = {"podman", NULL, NULL},
	[GT_ENG_CRIO] = {"crio", "crio", "systemctl restart crio"},
	[GT_ENG_CONTAINERD] = {"containerd", "containerd", "systemctl restart containerd"},
};

/* What was found of them. */
struct scene {
	struct gt_daemon daemon[GT_ENG_COUNT];
	bool installed[GT_ENG_COUNT];
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

static void say_limit(struct gt_doctor *d, const struct engine *g, const struct gt_daemon *run)
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
		      strcmp(g->daemon, "dockerd") == 0 ? "docker" : g->daemon, (ull)want,
		      strcmp(g->daemon, "dockerd") == 0 ? "docker" : g->daemon);
}

static void say_engine(struct gt_doctor *d, struct scene *s, unsigned i)
{
	const struct engine *g = &engines[i];
	enum gt_check_state state;
	char path[GT_PATH_CAP], text[160], runs[64] = "";

	if (g->daemon)
		gt_daemon_find(d->root, g->daemon, &s->daemon[i]);
	s->installed[i] = gt_program_find(d->root, g->program, path);
	if (s->daemon[i].pid > 0)
		(void)snprintf(runs, sizeof(runs), ", runs as %lld",
			       (long long)s->daemon[i].pid); /* fits */
	else if (g->daemon)
		(void)gt_copy_str(runs, sizeof(runs), ", does not run"); /* fits */
	if (!s->installed[i] && s->daemon[i].pid == 0)
		return;
	state = s->installed[i] ? describe(d, path, text, sizeof(text)) : GT_CHECK_INFO;
	gt_report_say(&d->report, AREA, state, gt_engines[i].title, "%s%s%s",
		      s->installed[i] ? path : "in none of the usual places",
		      s->installed[i] ? text : "", runs);
	if (s->daemon[i].pid > 0)
		say_limit(d, g, &s->daemon[i]);
}

static void say_absent(struct gt_doctor *d, const struct scene *s)
{
	char list[128] = "";

	for (unsigned i = 0; i < GT_ENG_COUNT; i++) {
		if (!engines[i].program || s->installed[i] || s->daemon[i].pid > 0)
			continue;
		(void)gt_append(list, sizeof(list), list[0] ? ", " : ""); /* fits */
		(void)gt_append(list, sizeof(list), gt_engines[i].title);
	}
	if (list[0])
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "not installed", "%s", list);
}

/* ---- what is registered ---- */

static void name_of(const struct gt_registration *r, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%s %s", gt_words_get(&gt_eng_words, r->engine),
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
		      engines[r->engine].reload);
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

/* True when dockerd has told, and the row is said. */
static bool say_asked(struct gt_doctor *d, const struct gt_registration *r, const char *name,
		      const char *what)
{
	struct gt_docker_info info;
	struct gt_err e = {0};
	bool is_default;

	if (gt_docker_ask(DOCKER_SOCKET, DOCKER_ASK_MS, &info, &e) < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "dockerd",
			      "not asked what it has loaded: %s", e.msg);
		return false;
	}
	is_default = strcmp(info.default_runtime, "gotune") == 0;
	if (!info.has_runtime)
		say_stale(d, r, name, "dockerd does not have it");
	else if (info.runtime_path[0] && strcmp(info.runtime_path, r->target) != 0)
		say_stale(d, r, name, "dockerd has another path of it");
	else if (is_default != r->is_default)
		say_stale(d, r, name,
			  is_default ? "dockerd still has it as the default"
				     : "dockerd does not have it as the default");
	else
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s, and dockerd has it", what);
	return true;
}

static void say_live(struct gt_doctor *d, const struct scene *s, const struct gt_registration *r,
		     const char *name)
{
	const struct engine *g = &engines[r->engine];
	const struct gt_daemon *run = &s->daemon[r->engine];
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
	if (r->engine == GT_ENG_DOCKER && !d->sysroot && say_asked(d, r, name, what))
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
		      "gotune install %s", gt_words_get(&gt_eng_words, r->engine));
	return false;
}

static void say_registration(struct gt_doctor *d, struct scene *s, const struct gt_registration *r)
{
	const char *engine = gt_words_get(&gt_eng_words, r->engine);
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

/* One unsound file is every way's of its engine: once is enough. */
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
	const char *engine = "ENGINE (docker, podman, crio, containerd or cdi)";

	for (unsigned i = 0; i < GT_ENG_COUNT; i++) {
		if (s->installed[i] || s->daemon[i].pid > 0) {
			engine = gt_words_get(&gt_eng_words, i);
			break;
		}
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "registered", "with no engine");
	gt_report_fix(&d->report, "no container is tuned, unless its config.json names the hook",
		      "gotune install %s", engine);
}

void gt_doctor_engines(struct gt_doctor *d)
{
	struct gt_registration *reg = calloc(GT_REGISTRATIONS, sizeof(*reg));
	struct scene s = {0};
	struct gt_err e = {0};
	unsigned n = 0;
	int r = reg ? gt_engines_status(d->sysroot, reg, &n, &e)
		    : gt_err_set(&e, -ENOMEM, "out of memory");

	for (unsigned i = 0; i < GT_ENG_COUNT; i++) {
		if (engines[i].program)
			say_engine(d, &s, i);
	}
	say_absent(d, &s);
	if (r < 0)
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "registered", "not known: %s",
			      e.msg);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		if (!is_said(reg, i))
			say_registration(d, &s, &reg[i]);
	}
	if (r == 0 && s.registered == 0)
		say_none(d, &s);
	free(reg);
}
