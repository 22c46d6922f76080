/*
 * From the name of a cgroup to the container or service that it is. Pure.
 *
 * Names are the engines': moby daemon/oci_linux.go, podman libpod/container_internal_linux.go,
 * containerd internal/cri/server/podsandbox/helpers.go, CRI-O internal/config/cgmgr, runc
 * libcontainer/cgroups/systemd (SLICE:PREFIX:NAME becomes PREFIX-NAME.scope), crun
 * cgroup-systemd.c.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/scan.h"

static const struct scope {
	const char *prefix, *suffix;
	enum gt_engine engine;
} scopes[] = {
	{"docker-", ".scope", GT_ENGINE_DOCKER},
	{"libpod-", ".scope", GT_ENGINE_PODMAN},
	{"libpod-", "", GT_ENGINE_PODMAN},
	{"cri-containerd-", ".scope", GT_ENGINE_CONTAINERD},
	{"nerdctl-", ".scope", GT_ENGINE_CONTAINERD},
	{"crio-", ".scope", GT_ENGINE_CRIO},
	{"crio-", "", GT_ENGINE_CRIO},
	{"runc-", ".scope", GT_ENGINE_UNKNOWN},
	{"crun-", ".scope", GT_ENGINE_UNKNOWN},
};

/* A component of the path, and the one above it. */
struct part {
	const char *s;
	size_t n;
	const char *up;
	size_t n_up;
};

static bool is_part(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

static bool is_full_id(const char *s, size_t n)
{
	char id[GT_FULL_ID_CAP];

	return n == GT_FULL_ID_LEN && gt_copy(id, sizeof(id), s, n) && gt_full_id_ok(id);
}

/* Takes S as an id; false when it cannot be one, or is the scope of a container's monitor. */
static bool take_id(const char *s, size_t n, enum gt_engine engine, struct gt_unit_name *ret)
{
	static const char monitor[] = "conmon-";

	if (n >= strlen(monitor) && memcmp(s, monitor, strlen(monitor)) == 0)
		return false;
	if (!gt_copy(ret->id, sizeof(ret->id), s, n) || !gt_id_ok(ret->id))
		return false;
	ret->kind = GT_UNIT_CONTAINER;
	ret->engine = engine;
	return true;
}

/* Cgroups that no systemd made: /docker/ID, /kubepods/POD/ID, /crun/ID. */
static bool take_plain(const struct part *p, struct gt_unit_name *ret)
{
	if (is_full_id(p->s, p->n))
		return take_id(p->s, p->n,
			       is_part(p->up, p->n_up, "docker") ? GT_ENGINE_DOCKER
								 : GT_ENGINE_UNKNOWN,
			       ret);
	return is_part(p->up, p->n_up, "crun") && take_id(p->s, p->n, GT_ENGINE_UNKNOWN, ret);
}

static bool take_container(const struct part *p, struct gt_unit_name *ret)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(scopes); i++) {
		size_t pre = strlen(scopes[i].prefix), post = strlen(scopes[i].suffix);

		if (p->n > pre + post && memcmp(p->s, scopes[i].prefix, pre) == 0 &&
		    memcmp(p->s + p->n - post, scopes[i].suffix, post) == 0)
			return take_id(p->s + pre, p->n - pre - post, scopes[i].engine, ret);
	}
	return take_plain(p, ret);
}

static bool take_service(const struct part *p, struct gt_unit_name *ret)
{
	static const char suffix[] = ".service";
	size_t post = strlen(suffix);

	if (p->n <= post || memcmp(p->s + p->n - post, suffix, post) != 0 ||
	    !gt_copy(ret->id, sizeof(ret->id), p->s, p->n))
		return false;
	ret->kind = GT_UNIT_SERVICE;
	return true;
}

typedef bool take_fn(const struct part *p, struct gt_unit_name *ret);

/* The innermost component that TAKE takes. */
static bool find_part(const char *path, take_fn *take, struct gt_unit_name *ret)
{
	const char *end = path + strlen(path);

	while (end > path) {
		const char *slash = memrchr(path, '/', (size_t)(end - path));
		struct part p = {.s = slash ? slash + 1 : path};
		const char *up = NULL;

		p.n = (size_t)(end - p.s);
		if (slash && slash > path)
			up = memrchr(path, '/', (size_t)(slash - path));
		p.up = up ? up + 1 : path;
		p.n_up = slash && slash > p.up ? (size_t)(slash - p.up) : 0;
		if (take(&p, ret)) {
			ret->len = (size_t)(end - path);
			return true;
		}
		if (!slash)
			break;
		end = slash;
	}
	return false;
}

void gt_scan_unit_name(const char *cgroup, struct gt_unit_name *ret)
{
	*ret = (struct gt_unit_name){0};
	if (find_part(cgroup, take_container, ret) || find_part(cgroup, take_service, ret))
		return;
	*ret = (struct gt_unit_name){0};
}

/* How well a line's controllers suit: 0: not at all. */
static unsigned rank_of(const char *list, size_t n)
{
	static const char *const names[] = {"cpu", "", "memory"}; /* "": cgroup 2 */
	unsigned best = 0;

	for (unsigned i = 0; i < GT_ARRAY_LEN(names); i++) {
		const char *at = list, *end = list + n;

		for (; at <= end; at += strcspn(at, ",:") + 1) {
			if (is_part(at, strcspn(at, ",:"), names[i]))
				best = i + 1;
		}
	}
	return best;
}

bool gt_scan_cgroup_path(const char *text, char ret[GT_PATH_CAP])
{
	unsigned best = 0;

	for (const char *l = text; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t n = strcspn(l, "\n");
		const char *list = memchr(l, ':', n);
		const char *path = list ? memchr(list + 1, ':', n - (size_t)(list + 1 - l)) : NULL;
		size_t len = path ? n - (size_t)(path + 1 - l) : 0;
		unsigned rank;

		if (!path || path[1] != '/' || len >= GT_PATH_CAP)
			continue;
		rank = rank_of(list + 1, (size_t)(path - list - 1));
		if (rank > best && gt_copy(ret, GT_PATH_CAP, path + 1, len))
			best = rank;
	}
	return best > 0;
}
