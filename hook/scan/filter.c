/*
 * config.json without what is nobody's business: what a capture keeps is listed, member by member,
 * and everything else is left out, what we do not know of included. Pure. Runs in the worker.
 */
#include "capture.h"
#include "internal.h"

/* Objects and lists that are kept, and members whose whole value is. */
static const char *const kept[] = {
	"",
	"ociVersion",
	"process",
	"process/user",
	"process/user/uid",
	"process/user/gid",
	"process/cwd",
	"process/noNewPrivileges",
	"process/selinuxLabel",
	"process/apparmorProfile",
	"process/rlimits",
	"process/rlimits/*",
	"process/rlimits/*/type",
	"process/rlimits/*/soft",
	"process/rlimits/*/hard",
	"process/env",
	"annotations",
	"linux",
	"linux/cgroupsPath",
	"linux/namespaces",
	"linux/namespaces/*",
	"linux/namespaces/*/type",
	"linux/namespaces/*/path",
	"linux/resources",
	"linux/resources/cpu",
	"linux/resources/cpu/*",
	"linux/resources/memory",
	"linux/resources/memory/*",
	"linux/resources/unified",
	"linux/resources/unified/*",
	"linux/sysctl",
	"linux/sysctl/*",
	"linux/maskedPaths",
	"linux/maskedPaths/*",
	"mounts",
	"mounts/*",
	"mounts/*/destination",
	"mounts/*/type",
	"mounts/*/options",
};

/* Annotations that say who a container is, and ours. */
static const char *const annotations[] = {
	"io.container.manager",
	"io.kubernetes.container.name",
	"io.kubernetes.cri-o.ContainerType",
	"io.kubernetes.cri-o.Image",
	"io.kubernetes.cri-o.ImageName",
	"io.kubernetes.cri.container-name",
	"io.kubernetes.cri.container-type",
	"io.kubernetes.cri.image-name",
	"io.kubernetes.cri.sandbox-name",
	"io.kubernetes.cri.sandbox-namespace",
	"io.kubernetes.pod.name",
	"io.kubernetes.pod.namespace",
};
#define OURS "io.gotune."

/* Mount options without a value of somebody's own: CIFS has passwords here. */
static const char *const options[] = {
	"bind",	  "rbind",   "ro",	 "rw",	    "rro",	  "nosuid",
	"noexec", "nodev",   "relatime", "noatime", "private",	  "rprivate",
	"shared", "rshared", "slave",	 "rslave",  "nsdelegate",
};

static bool is_listed(const char *const *list, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) == len && memcmp(list[i], s, len) == 0)
			return true;
	}
	return false;
}

bool gt_capture_keeps_env(const char *s, size_t len)
{
	static const char ours[] = "GOTUNE_", path[] = "PATH";
	const char *eq = memchr(s, '=', len);
	size_t n = eq ? (size_t)(eq - s) : 0;

	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		if (n == strlen(gt_var_name[v]) && memcmp(s, gt_var_name[v], n) == 0)
			return true;
	}
	return (n > strlen(ours) && memcmp(s, ours, strlen(ours)) == 0) ||
	       (n == strlen(path) && memcmp(s, path, n) == 0);
}

static bool keeps_annotation(const struct gt_json_event *ev)
{
	const char *key = ev->path[1].key;

	return ev->type == GT_JSON_STRING && key &&
	       (gt_has_prefix(key, OURS) ||
		is_listed(annotations, GT_ARRAY_LEN(annotations), key, strlen(key)));
}

/* A mount's source says what it is where it is the kernel's own; else it may be anything. */
static bool keeps_source(const struct gt_json_event *ev)
{
	static const char *const roots[] = {"/sys", "/proc"};

	for (size_t i = 0; i < GT_ARRAY_LEN(roots); i++) {
		size_t n = strlen(roots[i]);

		if (ev->len >= n && memcmp(ev->text, roots[i], n) == 0 &&
		    (ev->len == n || ev->text[n] == '/'))
			return true;
	}
	return false;
}

/* Is it kept? */
static bool keeps(const struct gt_json_event *ev)
{
	bool text = ev->type == GT_JSON_STRING;

	for (size_t i = 0; i < GT_ARRAY_LEN(kept); i++) {
		if (gt_json_at(ev, kept[i]))
			return true;
	}
	if (gt_json_at(ev, "process/env/*"))
		return text && gt_capture_keeps_env(ev->text, ev->len);
	if (gt_json_at(ev, "annotations/*"))
		return keeps_annotation(ev);
	if (gt_json_at(ev, "mounts/*/options/*"))
		return text && is_listed(options, GT_ARRAY_LEN(options), ev->text, ev->len);
	return gt_json_at(ev, "mounts/*/source") && text && keeps_source(ev);
}

struct filtering {
	struct gt_jw w;
	const char *exe;
};

static void write_scalar(struct gt_jw *w, const struct gt_json_event *ev)
{
	switch (ev->type) {
	case GT_JSON_BOOL:
		gt_jw_bool(w, ev->b);
		break;
	case GT_JSON_INT:
		gt_jw_i64(w, ev->i);
		break;
	case GT_JSON_STRING:
		gt_jw_strn(w, ev->text, ev->len);
		break;
	default: /* null, and numbers that nothing we keep has */
		gt_jw_null(w);
		break;
	}
}

/* What we say ourselves: the program, by the name that the process has, and where its root is. */
static void add_own(struct filtering *f, const struct gt_json_event *ev)
{
	if (ev->depth == 0) {
		gt_jw_key(&f->w, "root");
		gt_jw_open(&f->w, '{');
		gt_jw_member(&f->w, "path", "rootfs");
		gt_jw_close(&f->w, '}');
	} else if (gt_json_at(ev, "process")) {
		gt_jw_key(&f->w, "args");
		gt_jw_open(&f->w, '[');
		gt_jw_str(&f->w, f->exe);
		gt_jw_close(&f->w, ']');
	}
}

static int on_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct filtering *f = ctx;
	bool ends = ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END;

	(void)e;
	if (!keeps(ev))
		return 0;
	if (ends) {
		gt_jw_close(&f->w, ev->type == GT_JSON_MAP_END ? '}' : ']');
		return 0;
	}
	if (ev->depth > 0 && ev->path[ev->depth - 1].key)
		gt_jw_key(&f->w, ev->path[ev->depth - 1].key);
	if (ev->type == GT_JSON_MAP_START) {
		gt_jw_open(&f->w, '{');
		add_own(f, ev);
	} else if (ev->type == GT_JSON_ARRAY_START) {
		gt_jw_open(&f->w, '[');
	} else {
		write_scalar(&f->w, ev);
	}
	return 0;
}

int gt_capture_filter(const char *doc, size_t len, const char *exe, struct gt_buf *out)
{
	struct filtering f = {.exe = exe};
	int r;

	gt_jw_init(&f.w, out, false);
	r = gt_json_walk(doc, len, 0, on_event, &f, NULL, NULL);
	return r < 0 ? r : out->error;
}
