/*
 * L4 engines. The container engines that the tool can be registered with, and what is registered
 * where. `gotune status` prints it, `gotune doctor` judges it.
 */
#ifndef GOTUNE_ENGINES_H
#define GOTUNE_ENGINES_H

#include "gotune/err.h"
#include "gotune/state.h"
#include "gotune/words.h"

/* What can be registered with; not enum gt_engine, which is what started a container. */
enum gt_eng {
	GT_ENG_DOCKER,
	GT_ENG_PODMAN,
	GT_ENG_CRIO,
	GT_ENG_CONTAINERD,
	GT_ENG_CDI,
	GT_ENG_COUNT,
};
extern const struct gt_words gt_eng_words; /* "docker", ... */

/* How an engine is made to call us. */
enum gt_way {
	GT_WAY_RUNTIME,	  /* gotune-runtime, named in the engine's configuration */
	GT_WAY_PRECREATE, /* Podman's own hook stage, before config.json is written */
	GT_WAY_HOOK,	  /* oci-gotune-hook as a createRuntime hook for every container */
	GT_WAY_DEVICE,	  /* a CDI device a profile, asked for by the container */
	GT_WAY_COUNT,
};
#define GT_WAY_BIT(w) (1u << (w))
extern const struct gt_words gt_way_words; /* "runtime", "precreate", "hook", "device" */

struct gt_engine_info {
	const char *title;     /* as its makers write it: "Docker" */
	unsigned ways;	       /* GT_WAY_BIT of each that it has */
	unsigned default_ways; /* those of `gotune install` without --way */
	const char *programs;  /* what it runs as, words: "dockerd docker" */
};
extern const struct gt_engine_info gt_engines[GT_ENG_COUNT];

enum gt_reg_state {
	GT_REG_ABSENT,	 /* not registered; a note when `gotune install` would be refused */
	GT_REG_PRESENT,	 /* as `gotune install` would write it now */
	GT_REG_OUTDATED, /* registered, but `gotune install` would write something else */
	GT_REG_BROKEN,	 /* the engine's file is unsound: nothing can be said, nothing is written */
	GT_REG_STATE_COUNT,
};
extern const struct gt_words gt_reg_state_words; /* "absent", "present", ... */

/* One way of one engine. */
struct gt_registration {
	enum gt_eng engine;
	enum gt_way way;
	enum gt_reg_state state;
	bool is_default;	/* the engine uses it where nobody asks for it (a hook: always) */
	char path[GT_PATH_CAP]; /* the file that holds the registration, below the root: "/etc/..."
				 */
	char target[GT_PATH_CAP]; /* the program of ours that it names; "" when absent or broken */
	char note[256];		  /* one line for a person, or "" */
};
#define GT_REGISTRATIONS 8 /* the ways of all engines together */

/*
 * What is registered below DIR (NULL or "/": this machine; otherwise the root of an image), every
 * way of every engine, in the order of the enumerations. Reads files, writes nothing. *ret_n is
 * GT_REGISTRATIONS. Unsound files are GT_REG_BROKEN with a note, not an error. -ENOMEM, or what
 * opening DIR gave.
 */
GT_MUST_CHECK int gt_engines_status(const char *dir, struct gt_registration *ret, unsigned *ret_n,
				    struct gt_err *e);

/* Where our own programs are, as an engine must name them. */
struct gt_own_paths {
	char runtime[GT_PATH_CAP];	/* gotune-runtime */
	char hook[GT_PATH_CAP];		/* oci-gotune-hook */
	char podman_hooks[GT_PATH_CAP]; /* the directory of Podman's precreate registration */
};

/*
 * IMAGE: as `make install` placed them. Otherwise what lies beside /proc/self/exe (a build tree),
 * or in its ../libexec and ../share (any PREFIX); where nothing lies there, as for IMAGE. The files
 * need not exist. -ENAMETOOLONG, or -errno of readlink(2).
 */
GT_MUST_CHECK int gt_own_paths(bool image, struct gt_own_paths *ret, struct gt_err *e);

#endif
