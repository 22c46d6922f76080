/*
 * Where the engine keeps what it knows of a container's image, and who a container is before it
 * exists: worked out from paths in config.json. Pure; nothing is opened here.
 *
 * Who may choose these paths. The bundle's place is the engine's. A mount's source may be a user's:
 * `docker run -v /home/me/hostname:/etc/hostname` puts any path there. So of Docker's mount only
 * the part before "containers/" is used, and the rest is the container's own id, which nobody but
 * the engine chooses; and what is then opened must belong to us or to root, as must every directory
 * on the way (base/owned.c). root.path is the engine's but for `podman run --rootfs DIR`, whose
 * user owns the engine. Whoever manages to be believed has still only said what they could have
 * said with `--label`: labels are the lowest of requests, within the policy's bounds.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define CONTAINERS "-containers/"
#define USERDATA   "/userdata"

/* Copies the full id that begins at S and is followed by TAIL. */
static bool take_id(const char *s, const char *tail, char ret[GT_FULL_ID_CAP])
{
	char id[GT_FULL_ID_CAP];

	if (strnlen(s, GT_FULL_ID_LEN) < GT_FULL_ID_LEN ||
	    strncmp(s + GT_FULL_ID_LEN, tail, strlen(tail)) != 0)
		return false;
	(void)gt_copy(id, sizeof(id), s, GT_FULL_ID_LEN); /* as long as asked for */
	if (!gt_full_id_ok(id))
		return false;
	memcpy(ret, id, sizeof(id));
	return true;
}

/* The last NEEDLE in S. */
static const char *find_last(const char *s, const char *needle)
{
	const char *found = NULL;

	for (s = strstr(s, needle); s; s = strstr(s + 1, needle))
		found = s;
	return found;
}

/* What is mounted on DESTINATION, "" when nothing is bound there. */
static const char *source_of(const struct gt_bundle *b, const char *destination)
{
	const char *source = gt_strv_pair(&b->mounts, destination);

	return source ? source : "";
}

/* ---- containers/storage ---- */

/* "GRAPHROOT/DRIVER-containers/ID/userdata" */
static bool split_bundle(const char *bundle, struct gt_place *p)
{
	const char *mark = find_last(bundle, CONTAINERS), *driver = mark;

	if (!mark || bundle[0] != '/' || !take_id(mark + strlen(CONTAINERS), USERDATA, p->id))
		return false;
	while (driver > bundle && driver[-1] != '/')
		driver--;
	return driver > bundle + 1 && driver < mark &&
	       gt_copy(p->driver, sizeof(p->driver), driver, (size_t)(mark - driver)) &&
	       gt_copy(p->dir, sizeof(p->dir), bundle, (size_t)(driver - bundle) - 1);
}

/* Where each driver of containers/storage mounts or keeps a container's layer: what comes before
 * the layer's id. storage, drivers/DRIVER. */
static const struct layout {
	const char *driver, *before;
} layouts[] = {
	{"overlay", "/overlay/"},
	{"vfs", "/vfs/dir/"},
	{"btrfs", "/btrfs/subvolumes/"},
	{"zfs", "/zfs/graph/"},
};

/* "GRAPHROOT/overlay/LAYER/merged", or as the other drivers have it */
static bool split_root(const char *root, struct gt_place *p)
{
	char layer[GT_FULL_ID_CAP];

	for (size_t i = 0; root[0] == '/' && i < GT_ARRAY_LEN(layouts); i++) {
		const struct layout *l = &layouts[i];
		const char *at = find_last(root, l->before);

		if (!at || at == root || !take_id(at + strlen(l->before), "", layer))
			continue;
		(void)gt_copy_str(p->driver, sizeof(p->driver), l->driver); /* ours, fits */
		return gt_copy(p->dir, sizeof(p->dir), root, (size_t)(at - root));
	}
	return false;
}

/* CRI-O says which image it is: "ID" or "sha256:ID"; a name with a digest is none. */
static void take_image(const struct gt_bundle *b, struct gt_place *p)
{
	const char *ref = gt_strv_pair(&b->annotations, "io.kubernetes.cri-o.ImageRef");

	if (ref && gt_has_prefix(ref, "sha256:"))
		ref += strlen("sha256:");
	if (ref && gt_full_id_ok(ref))
		memcpy(p->image, ref, sizeof(p->image));
}

/* Where the root is or will be. A container that CRI-O tells a plugin of has no config.json yet: an
 * annotation of CRI-O's says it, which a pod's author cannot write (they come last). */
