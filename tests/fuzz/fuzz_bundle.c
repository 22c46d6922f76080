/* config.json, and all that is made of it without a look at anything else. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_bundle b;
static struct gt_facts f;
static struct gt_ident who, early;

static void check_place(const struct gt_ident *w)
{
	struct gt_place place;

	gt_read_place(w, &b, &place);
	HOLDS(memchr(place.dir, '\0', sizeof(place.dir)));
	HOLDS(place.kind == GT_PLACE_NONE || place.dir[0] == '/');
	HOLDS(place.image[0] == '\0' || gt_full_id_ok(place.image));
	HOLDS(place.kind == GT_PLACE_NONE || gt_full_id_ok(place.id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[GT_PATH_CAP];
	struct gt_err e = {0};

	if (fuzz_answer(gt_read_bundle((const char *)data, size, &b, &e), &e) < 0)
		return 0;
	HOLDS(gt_bundle_valid(&b));
	HOLDS(gt_bundle_agrees(&b, (const char *)data, size) || fuzz_has_odd_spelling(data, size));
	memset(&who, 0, sizeof(who));
	(void)gt_copy_str(who.bundle, sizeof(who.bundle),
			  b.cwd); /* a place of the input's choice */
	(void)gt_copy_str(who.id, sizeof(who.id), b.selinux_label);
	gt_read_ident(NULL, &b, &who);
	HOLDS(who.engine < GT_ENGINE_COUNT);
	check_place(&who);
	early = who;
	gt_read_early_ident(&b, &early);
	HOLDS(early.id[0] == '\0' || strcmp(early.id, who.id) == 0 || gt_id_ok(early.id));
	check_place(&early);
	memset(&f.config, 0, sizeof(f.config));
	f.n_sysctl = 0;
	gt_read_config_facts(&b, &f);
	HOLDS(f.n_sysctl <= GT_SYSCTL_MAX);
	gt_inspect_cgroup_mount(&b, &f.cgroup);
	HOLDS(!gt_inspect_cgroup_path(b.cgroups_path, path) || path[0] == '/');
	return 0;
}
