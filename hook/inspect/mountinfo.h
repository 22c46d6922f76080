/*
 * What the files of inspect/ share: one line of mountinfo, and lists of words.
 */
#ifndef GOTUNE_INSPECT_MOUNTINFO_H
#define GOTUNE_INSPECT_MOUNTINFO_H

#include "gotune/base.h"
#include "gotune/model.h"

/* A cgroup mount; the strings belong to the line. */
struct gt_mountinfo {
	enum gt_cgroup_version version;
	const char *root, *point, *options;
};

/*
 * Takes "32 31 0:29 ROOT POINT rw,relatime [TAG]... - cgroup SOURCE rw,cpu" apart, in place. False
 * when it is no mount of cgroups.
 */
bool gt_parse_mountinfo(char *line, struct gt_mountinfo *ret);

/* Is WORD one of LIST's, which are separated by one of SEPS? */
bool gt_list_has_word(const char *list, const char *seps, const char *word);

/* Is PATH the directory DIR, or below it? Both absolute, without a slash at the end. */
bool gt_path_is_within(const char *path, const char *dir);

#endif
