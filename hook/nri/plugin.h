/*
 * What the plugin's operations share. Private to the room.
 */
#ifndef GOTUNE_NRI_PLUGIN_H
#define GOTUNE_NRI_PLUGIN_H

#include "gotune/nri.h"

/* As struct gt_nri_ops has them; CTX is the struct gt_nri_plugin. */
unsigned gt_nri_on_create(void *ctx, const struct gt_nri_peer *peer, const struct gt_typed *t,
			  struct gt_nri_variable ret[GT_VAR_COUNT]);
void gt_nri_on_start(struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
		     const struct gt_typed *t);

/* Where PEER keeps the bundle of the container ID: "" when we do not know. */
void gt_nri_bundle_of(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer, const char *id,
		      char ret[GT_PATH_CAP]);

/* Comes by: the policy, the kill switch, P->health. CTX is the struct gt_nri_plugin. */
void gt_nri_look(void *ctx);

/* Opens M as P says, with the policy of the last look. What is wrong with it is in M->off. */
void gt_nri_open_machine(const struct gt_nri_plugin *p, struct gt_machine *m);

/*
 * The note about ourselves, locked as long as we live. Opens it, if it is not; a NULL PEER: we are
 * not synchronized. Failures are logged.
 */
void gt_nri_note_write(struct gt_nri_plugin *p, const struct gt_nri_peer *peer);

#endif