static const char *root_of(const struct gt_ident *who, const struct gt_bundle *b)
{
	const char *at = NULL;

	if (who->engine == GT_ENGINE_CRIO && !b->root_path[0])
		at = gt_strv_pair(&b->annotations, "io.kubernetes.cri-o.MountPoint");
	return at ? at : b->root_path;
}

/*
 * Podman's bundle lies in the graph root. CRI-O's lies in the run root, so there root.path says
 * where the graph root is, as it does before Podman's bundle is known.
 */
static void storage_place(const struct gt_ident *who, const struct gt_bundle *b,
			  struct gt_place *ret)
{
	struct gt_place p = {.kind = GT_PLACE_STORAGE};

	if (who->engine == GT_ENGINE_PODMAN) {
		if (!split_bundle(who->bundle, &p) && !split_root(b->root_path, &p))
			return;
	} else if (!split_root(root_of(who, b), &p)) {
		return;
	}
	if (!gt_full_id_ok(who->id))
		return;
	memcpy(p.id, who->id, sizeof(p.id));
	if (who->engine == GT_ENGINE_CRIO)
		take_image(b, &p);
	*ret = p;
}

/* ---- Docker ---- */

/* "ROOT/containers/ID/hostname": with --network container:OTHER it is the other's, in one ROOT. */
static void docker_place(const struct gt_ident *who, const struct gt_bundle *b,
			 struct gt_place *ret)
{
	static const char part[] = "/containers/";
	struct gt_place p = {.kind = GT_PLACE_DOCKER};
	const char *source = source_of(b, "/etc/hostname"), *at = find_last(source, part);

	if (!at || source[0] != '/' || !gt_full_id_ok(who->id) ||
	    !take_id(at + strlen(part), "/hostname", p.id))
		return;
	memcpy(p.id, who->id, sizeof(p.id));
	if (gt_copy(p.dir, sizeof(p.dir), source, (size_t)(at - source) + strlen(part)) &&
	    gt_append(p.dir, sizeof(p.dir), who->id))
		*ret = p;
}

void gt_read_place(const struct gt_ident *who, const struct gt_bundle *b, struct gt_place *ret)
{
	*ret = (struct gt_place){0};
	switch (who->engine) {
	case GT_ENGINE_DOCKER:
		docker_place(who, b, ret);
		break;
	case GT_ENGINE_PODMAN:
	case GT_ENGINE_CRIO:
		storage_place(who, b, ret);
		break;
	case GT_ENGINE_UNKNOWN:
	case GT_ENGINE_CONTAINERD:
	case GT_ENGINE_COUNT:
		break;
	}
}

/* ---- who it will be ---- */

/* Podman's cgroup: ".../libpod-ID", ".../libpod-payload-ID" or "SLICE:libpod:ID". */
static bool id_of_cgroup(const char *path, char ret[GT_FULL_ID_CAP])
{
	const char *at = find_last(path, "libpod");
	size_t len = strlen(path);

	return at && len > GT_FULL_ID_LEN && path + len - GT_FULL_ID_LEN > at &&
	       strchr("-:", path[len - GT_FULL_ID_LEN - 1]) &&
	       take_id(path + len - GT_FULL_ID_LEN, "", ret);
}

/* "DIR/DRIVER-containers/ID/userdata/..." */
static bool id_of_mount(const char *source, char ret[GT_FULL_ID_CAP])
{
	const char *mark = find_last(source, CONTAINERS);

	return mark && take_id(mark + strlen(CONTAINERS), USERDATA "/", ret);
}

void gt_read_early_ident(const struct gt_bundle *b, struct gt_ident *ret)
{
	struct gt_place p = {0};
	char id[GT_FULL_ID_CAP];

	/* In a pod /etc/hostname may be the infra container's; /run/.containerenv never is. */
	if (!id_of_cgroup(b->cgroups_path, id) &&
	    !id_of_mount(source_of(b, "/run/.containerenv"), id) &&
	    !id_of_mount(source_of(b, "/etc/hostname"), id))
		return;
	memcpy(ret->id, id, sizeof(id));
	if (split_root(b->root_path, &p) && gt_append(p.dir, sizeof(p.dir), "/") &&
	    gt_append(p.dir, sizeof(p.dir), p.driver) &&
	    gt_append(p.dir, sizeof(p.dir), CONTAINERS) && gt_append(p.dir, sizeof(p.dir), id) &&
	    gt_append(p.dir, sizeof(p.dir), USERDATA))
		memcpy(ret->bundle, p.dir, sizeof(ret->bundle));
}
