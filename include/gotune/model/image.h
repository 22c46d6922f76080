/*
 * What an engine keeps about a container's image on the host, and where. Fixed-size
 * structs without pointers: they are filled in a sandboxed child and travel through a pipe.
 */
#ifndef GOTUNE_MODEL_IMAGE_H
#define GOTUNE_MODEL_IMAGE_H

#include "gotune/model/facts.h"

/* Where the files of a container's engine are. */
enum gt_place_kind {
	GT_PLACE_NONE,	  /* an engine whose image labels cannot be read, or none that we know */
	GT_PLACE_DOCKER,  /* DIR is the container's own directory */
	GT_PLACE_STORAGE, /* containers/storage (Podman, CRI-O): DIR is the graph root */
};

struct gt_place {
	enum gt_place_kind kind;
	char dir[GT_PATH_CAP];	    /* absolute, without a slash at its end */
	char driver[16];	    /* storage: "overlay", "vfs", ... */
	char id[GT_FULL_ID_CAP];    /* the container's */
	char image[GT_FULL_ID_CAP]; /* storage: the image's where config.json says it, else "" */
};

/* The kinds of files that tell of an image; each is JSON. */
enum gt_image_file {
	GT_IMAGE_DOCKER,     /* Docker's config.v2.json of the container */
	GT_IMAGE_CONTAINERS, /* containers/storage's containers.json */
	GT_IMAGE_CONFIG,     /* the image's OCI configuration */
	GT_IMAGE_MANIFEST,   /* its manifest */
	GT_IMAGE_FILE_COUNT,
};

/* What one of them is asked: of which container. */
struct gt_image_ask {
	enum gt_image_file file;
	char id[GT_FULL_ID_CAP];
};

/* The answer. */
struct gt_image {
	bool found;		 /* the file tells of that container */
	char name[512];		 /* as the user wrote it, or as the engine resolved it; "" */
	char id[GT_FULL_ID_CAP]; /* the image's, ""  */
	struct gt_strv labels;	 /* pairs: those whose names begin with "io.gotune." */
	GT_ARENA(GT_STRV_CAP) arena;
};

/* Is S a full id: 64 digits of lower-case hex? Pure. */
bool gt_full_id_ok(const char *s);

/* True when the vector is sound, every string terminated, and the id one or "". */
bool gt_image_valid(const struct gt_image *i);

#endif
