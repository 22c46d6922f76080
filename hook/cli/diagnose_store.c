/*
 * Does Podman know a container by that name? Its client makes directories and mounts where it was
 * never used, so its storage is looked at first: who asks about a container that nobody has leaves
 * nothing behind. Effects: reads files.
 *
 * Source: containers-storage.conf(5), containers/storage's containers.go (containers.json,
 * volatile-containers.json, below DRIVER-containers).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "diagnose.h"

#define STORE_MAX (64u << 20)
#define CONF_MAX  (1u << 20)

/* ---- where the storage is ---- */

struct search {
	const char *path; /* "storage/graphroot" */
	char *ret;
	size_t cap;
	bool found;
};

static int take_string(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct search *s = ctx;

	(void)e;
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, s->path) && ev->len > 0)
		s->found = gt_copy(s->ret, s->cap, ev->text, ev->len);
	return 0;
}

static int read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	_cleanup_close_ int fd = root < 0 ? root : gt_root_open_file(root, path, NULL);

	return fd < 0 ? fd : gt_read_all(fd, max, 0, ret, ret_len);
}

/* The string KEY of the TOML file PATH: 1, 0 (it is not there, or there is no file), -errno. */
static int read_key(const char *path, const char *key, char *ret, size_t cap)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(gt_buf_done) struct gt_buf json = {0};
	struct search s = {.path = key, .ret = ret, .cap = cap};
	size_t len = 0;
	int r = read_file(path, CONF_MAX, &text, &len);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		r = gt_toml_to_json(text, len, &json, NULL);
	if (r == 0)
		r = gt_json_walk(json.p, json.len, 0, take_string, &s, NULL, NULL);
	return r < 0 ? r : s.found;
}

#define SYSTEM_CONF "/etc/containers/storage.conf"
#define VENDOR_CONF "/usr/share/containers/storage.conf"
#define GRAPHROOT   "storage/graphroot"

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Root's. The vendor's file is read when there is no other: containers-storage.conf(5). */
static int find_root_store(char *ret, size_t cap)
{
	int r = read_key(exists(SYSTEM_CONF) ? SYSTEM_CONF : VENDOR_CONF, GRAPHROOT, ret, cap);

	if (r == 0)
		(void)snprintf(ret, cap, "/var/lib/containers/storage"); /* fits */
	return r < 0 ? r : 0;
}

/* "$XDG_CONFIG_HOME/REST" or "~/UNDER/REST". */
static bool home_path(const char *variable, const char *under, const char *rest, char *ret,
		      size_t cap)
{
	const char *xdg = getenv(variable), *home = getenv("HOME");
	int n;

	if (xdg && *xdg)
		n = snprintf(ret, cap, "%s/%s", xdg, rest);
	else
		n = home ? snprintf(ret, cap, "%s/%s/%s", home, under, rest) : -1;
	return n > 0 && (size_t)n < cap;
}

static int find_user_store(char *ret, size_t cap)
{
	char conf[GT_PATH_CAP], elsewhere[GT_PATH_CAP];
	int r;

	if (!home_path("XDG_CONFIG_HOME", ".config", "containers/storage.conf", conf,
		       sizeof(conf)) ||
	    !home_path("XDG_DATA_HOME", ".local/share", "containers/storage", ret, cap))
		return -ENOENT;
	/* The machine's may send users elsewhere, by variables that we do not expand. */
	if (read_key(exists(SYSTEM_CONF) ? SYSTEM_CONF : VENDOR_CONF,
		     "storage/rootless_storage_path", elsewhere, sizeof(elsewhere)) != 0)
		return -ENOENT;
	r = read_key(conf, GRAPHROOT, ret, cap);
	return r < 0 ? r : 0;
}

/* ---- who is in it ---- */

struct known {
	const char *name;
	size_t len;
	bool found;
};

/* By a name, or by the beginning of its id: podman-inspect(1). */
static int take_container(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct known *k = ctx;

	(void)e;
	if (ev->type != GT_JSON_STRING || ev->len < k->len ||
	    memcmp(ev->text, k->name, k->len) != 0)
		return 0;
	k->found = k->found || gt_json_at(ev, "*/id") ||
		   (ev->len == k->len && gt_json_at(ev, "*/names/*"));
	return 0;
}

/* Is K's name in the file PATH? True also when that cannot be told. */
static bool file_has(const char *path, struct known *k)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = read_file(path, STORE_MAX, &text, &len);

	if (r == -ENOENT || r == -ENOTDIR || (r == 0 && len == 0))
		return false;
	if (r == 0)
		r = gt_json_walk(text, len, 0, take_container, k, NULL, NULL);
	return r < 0 || k->found;
}

static bool store_has(const char *store, struct known *k)
{
	static const char *const files[] = {"containers.json", "volatile-containers.json"};
	_cleanup_free_ struct gt_list *drivers = malloc(sizeof(*drivers));
	_cleanup_close_ int root = gt_root_open("/", NULL);

	if (!drivers || root < 0)
		return true;
	gt_list_init(drivers);
	if (gt_dir_names(root, store, "-containers", drivers) < 0)
		return true;
	for (const char *d = NULL; (d = gt_strv_next(&drivers->v, d));) {
		for (unsigned i = 0; i < GT_ARRAY_LEN(files); i++) {
			char path[2 * GT_PATH_CAP];

			(void)snprintf(path, sizeof(path), "%s/%s/%s", store, d, files[i]);
			if (file_has(path, k))
				return true;
		}
	}
	return false;
}

bool gt_podman_may_know(const char *name)
{
	struct known k = {.name = name, .len = strlen(name)};
	char store[GT_PATH_CAP];
	int r;

	/* A user without a home has no storage, and Podman would make one below /tmp. */
	if (geteuid() != 0 && !getenv("HOME") && !getenv("XDG_DATA_HOME"))
		return false;
	/* An own configuration, or another machine's Podman: it is asked. */
	if (getenv("CONTAINERS_STORAGE_CONF") || getenv("CONTAINER_HOST") ||
	    getenv("CONTAINER_CONNECTION"))
		return true;
	r = geteuid() == 0 ? find_root_store(store, sizeof(store))
			   : find_user_store(store, sizeof(store));
	return r < 0 || store_has(store, &k);
}

/* The package podman-docker has a shell script of that name. */
bool gt_is_podman_script(const char *program)
{
	const char *path = getenv("PATH");
	char dirs[4096], *save = NULL;

	if (!path || !gt_copy_str(dirs, sizeof(dirs), path))
		return false;
	for (const char *d = strtok_r(dirs, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		char whole[4096 + 64], head[1024] = "";
		_cleanup_close_ int fd = -1;

		(void)snprintf(whole, sizeof(whole), "%s/%s", d, program);
		if (access(whole, X_OK) < 0)
			continue;
		fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0 || read(fd, head, sizeof(head) - 1) < 2)
			return false;
		return gt_has_prefix(head, "#!") && strstr(head, "podman");
	}
	return false;
}
