/*
 * NRI: is it on, is gotune-nri registered, and does a validator of containerd's stand in our way?
 * Effectful: reads below the root.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/nri.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA	 GT_AREA_NRI
#define SOCKET	 "run/nri/nri.sock"
#define UNIT	 "etc/systemd/system/gotune-nri.service"
#define CONF	 "etc/containerd/config.toml"
#define CONF_MAX (1u << 20)

static bool is_there(const struct gt_doctor *d, const char *path)
{
	return gt_root_exists(d->root, path) == 0;
}

static void say_socket(struct gt_doctor *d)
{
	if (is_there(d, SOCKET)) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "socket", "/%s: NRI is on", SOCKET);
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "socket", "there is no /%s", SOCKET);
	gt_report_fix(
		&d->report, "gotune-nri waits for it, and tunes nothing",
		"use containerd 2.0 or CRI-O 1.30 or later, which have NRI on; in containerd 1.7 "
		"set disable = false in [plugins.\"io.containerd.nri.v1.nri\"] and restart it");
}

static void say_plugin(struct gt_doctor *d, const struct gt_nri_status *s)
{
	if (s->synchronized) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "gotune-nri",
			      "registered at %s %s (NRI %s)%s", s->peer.runtime, s->peer.version,
			      s->peer.nri[0] ? s->peer.nri : "of unknown version",
			      s->env_only ? ", with --env-only" : "");
		return;
	}
	if (s->running) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "gotune-nri",
			      "runs, but no runtime has accepted it");
		gt_report_fix(&d->report, "containers start untuned", "journalctl -u gotune-nri");
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "gotune-nri", "does not run");
	gt_report_fix(&d->report, "containers start untuned", "systemctl enable --now gotune-nri");
}

static void say_policy(struct gt_doctor *d, const struct gt_nri_status *s)
{
	if (!s->synchronized || !s->is_fail_policy)
		return;
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "on_error",
		      "the policy says on_error: fail, which gotune-nri does not do");
	gt_report_fix(&d->report, "containers start untuned when something fails",
		      "use the runtime handler (gotune install containerd) where a failure must "
		      "stop a container, or set on_error to continue");
}

struct validator {
	bool on, plugins;
};

static int take_conf(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct validator *v = ctx;
	static const char at[] = "plugins/io.containerd.nri.v1.nri/default_validator";
	char enable[80] = "", required[80] = "";

	(void)e;
	(void)gt_append(enable, sizeof(enable), at); /* both fit */
	(void)gt_append(enable, sizeof(enable), "/enable");
	(void)gt_append(required, sizeof(required), at);
	(void)gt_append(required, sizeof(required), "/required_plugins/*");
	if (ev->type == GT_JSON_BOOL && ev->b && gt_json_at(ev, enable))
		v->on = true;
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, required))
		v->plugins = true;
	return 0;
}

/* Of what it can forbid (hooks, namespaces, seccomp, sysctls) we ask for nothing. */
static void say_validator(struct gt_doctor *d)
{
	_cleanup_(gt_buf_done) struct gt_buf json = {0};
	_cleanup_free_ char *text = NULL;
	struct validator v = {0};
	struct gt_json_pos pos;
	size_t len = 0;

	/* A file that cannot be read is told of elsewhere. */
	if (gt_text_file(d->root, CONF, CONF_MAX, &text, &len) < 0 ||
	    gt_toml_to_json(text, len, &json, NULL) < 0 ||
	    gt_json_walk(json.p, json.len, 0, take_conf, &v, &pos, NULL) < 0 || !v.on)
		return;
	gt_report_say(
		&d->report, AREA, GT_CHECK_INFO, "validator",
		"containerd's default validator is on: it forbids nothing that gotune-nri asks "
		"for, which is variables alone%s",
		v.plugins ? "; it requires plugins, without which no container is created" : "");
}

void gt_doctor_nri(struct gt_doctor *d)
{
	struct gt_nri_status s = {0};
	_cleanup_close_ int dir = gt_root_open_dir(d->root, &GT_RECORD_DIR[1]);
	bool noted = dir >= 0 && gt_nri_status_read(dir, &s) == 0;

	/* A machine that has nothing to do with it hears nothing of it. */
	if (!is_there(d, UNIT) && !noted)
		return;
	say_socket(d);
	if (!d->sysroot) {
		say_plugin(d, &s);
		say_policy(d, &s);
	}
	say_validator(d);
}
