/*
 * What the engine keeps about a container's image, looked up on the host.
 */
#ifndef GOTUNE_DECIDE_IMAGE_H
#define GOTUNE_DECIDE_IMAGE_H

#include "gotune/decide.h"

/*
 * Adds to D's facts the requests in the image's labels and annotations, below all other
 * requests, and the image's name where config.json had none. Does nothing when the policy would
 * make no use of either, or the engine has no place for them that can be read. Never fails: what
 * was there and could not be used is in facts.labels_unread. Needs ident, config.json and policy.
 */
void gt_look_up_image(struct gt_decision *d);

#endif
