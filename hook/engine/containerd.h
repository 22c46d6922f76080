/*
 * containerd: what is done to the text of config.toml. Pure but for the
 * heap.
 */
#ifndef GOTUNE_ENGINE_CONTAINERD_H
#define GOTUNE_ENGINE_CONTAINERD_H

#include "gotune/base.h"
#include "job.h"

/* The plugin that holds CRI's runtimes, by the version of the file. */
#define GT_CRI_V2 "io.containerd.grpc.v1.cri"
#define GT_CRI_V3 "io.containerd.cri.v1.runtime"

/*
 * Appends TEXT without what install put there: our block between its two markers, and our edit of
 * default_runtime_name. Nothing else changes. -EBADMSG when a marker has lost its other one.
 */
GT_MUST_CHECK int gt_containerd_strip(const char *text, size_t len, struct gt_buf *out,
				      struct gt_err *e);

struct gt_containerd_want {
	const char *plugin;  /* GT_CRI_V2 or _V3 */
	const char *runtime; /* the path of gotune-runtime */
	bool make_default;
	unsigned add_version; /* 0: the file has one */
	/*
	 * The file has no table of runtimes: one of ours alone would take the place of the built-in
	 * one, and with it runc's (1.x, where a map is replaced, not merged).
	 */
	bool add_runc;
};

/*
 * The tables of the handler "gotune", with what JSON (the merged configuration) has for its default
 * runtime. *ret_note (256 bytes) says what a person should know, or is "".
 */
GT_MUST_CHECK int gt_containerd_tables(const struct gt_buf *json,
				       const struct gt_containerd_want *w, struct gt_buf *out,
				       char *ret_note, struct gt_err *e);

/*
 * Appends the stripped file BASE with our block (TABLES between markers) and, if wanted, our
 * default. What comes out is parsed, and has to be the old tree and ours: otherwise -EBADMSG.
 */
GT_MUST_CHECK int gt_containerd_add(const struct gt_buf *base, const struct gt_buf *tables,
				    const struct gt_containerd_want *w, struct gt_buf *out,
				    struct gt_err *e);

#endif
