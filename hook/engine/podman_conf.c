/*
 * Podman's configuration as Podman merges it (containers.conf(5)). Reads below the root of a view.
 *
 * Up to 5.x: the vendor's file, the administrator's, then the administrator's drop-ins by name, and
 * what root has at home (containers/common, pkg/config/new.go: systemConfigs). Later ones read one
 * of the three files, root's before the administrator's before the vendor's, and the drop-ins of
 * all, by name, whatever directory; of one name, the later directory's (containers/container-libs,
 * storage/pkg/configfile/parse.go: Read). That there are drop-ins of a vendor, or for root alone,
 * tells that Podman is of the later kind.
 */
#include "podman_conf.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"

#define NAME	   "gotune"
#define ROOTS_CONF "/root/.config/containers/containers.conf"

/* The later directory wins where two have a file of one name. */
static const char *const drop_in_dir[] = {
	"/usr/share/containers/containers.conf.d",
	"/usr/share/containers/containers.rootful.conf.d", GT_PODMAN_DROP_INS,
	"/etc/containers/containers.rootful.conf.d", ROOTS_CONF ".d"};
static const char *const module_dir[] = {"/etc/containers/containers.conf.modules",
					 "/usr/share/containers/containers.conf.modules"};

void gt_podman_conf_free(struct gt_podman_conf *c)
{
	if (c)
		gt_sheets_done(&c->layers);
	free(c);
}

/* ---- which files, in which order ---- */

static bool is_later_kind(const struct gt_view *v)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(drop_in_dir); i++) {
		bool both = strcmp(drop_in_dir[i], GT_PODMAN_DROP_INS) == 0 ||
			    strcmp(drop_in_dir[i], ROOTS_CONF ".d") == 0;

		if (!both && gt_view_has(v, drop_in_dir[i]))
			return true;
	}
	return false;
}

/* The first name of all drop-ins behind LAST, and the last directory that has it. */
static int next_drop_in(const struct gt_view *v, const char *last, char *ret_name, char *ret_path,
			struct gt_err *e)
{
	struct gt_list *names = malloc(sizeof(*names));
	int r = names ? 0 : gt_err_set(e, -ENOMEM, "out of memory");

	ret_name[0] = '\0';
	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(drop_in_dir); i++) {
		r = gt_view_names(v, drop_in_dir[i], "*.conf", names, e);
		if (r < 0)
			break;
		for (const char *s = gt_strv_next(&names->v, NULL); s;
		     s = gt_strv_next(&names->v, s)) {
			if (strcmp(s, last) > 0 && (!*ret_name || strcmp(s, ret_name) <= 0) &&
			    gt_path_join(ret_path, drop_in_dir[i], s))
				(void)gt_copy_str(ret_name, 256, s); /* NAME_MAX */
		}
	}
	free(names);
	return r;
}

static int add_all_drop_ins(struct gt_sheets *l, const struct gt_view *v, struct gt_err *e)
{
	char name[256], last[256] = "", path[GT_PATH_CAP];
	int r;

	while ((r = next_drop_in(v, last, name, path, e)) == 0 && name[0]) {
		r = gt_sheets_add(l, v, path, e);
		if (r < 0)
			return r;
		(void)gt_copy_str(last, sizeof(last), name);
	}
	return r;
}

static int read_layers(const struct gt_view *v, struct gt_sheets *l, struct gt_err *e)
{
	static const char *const main_file[] = {ROOTS_CONF, GT_PODMAN_ADMIN_CONF,
						GT_PODMAN_VENDOR_CONF};
	int r = 0;

	if (is_later_kind(v)) {
		for (unsigned i = 0; r == 0 && l->n == 0 && i < GT_ARRAY_LEN(main_file); i++)
			r = gt_sheets_add(l, v, main_file[i], e);
		return r < 0 ? r : add_all_drop_ins(l, v, e);
	}
	r = gt_sheets_add(l, v, GT_PODMAN_VENDOR_CONF, e);
	if (r == 0)
		r = gt_sheets_add(l, v, GT_PODMAN_ADMIN_CONF, e);
	if (r == 0)
		r = gt_sheets_add_dir(l, v, GT_PODMAN_DROP_INS, "*.conf", false, e);
	if (r == 0)
		r = gt_sheets_add(l, v, ROOTS_CONF, e);
	return r < 0 ? r : gt_sheets_add_dir(l, v, ROOTS_CONF ".d", "*.conf", false, e);
}

/* ---- what they come to ---- */

static void list_event(struct gt_podman_list *l, const struct gt_json_event *ev, bool *ret_known)
{
	char each[64], append[64];

	(void)gt_copy_str(each, sizeof(each), l->at); /* fits */
	(void)gt_append(each, sizeof(each), "/*");
	(void)gt_copy_str(append, sizeof(append), each);
	(void)gt_append(append, sizeof(append), "/append");
	if (ev->type == GT_JSON_ARRAY_START && gt_json_at(ev, l->at)) {
		l->in_file = true;
		gt_list_init(&l->file);
	} else if (ev->type == GT_JSON_STRING && gt_json_at(ev, each)) {
		(void)gt_strv_add(&l->file.v, ev->text, ev->len); /* counted in dropped */
	} else if (ev->type == GT_JSON_BOOL && gt_json_at(ev, append)) {
		l->appends = ev->b;
		*ret_known = true;
	}
}

