/*
 * What others configure that touches the variables we set: hooks, CDI specs, engines' files. Pure.
 */
#include <string.h>
#include <strings.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "tools.h"

/* The variables that the LEN bytes at S set, "NAME=...": a bit, or 0. */
static unsigned var_set(const char *s, size_t len)
{
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		size_t n = strlen(gt_var_name[v]);

		if (len > n && memcmp(s, gt_var_name[v], n) == 0 && s[n] == '=')
			return 1u << v;
	}
	return 0;
}

/* Those whose name is anywhere in it, in any case: --gomaxprocs, inject-gomaxprocs. */
static unsigned vars_named(const char *s, size_t len)
{
	unsigned vars = 0;

	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		size_t n = strlen(gt_var_name[v]);

		for (size_t i = 0; i + n <= len; i++)
			vars |= strncasecmp(s + i, gt_var_name[v], n) == 0 ? 1u << v : 0;
	}
	return vars;
}

static int want_object(const struct gt_json_event *ev, struct gt_err *e)
{
	if (ev->depth > 0 || ev->type == GT_JSON_MAP_START || ev->type == GT_JSON_MAP_END)
		return 0;
	return gt_err_set(e, -EINVAL, "no object");
}

static bool is_text(const struct gt_json_event *ev, const char *text)
{
	return ev->type == GT_JSON_STRING && ev->len == strlen(text) &&
	       memcmp(ev->text, text, ev->len) == 0;
}

/* ---- hooks ---- */

struct hook_walk {
	struct gt_hook_scan scan;
	bool is_1_0_0, has_when, has_stage;
};

static int take_hook(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct hook_walk *w = ctx;

	if (ev->type == GT_JSON_STRING)
		w->scan.vars |= vars_named(ev->text, ev->len);
	if (gt_json_at(ev, "version"))
		w->is_1_0_0 = is_text(ev, "1.0.0");
	else if (gt_json_at(ev, "when") && ev->type == GT_JSON_MAP_START)
		w->has_when = true;
	else if (gt_json_at(ev, "stages/*"))
		w->has_stage = true;
	if (gt_json_at(ev, "stages/*") && is_text(ev, "precreate"))
		w->scan.precreate = true;
	/* A path that does not fit is cut: for reading. */
	if (gt_json_at(ev, "hook/path") && ev->type == GT_JSON_STRING)
		(void)gt_copy(w->scan.path, sizeof(w->scan.path), ev->text, ev->len);
	return want_object(ev, e);
}

int gt_scan_hook(const char *doc, size_t len, struct gt_hook_scan *ret, struct gt_err *e)
{
	struct hook_walk w = {0};
	int r = gt_json_walk(doc, len, 0, take_hook, &w, NULL, e);

	if (r < 0)
		return r;
	w.scan.complete = !w.is_1_0_0 || (w.scan.path[0] && w.has_when && w.has_stage);
	*ret = w.scan;
	return 0;
}

/* ---- CDI, OCI ---- */

static int take_cdi(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	unsigned *vars = ctx;

	if (ev->type == GT_JSON_STRING && (gt_json_at(ev, "containerEdits/env/*") ||
					   gt_json_at(ev, "devices/*/containerEdits/env/*")))
		*vars |= var_set(ev->text, ev->len);
	return want_object(ev, e);
}

static int take_spec(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	unsigned *vars = ctx;

	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "process/env/*"))
		*vars |= var_set(ev->text, ev->len);
	return want_object(ev, e);
}

int gt_scan_cdi(const char *doc, size_t len, unsigned *ret_vars, struct gt_err *e)
{
	unsigned vars = 0;
	int r = gt_json_walk(doc, len, 0, take_cdi, &vars, NULL, e);

	if (r == 0)
		*ret_vars = vars;
	return r;
}

int gt_scan_spec(const char *doc, size_t len, unsigned *ret_vars, struct gt_err *e)
{
	unsigned vars = 0;
	int r = gt_json_walk(doc, len, 0, take_spec, &vars, NULL, e);

	if (r == 0)
		*ret_vars = vars;
	return r;
}

unsigned gt_scan_text(const char *text)
{
	unsigned vars = 0;

	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		size_t n = strlen(gt_var_name[v]);

		for (const char *p = strstr(text, gt_var_name[v]); p;
		     p = strstr(p + 1, gt_var_name[v]))
			vars |= p[n] == '=' ? 1u << v : 0;
	}
	return vars;
}

/* ---- engines' files ---- */

static bool ends_in(const struct gt_json_event *ev, const char *key)
{
	const char *last = ev->depth > 0 ? ev->path[ev->depth - 1].key : NULL;

	return last && strcmp(last, key) == 0;
}

static int take_conf(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_conf_scan *c = ctx;
	int r = 0;

	(void)e; /* TOML is always a table */
	if (gt_json_at(ev, "crio/runtime/min_injected_gomaxprocs") && ev->type == GT_JSON_INT)
		c->min_injected = ev->i;
	if (ev->type != GT_JSON_STRING)
		return 0;
	if (gt_json_at(ev, "containers/env/*") || gt_json_at(ev, "crio/runtime/default_env/*"))
		c->vars |= var_set(ev->text, ev->len);
	else if (gt_json_at(ev, "engine/hooks_dir/*"))
		r = gt_strv_add(&c->hooks_dir.v, ev->text, ev->len);
	else if (gt_json_at(ev, "crio/runtime/hooks_dir/*"))
		r = gt_strv_add(&c->crio_hooks_dir.v, ev->text, ev->len);
	else if (ends_in(ev, "base_runtime_spec") && ev->len > 0)
		r = gt_strv_add(&c->base_spec.v, ev->text, ev->len);
	(void)r; /* it counts what did not fit; nobody has so many */
	return 0;
}

void gt_conf_scan_init(struct gt_conf_scan *c)
{
	*c = (struct gt_conf_scan){0};
	gt_list_init(&c->hooks_dir);
	gt_list_init(&c->crio_hooks_dir);
	gt_list_init(&c->base_spec);
}

int gt_scan_conf(const char *doc, size_t len, struct gt_conf_scan *io, struct gt_err *e)
{
	return gt_json_walk(doc, len, 0, take_conf, io, NULL, e);
}

void gt_scan_names(unsigned vars, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		if (!(vars >> v & 1))
			continue;
		(void)gt_append(buf, cap, buf[0] ? ", " : ""); /* cut: for reading */
		(void)gt_append(buf, cap, gt_var_name[v]);
	}
}
