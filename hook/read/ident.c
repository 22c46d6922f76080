/*
 * Who a container is: engine, image and name, from the bundle's place and from annotations. Pure.
 *
 * A user can give any annotation on some engines, but does not choose where the bundle lies: so the
 * path is asked first, and only the keys of the engine that was found are read.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

/* Where engines keep their bundles. Docker's containerd namespace is "moby". */
static const struct place {
	const char *prefix, *part, *suffix;
	enum gt_engine engine;
} places[] = {
	{"", "/io.containerd.runtime.v2.task/moby/", "", GT_ENGINE_DOCKER},
	{"", "/io.containerd.runtime.v1.linux/moby/", "", GT_ENGINE_DOCKER},
	{"/run/docker/", "", "", GT_ENGINE_DOCKER},
	{"/var/run/docker/", "", "", GT_ENGINE_DOCKER},
	{"", "/io.containerd.runtime.v2.task/", "", GT_ENGINE_CONTAINERD},
	{"", "/io.containerd.runtime.v1.linux/", "", GT_ENGINE_CONTAINERD},
};

/* CRI-O pkg/annotations, Podman pkg/annotations, containerd internal/cri/annotations. */
static const struct mark {
	const char *key, *value; /* value NULL: any */
	enum gt_engine engine;
} marks[] = {
	{"io.container.manager", "cri-o", GT_ENGINE_CRIO},
	{"io.container.manager", "libpod", GT_ENGINE_PODMAN},
	{"io.kubernetes.cri-o.ContainerType", NULL, GT_ENGINE_CRIO},
	{"io.kubernetes.cri.container-type", NULL, GT_ENGINE_CONTAINERD},
};

/* Each engine's keys for the image's name, the best first, and for the container's name in a pod.
 */
static const struct names {
	const char *image[2], *container;
} names[GT_ENGINE_COUNT] = {
	[GT_ENGINE_CRIO] = {{"io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image"},
			    "io.kubernetes.container.name"},
	[GT_ENGINE_CONTAINERD] = {{"io.kubernetes.cri.image-name", NULL},
				  "io.kubernetes.cri.container-name"},
};

static enum gt_engine engine_of_place(const char *bundle)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(places); i++) {
		const struct place *p = &places[i];

		if (gt_has_prefix(bundle, p->prefix) && strstr(bundle, p->part) &&
		    gt_has_suffix(bundle, p->suffix))
			return p->engine;
	}
	return GT_ENGINE_UNKNOWN;
}

/* A bundle of containers/storage: Podman's and CRI-O's look the same. */
static bool in_storage(const char *bundle)
{
	return strstr(bundle, "-containers/") && gt_has_suffix(bundle, "/userdata");
}

static enum gt_engine engine_of(const char *bundle, const struct gt_strv *annotations)
{
	enum gt_engine engine = engine_of_place(bundle);

	if (engine != GT_ENGINE_UNKNOWN)
		return engine;
	for (size_t i = 0; annotations && i < GT_ARRAY_LEN(marks); i++) {
		const char *value = gt_strv_pair(annotations, marks[i].key);

		if (value && (!marks[i].value || strcmp(value, marks[i].value) == 0))
			return marks[i].engine;
	}
	return in_storage(bundle) ? GT_ENGINE_PODMAN : GT_ENGINE_UNKNOWN;
}

/* The value of KEY, or "" when it is not there or does not fit. */
static void take(char *dst, size_t cap, const struct gt_strv *annotations, const char *key)
{
	const char *value = annotations && key ? gt_strv_pair(annotations, key) : NULL;

	dst[0] = '\0';
	if (value && !gt_copy_str(dst, cap, value))
		dst[0] = '\0';
}

void gt_read_ident(const struct gt_state *s, const struct gt_bundle *b, struct gt_ident *ret)
{
	const struct gt_strv *annotations = NULL;
	const struct names *n;

	if (b && b->annotations.n > 0)
		annotations = &b->annotations;
	else if (s)
		annotations = &s->annotations;
	if (s) {
		(void)gt_copy_str(ret->id, sizeof(ret->id), s->id); /* same sizes */
		(void)gt_copy_str(ret->bundle, sizeof(ret->bundle), s->bundle);
		/* Only crun writes `root` into the state. */
		(void)gt_copy_str(ret->runtime, sizeof(ret->runtime), s->root[0] ? "crun" : "");
		ret->pid = s->pid;
	}
	ret->engine = engine_of(ret->bundle, annotations);
	n = &names[ret->engine];
	take(ret->image, sizeof(ret->image), annotations, n->image[0]);
	if (!ret->image[0])
		take(ret->image, sizeof(ret->image), annotations, n->image[1]);
	take(ret->container_name, sizeof(ret->container_name), annotations, n->container);
	ret->command[0] = ret->cgroup[0] = '\0';
	if (b && b->args.n > 0)
		(void)gt_copy_str(ret->command, sizeof(ret->command), gt_strv_at(&b->args, 0));
	if (b)
		(void)gt_copy_str(ret->cgroup, sizeof(ret->cgroup), b->cgroups_path);
}
