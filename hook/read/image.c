/*
 * The files in which engines keep what an image says of itself: Docker's config.v2.json of a
 * container; containers/storage's containers.json, an image's configuration and its manifest. Pure;
 * runs in the parser worker.
 *
 * The files are the host's, but their strings are an image's author's, and an image's configuration
 * is so byte for byte: all of it is hostile.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define LABEL	     "io.gotune."
#define METADATA_MAX 8192

/* One element of containers.json. */
struct item {
	char id[GT_FULL_ID_CAP], image[GT_FULL_ID_CAP];
	char metadata[METADATA_MAX]; /* JSON once more */
	size_t metadata_len;
};

struct reader {
	const struct gt_image_ask *ask;
	struct gt_image *image;
	struct item item;
};

/* An id, a name: what does not fit, or is no text, is as if it were not there. */
static void take_text(char *dst, size_t cap, const struct gt_json_event *ev)
{
	if (ev->type != GT_JSON_STRING || !gt_copy(dst, cap, ev->text, ev->len))
		dst[0] = '\0';
}

static int take_label(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	const struct gt_json_step *key = &ev->path[ev->depth - 1];

	if (ev->type != GT_JSON_STRING)
		return gt_err_set(e, -EINVAL, "labels: a value is not a string");
	/* A map: repeated and case-variant keys are let pass, the last counts (Go). */
	if (gt_has_prefix(key->key, LABEL))
		(void)gt_strv_add_pair(&((struct reader *)base)->image->labels, key->key,
				       key->key_len, ev->text, ev->len); /* counted there */
	return 0;
}

static int take_docker_id(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct reader *rd = base;
	char id[GT_FULL_ID_CAP];

	(void)e;
	take_text(id, sizeof(id), ev);
	rd->image->found = strcmp(id, rd->ask->id) == 0;
	return 0;
}

static int take_docker_name(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_image *image = ((struct reader *)base)->image;

	(void)e;
	take_text(image->name, sizeof(image->name), ev);
	return 0;
}

/* "sha256:ID" */
static int take_docker_image(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_image *image = ((struct reader *)base)->image;
	char text[sizeof("sha256:") + GT_FULL_ID_LEN] = "";

	(void)e;
	take_text(text, sizeof(text), ev);
	if (gt_has_prefix(text, "sha256:") && gt_full_id_ok(text + strlen("sha256:")))
		memcpy(image->id, text + strlen("sha256:"), sizeof(image->id));
	return 0;
}

static int take_item_id(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct item *item = &((struct reader *)base)->item;

	(void)e;
	take_text(item->id, sizeof(item->id), ev);
	return 0;
}

static int take_item_image(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct item *item = &((struct reader *)base)->item;

	(void)e;
	take_text(item->image, sizeof(item->image), ev);
	return 0;
}

static int take_item_metadata(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct item *item = &((struct reader *)base)->item;

	(void)e;
	take_text(item->metadata, sizeof(item->metadata), ev);
	item->metadata_len = strlen(item->metadata);
	return 0;
}

#define NONE GT_FIELD_NO_HAS
#define OBJECT(p)                                                     \
	{                                                             \
		.path = (p), .type = GT_FIELD_OBJECT, .has_off = NONE \
	}
#define ARRAY(p)                                                     \
	{                                                            \
		.path = (p), .type = GT_FIELD_ARRAY, .has_off = NONE \
	}
#define CALL(p, f)                                                             \
	{                                                                      \
		.path = (p), .type = GT_FIELD_CALL, .fn = (f), .has_off = NONE \
	}

/* moby, container/container.go and api/types/container/config.go. */
static const struct gt_field docker_fields[] = {
	OBJECT(""),
	CALL("ID", take_docker_id),
	CALL("Image", take_docker_image),
	OBJECT("Config"),
	CALL("Config/Image", take_docker_name),
	OBJECT("Config/Labels"),
	CALL("Config/Labels/*", take_label),
};

/* storage, containers.go. */
static const struct gt_field containers_fields[] = {
	ARRAY(""),
	OBJECT("*"),
	CALL("*/id", take_item_id),
	CALL("*/image", take_item_image),
	CALL("*/metadata", take_item_metadata),
};