static int conf_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_podman_conf *c = ctx;

	(void)e;
	list_event(&c->hooks, ev, &c->appends_known);
	list_event(&c->json, ev, &c->appends_known);
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "engine/runtime")) {
		(void)gt_copy(c->runtime, sizeof(c->runtime), ev->text, ev->len);
		c->runtime_by[0] = '\0';
	}
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "engine/runtimes/" NAME "/*")) {
		(void)gt_copy(c->ours, sizeof(c->ours), ev->text, ev->len);
		c->ours_by[0] = '\0';
	}
	return 0;
}

/* What the file said of the list takes effect. */
static int settle(struct gt_podman_list *l, const char *path)
{
	if (!l->in_file)
		return 0;
	l->in_file = false;
	gt_copy_cut(l->by, path);
	if (!l->appends)
		gt_list_copy(&l->now, &l->file.v);
	else
		for (const char *s = gt_strv_next(&l->file.v, NULL); s;
		     s = gt_strv_next(&l->file.v, s))
			(void)gt_strv_add(&l->now.v, s, strlen(s)); /* counted in dropped */
	return l->file.v.dropped || l->now.v.dropped ? -E2BIG : 0;
}

static int take_layer(struct gt_podman_conf *c, const struct gt_sheet *l, struct gt_err *e)
{
	int r = gt_json_walk(l->json.p, l->json.len, 0, conf_event, c, NULL, e);

	if (r == 0 && (settle(&c->hooks, l->path) < 0 || settle(&c->json, l->path) < 0))
		r = gt_err_set(e, -E2BIG, "%s: too long a list", l->path);
	if (c->runtime[0] && !c->runtime_by[0])
		gt_copy_cut(c->runtime_by, l->path);
	if (c->ours[0] && !c->ours_by[0])
		gt_copy_cut(c->ours_by, l->path);
	return r;
}

/* What Podman has when no file sets it; a name that an older one does not know is no harm. */
static void set_defaults(struct gt_podman_conf *c)
{
	static const char *const json[] = {"crun", "runc",  "kata",   "runsc",
					   "krun", "youki", "ocijail"};

	c->hooks.at = "engine/hooks_dir";
	c->json.at = "engine/runtime_supports_json";
	/* Both fit. */
	gt_list_init(&c->hooks.now);
	gt_list_init(&c->json.now);
	(void)gt_strv_add(&c->hooks.now.v, GT_OCI_HOOKS_DIR, strlen(GT_OCI_HOOKS_DIR));
	for (unsigned i = 0; i < GT_ARRAY_LEN(json); i++)
		(void)gt_strv_add(&c->json.now.v, json[i], strlen(json[i]));
}

/* The first of the paths that the last file has for the default runtime. */
static void find_program(struct gt_podman_conf *c)
{
	const char *const path[] = {"engine", "runtimes", c->runtime};
	const struct gt_sheet *last = c->runtime[0] ? gt_sheets_last(&c->layers, path, 3) : NULL;
	struct gt_json_spot spot = {0};
	const char *begin, *end;

	if (!last || gt_json_find(last->json.p, last->json.len, path, 3, &spot, NULL) < 0 ||
	    spot.type != GT_JSON_ARRAY_START)
		return;
	begin = memchr(last->json.p + spot.begin, '"', spot.end - spot.begin);
	end = begin ? strchr(begin + 1, '"') : NULL;
	if (end)
		(void)gt_copy(c->program, sizeof(c->program), begin + 1, (size_t)(end - begin - 1));
}

int gt_podman_read(const struct gt_view *v, struct gt_podman_conf **ret, struct gt_err *e)
{
	struct gt_podman_conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return gt_err_set(e, -ENOMEM, "out of memory");
	set_defaults(c);
	r = read_layers(v, &c->layers, e);
	for (unsigned i = 0; r == 0 && i < c->layers.n; i++)
		r = take_layer(c, c->layers.at[i], e);
	if (r < 0) {
		gt_podman_conf_free(c);
		return r;
	}
	find_program(c);
	*ret = c;
	return 0;
}

/* ---- modules ---- */

/* A list that adds undoes nothing. */
static bool appends(const struct gt_sheet *l, const char *const *path)
{
	struct gt_json_spot spot = {0};

	return gt_json_find(l->json.p, l->json.len, path, 2, &spot, NULL) == 0 && spot.found &&
	       memmem(l->json.p + spot.begin, spot.end - spot.begin, "\"append\":true",
		      strlen("\"append\":true"));
}

int gt_podman_modules(const struct gt_view *v, const char *key, struct gt_list *ret,
		      struct gt_err *e)
{
	const char *const path[] = {"engine", key};
	struct gt_sheets l = {0};
	int r = 0;

	gt_list_init(ret);
	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(module_dir); i++)
		r = gt_sheets_add_dir(&l, v, module_dir[i], "*", true, e);
	for (unsigned i = 0; r == 0 && i < l.n; i++) {
		/* What does not fit is not named. */
		if (gt_sheet_has(l.at[i], path, 2) && !appends(l.at[i], path))
			(void)gt_strv_add(&ret->v, l.at[i]->path, strlen(l.at[i]->path));
	}
	gt_sheets_done(&l);
	return r;
}
