/*
 * What the engine keeps about a container's image, looked up on the host: its labels and its name.
 * Effectful: opens files of the engine for reading. This process works out paths and opens; the
 * sandboxed worker parses. Where the paths come from, and who had a say in them: read/place.c.
 *
 * A look-up costs two or three small files, and with containers/storage one that grows with the
 * number of containers, for every container that is created: so it is made only when the policy
 * would make use of it. Nothing here keeps a container from being decided about: what cannot be
 * looked up is as if the image had no labels, and a warning says so.
 */
#include "image.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/lessons.h"
#include "gotune/model.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "jobs.h"

/* Would anything be done with a label, or with the image's name or digest? */
static bool is_wanted(const struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;
	bool by_image = false;

	if (d->rec->facts.trouble != GT_TROUBLE_NONE || p->broken)
		return false;
	for (uint32_t i = 0; i < p->n_rule; i++)
		by_image = by_image || p->rule[i].image;
	if (p->mode == GT_MODE_OFF && p->n_rule == 0)
		return false;
	if (gt_lessons_wanted(p))
		return true;
	return p->allow || p->n_allow_sysctl > 0 || (by_image && !d->rec->facts.ident.image[0]);
}

/* The first file that cannot be used is named in the record. */
static void note(struct gt_decision *d, const char *path)
{
	char *unread = d->rec->facts.labels_unread;

	if (!unread[0])
		(void)gt_copy_str(unread, sizeof(d->rec->facts.labels_unread), path); /* cut */
}

/* Has the worker read PATH. False when it is not there or is broken, which has been noted. */
static bool ask(struct gt_decision *d, enum gt_image_file file, const char *path, const char *id,
		struct gt_image *ret)
{
	struct gt_image_ask q = {.file = file};
	struct stat st;
	_cleanup_close_ int fd = gt_root_open_owned(d->machine->root, path, &st);
	bool ok;

	if (fd == -ENOENT)
		return false;
	(void)gt_copy_str(q.id, sizeof(q.id), id); /* same size, or "" */
	ok = fd >= 0 && st.st_size <= (off_t)GT_IMAGE_FILE_MAX &&
	     gt_worker_call(&d->parser, GT_JOB_IMAGE, fd, &q, sizeof(q), ret, GT_JOB_TIMEOUT_MS,
			    NULL) == 0 &&
	     gt_image_valid(ret);
	if (!ok || ret->labels.dropped > 0)
		note(d, path);
	return ok;
}

/* DIR and the parts after it; false when that is too long for a path. */
static bool join(char path[GT_PATH_CAP], const char *dir, const char *const parts[])
{
	bool fits = gt_copy_str(path, GT_PATH_CAP, dir);

	for (; *parts; parts++)
		fits = fits && gt_append(path, GT_PATH_CAP, *parts);
	return fits;
}

/* ---- containers/storage ---- */

/* Podman's --rm containers have a file of their own. storage, containers.go. */
static bool find_container(struct gt_decision *d, const struct gt_place *p, struct gt_image *ret)
{
	static const char *const names[] = {"-containers/containers.json",
					    "-containers/volatile-containers.json"};
	char path[GT_PATH_CAP];

	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++) {
		if (join(path, p->dir, (const char *[]){"/", p->driver, names[i], NULL}) &&
		    ask(d, GT_IMAGE_CONTAINERS, path, p->id, ret) && ret->found)
			return true;
	}
	return false;
}

/*
 * storage, store.go, makeBigDataBaseName: a name with another character than letters, digits, '-'
 * and '.' is '=' and its base64. "sha256:" and a multiple of three bytes never needs '/' or '+'.
 */