/* image-spec, config.md and manifest.md. */
static const struct gt_field config_fields[] = {
	OBJECT(""),
	OBJECT("config"),
	OBJECT("config/Labels"),
	CALL("config/Labels/*", take_label),
};

static const struct gt_field manifest_fields[] = {
	OBJECT(""),
	OBJECT("annotations"),
	CALL("annotations/*", take_label),
};

/* ---- containers.json ---- */

/* Podman, libpod/storage.go, and CRI-O, internal/storage/runtime.go: both call it so. */
static int take_metadata(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_image *image = ctx;

	(void)e;
	if (gt_json_at(ev, "image-name"))
		take_text(image->name, sizeof(image->name), ev);
	return 0;
}

/* One container has been read: is it the one? -ECANCELED ends the walk: the rest is not needed. */
static int end_item(struct reader *rd)
{
	const struct item *item = &rd->item;

	if (strcmp(item->id, rd->ask->id) != 0)
		return 0;
	rd->image->found = true;
	if (gt_full_id_ok(item->image))
		memcpy(rd->image->id, item->image, sizeof(rd->image->id));
	/* Whoever writes something else there names no image; its id is known all the same. */
	if (gt_json_walk(item->metadata, item->metadata_len, 0, take_metadata, rd->image, NULL,
			 NULL) < 0)
		rd->image->name[0] = '\0';
	return -ECANCELED;
}

static int on_containers(struct reader *rd, const struct gt_json_event *ev)
{
	if (!gt_json_at(ev, "*"))
		return 0;
	if (ev->type == GT_JSON_MAP_END)
		return end_item(rd);
	if (ev->type == GT_JSON_MAP_START) {
		rd->item.id[0] = rd->item.image[0] = rd->item.metadata[0] = '\0';
		rd->item.metadata_len = 0;
	}
	return 0;
}

/* ---- all of them ---- */

static const struct {
	const struct gt_field *fields;
	size_t n;
} files[GT_IMAGE_FILE_COUNT] = {
	[GT_IMAGE_DOCKER] = {docker_fields, GT_ARRAY_LEN(docker_fields)},
	[GT_IMAGE_CONTAINERS] = {containers_fields, GT_ARRAY_LEN(containers_fields)},
	[GT_IMAGE_CONFIG] = {config_fields, GT_ARRAY_LEN(config_fields)},
	[GT_IMAGE_MANIFEST] = {manifest_fields, GT_ARRAY_LEN(manifest_fields)},
};

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct reader *rd = ctx;
	enum gt_image_file file = rd->ask->file;
	int r = gt_field_take(files[file].fields, files[file].n, rd, ev, e);

	if (r >= 0 && file == GT_IMAGE_CONTAINERS)
		r = on_containers(rd, ev);
	return r < 0 ? r : 0;
}

int gt_read_image(const struct gt_image_ask *ask, const char *doc, size_t len, struct gt_image *ret,
		  struct gt_err *e)
{
	struct reader rd = {.ask = ask, .image = ret};
	struct gt_json_pos pos;
	int r;

	memset(ret, 0, offsetof(struct gt_image, arena));
	gt_arena_init(&ret->arena.a, sizeof(ret->arena.room));
	gt_strv_init(&ret->labels, &ret->arena.a);
	if (ask->file >= GT_IMAGE_FILE_COUNT)
		return gt_err_set(e, -EINVAL, "no such kind of file");
	if (len > GT_IMAGE_FILE_MAX)
		return gt_err_set(e, -EFBIG, "more than %u bytes", GT_IMAGE_FILE_MAX);
	r = gt_json_walk(doc, len, GT_JSON_KEYS, take, &rd, &pos, e);
	if (r == -ECANCELED)
		r = 0;
	if (r < 0) {
		(void)gt_err_wrap(e, "%u:%u", pos.line, pos.column);
		return r;
	}
	/* An image's own files tell of nothing else. */
	if (ask->file == GT_IMAGE_CONFIG || ask->file == GT_IMAGE_MANIFEST)
		ret->found = true;
	return 0;
}
