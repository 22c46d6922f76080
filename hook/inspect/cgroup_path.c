/*
 * Works out which cgroup runc and crun will make of config.json's cgroupsPath. Pure.
 *
 * There are two forms: a path below the hierarchy's root, and systemd's "SLICE:PREFIX:NAME", which
 * becomes a unit "PREFIX-NAME.scope" in SLICE. A slice "a-b.slice" lies in "a.slice"
 * (systemd.slice(5); runc's libcontainer/cgroups/systemd, crun's src/libcrun/cgroup-systemd.c).
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

#define SLICE	".slice"
#define DEFAULT "system.slice"

/* Appends "/a.slice/a-b.slice" for SLICE "a-b.slice". */
static bool add_slice(char ret[GT_PATH_CAP], const char *slice, size_t len)
{
	size_t tail = strlen(SLICE), stem;

	if (len <= tail || memcmp(slice + len - tail, SLICE, tail) != 0)
		return false;
	stem = len - tail;
	if (stem == 1 && *slice == '-') /* the name of the root slice */
		return true;
	for (size_t i = 1; i <= stem; i++) {
		char part[GT_PATH_CAP];

		if (i < stem && slice[i] != '-')
			continue;
		/* "--", and a dash at either end, are invalid. */
		if (slice[i - 1] == '-' || *slice == '-' ||
		    !gt_copy(part, sizeof(part), slice, i) || !gt_append(ret, GT_PATH_CAP, "/") ||
		    !gt_append(ret, GT_PATH_CAP, part) || !gt_append(ret, GT_PATH_CAP, SLICE))
			return false;
	}
	return true;
}

static bool from_systemd(const char *slice, const char *prefix, const char *name,
			 char ret[GT_PATH_CAP])
{
	size_t slice_len = (size_t)(prefix - slice - 1), prefix_len = (size_t)(name - prefix - 1);
	char part[GT_PATH_CAP];

	if (slice_len == 0) {
		slice = DEFAULT;
		slice_len = strlen(DEFAULT);
	}
	if (strchr(slice, '/') || !add_slice(ret, slice, slice_len) ||
	    !gt_copy(part, sizeof(part), prefix, prefix_len) || !gt_append(ret, GT_PATH_CAP, "/"))
		return false;
	if (gt_has_suffix(name, SLICE))
		return gt_append(ret, GT_PATH_CAP, name);
	return (prefix_len == 0 ||
		(gt_append(ret, GT_PATH_CAP, part) && gt_append(ret, GT_PATH_CAP, "-"))) &&
	       gt_append(ret, GT_PATH_CAP, name) && gt_append(ret, GT_PATH_CAP, ".scope");
}

bool gt_inspect_cgroup_path(const char *cgroups_path, char ret[GT_PATH_CAP])
{
	const char *prefix = strchr(cgroups_path, ':');
	const char *name = prefix ? strchr(prefix + 1, ':') : NULL;

	ret[0] = '\0';
	if (cgroups_path[0] == '/')
		return gt_copy_str(ret, GT_PATH_CAP, cgroups_path);
	/* A relative path depends on the runtime's own cgroup and its version. */
	if (!name || name[1] == '\0')
		return false;
	return from_systemd(cgroups_path, prefix + 1, name + 1, ret);
}