static void data_name(const char *id, char ret[128])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char plain[sizeof("sha256:") + GT_FULL_ID_LEN + 3] = "sha256:";
	size_t n, out = 0;

	(void)gt_append(plain, sizeof(plain), id); /* fits */
	n = strlen(plain);
	ret[out++] = '=';
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)plain[i] << 16;

		v |= i + 1 < n ? (uint32_t)(unsigned char)plain[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint32_t)(unsigned char)plain[i + 2] : 0;
		ret[out++] = digits[v >> 18 & 63];
		ret[out++] = digits[v >> 12 & 63];
		ret[out++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		ret[out++] = i + 2 < n ? digits[v & 63] : '=';
	}
	ret[out] = '\0';
}

/* Annotations of the manifest first: of two requests of the same rank the later one counts. */
static void take_image_files(struct gt_decision *d, const struct gt_place *p, const char *image,
			     struct gt_image *scratch)
{
	struct gt_requests *req = &d->rec->facts.req;
	char path[GT_PATH_CAP], name[128];

	data_name(image, name);
	if (join(path, p->dir,
		 (const char *[]){"/", p->driver, "-images/", image, "/manifest", NULL}) &&
	    ask(d, GT_IMAGE_MANIFEST, path, "", scratch))
		gt_read_labels(&scratch->labels, req);
	if (join(path, p->dir,
		 (const char *[]){"/", p->driver, "-images/", image, "/", name, NULL}) &&
	    ask(d, GT_IMAGE_CONFIG, path, "", scratch))
		gt_read_labels(&scratch->labels, req);
}

static void take_name(struct gt_decision *d, const struct gt_image *image)
{
	struct gt_ident *who = &d->rec->facts.ident;

	if (!who->image[0])
		memcpy(who->image, image->name, sizeof(who->image));
}

static void look_in_storage(struct gt_decision *d, const struct gt_place *p,
			    struct gt_image *scratch)
{
	char image[GT_FULL_ID_CAP];

	memcpy(image, p->image, sizeof(image));
	/* What config.json has said need not be looked for. */
	if (!image[0] || !d->rec->facts.ident.image[0]) {
		if (find_container(d, p, scratch)) {
			take_name(d, scratch);
			if (!image[0])
				memcpy(image, scratch->id, sizeof(image));
		}
	}
	memcpy(d->rec->facts.ident.image_id, image, sizeof(image));
	if (image[0] && (d->machine->policy.allow || d->machine->policy.n_allow_sysctl > 0))
		take_image_files(d, p, image, scratch);
}

/* ---- Docker ---- */

static void look_in_docker(struct gt_decision *d, const struct gt_place *p,
			   struct gt_image *scratch)
{
	char path[GT_PATH_CAP];

	if (!join(path, p->dir, (const char *[]){"/config.v2.json", NULL}) ||
	    !ask(d, GT_IMAGE_DOCKER, path, p->id, scratch) || !scratch->found)
		return;
	take_name(d, scratch);
	memcpy(d->rec->facts.ident.image_id, scratch->id, sizeof(scratch->id));
	gt_read_labels(&scratch->labels, &d->rec->facts.req);
}

/* Until the time for all of them is over. */
static void look_up(struct gt_decision *d, const struct gt_place *p, struct gt_image *scratch)
{
	int64_t begin = gt_now_ms();

	if (d->images_ms && *d->images_ms <= 0) {
		note(d, "files of too many images");
		return;
	}
	if (p->kind == GT_PLACE_DOCKER)
		look_in_docker(d, p, scratch);
	else
		look_in_storage(d, p, scratch);
	if (d->images_ms)
		*d->images_ms -= gt_now_ms() - begin;
}

void gt_look_up_image(struct gt_decision *d)
{
	_cleanup_free_ struct gt_image *scratch = NULL;
	struct gt_place p;

	if (!d->bundle || !is_wanted(d))
		return;
	gt_read_place(&d->rec->facts.ident, d->bundle, &p);
	if (p.kind == GT_PLACE_NONE)
		return;
	scratch = calloc(1, sizeof(*scratch));
	if (scratch)
		look_up(d, &p, scratch);
}
