/*
 * What Go sees of its cgroup by config.json: read/bundle_view.c and inspect/view.c in a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdio.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define M(to, type) "{\"destination\":\"" to "\",\"type\":\"" type "\",\"source\":\"x\"}"
#define BIND(to, from, how)                                                \
	"{\"destination\":\"" to "\",\"type\":\"bind\",\"source\":\"" from \
	"\",\"options\":[\"" how "\",\"ro\"]}"
#define USUAL M("/proc", "proc") "," M("/sys", "sysfs")
#define OWN   M("/sys/fs/cgroup", "cgroup")
#define HOST  BIND("/sys/fs/cgroup", "/sys/fs/cgroup", "rbind")

/* A row: mounts and masks, the namespaces, and what 1.25 and 1.26 see: y, n or ?. */
struct row {
	const char *name, *mounts, *masks;
	char own_v2[3], own_v1[3], host_v2[3], host_v1[3];
};

static struct gt_bundle b;
static struct gt_cgroup_facts f;

static void read_row(const struct row *r, const char *cgroup_ns)
{
	static char doc[8192];
	struct gt_err e = {0};

	(void)snprintf(doc, sizeof(doc),
		       "{\"linux\":{\"maskedPaths\":[%s],\"namespaces\":[{\"type\":\"mount\"}%s]},"
		       "\"mounts\":[%s]}",
		       r->masks, cgroup_ns, r->mounts);
	if (gt_read_bundle(doc, strlen(doc), &b, &e) < 0)
		fail_msg("%s: %s", r->name, e.msg);
	assert_true(gt_bundle_valid(&b));
}

static char letter(enum gt_tri t)
{
	return t == GT_YES ? 'y' : t == GT_NO ? 'n' : '?';
}

static void check_seen(const struct row *r, enum gt_cgroup_version v, const char *want)
{
	char got[3] = "";

	memset(&f, 0, sizeof(f));
	f.cpu = v;
	gt_inspect_cgroup_mount(&b, &f);
	got[0] = letter(f.go125_sees);
	got[1] = letter(f.go126_sees);
	if (strcmp(got, want) != 0 || f.go125_other || f.go126_other)
		fail_msg("%s, v%d, %s namespace: %s, not %s", r->name, v == GT_CGROUP_V1 ? 1 : 2,
			 b.ns[GT_NS_CGROUP].present ? "own" : "host's", got, want);
}

static void test_view_of_mounts(void **state)
{
	static const struct row rows[] = {
		{"own", USUAL "," OWN, "", "yy", "yy", "?y", "ny"},
		{"own, type cgroup2", USUAL "," M("/sys/fs/cgroup", "cgroup2"), "", "yy", "yy",
		 "?y", "ny"},
		{"own, spelt otherwise", USUAL "," M("//sys/./fs/x/../cgroup/", "cgroup"), "", "yy",
		 "yy", "?y", "ny"},
		{"none", USUAL, "", "nn", "nn", "nn", "nn"},
		{"none, and no proc", M("/proc", "tmpfs"), "", "nn", "nn", "nn", "nn"},
		{"no word on proc", M("/sys", "sysfs") "," OWN, "", "yy", "yy", "?y", "ny"},
		{"proc bound", BIND("/proc", "/proc", "rbind") "," OWN, "", "yy", "yy", "?y", "ny"},
		{"proc of somebody", BIND("/proc", "/srv/proc", "rbind") "," OWN, "", "??", "??",
		 "??", "??"},
		{"proc hidden later", USUAL "," OWN "," M("/proc", "tmpfs"), "", "??", "??", "??",
		 "??"},
		{"a file of proc", USUAL "," OWN "," BIND("/proc/cpuinfo", "/var/x", "bind"), "",
		 "yy", "yy", "?y", "ny"},
		{"Go's own file of proc",
		 USUAL "," OWN "," BIND("/proc/self/mountinfo", "/var/x", "bind"), "", "??", "??",
		 "??", "??"},
		/* the host's tree */
		{"bound", USUAL "," HOST, "", "nn", "nn", "yy", "yy"},
		{"bound, not with its mounts",
		 USUAL "," BIND("/sys/fs/cgroup", "/sys/fs/cgroup", "bind"), "", "nn", "nn", "yy",
		 "nn"},
		{"/sys bound", M("/proc", "proc") "," BIND("/sys", "/sys", "rbind"), "", "nn", "nn",
		 "yy", "yy"},
		{"/sys bound, not with its mounts",
		 M("/proc", "proc") "," BIND("/sys", "/sys", "bind"), "", "nn", "nn", "nn", "nn"},
		{"/sys/fs bound", USUAL "," BIND("/sys/fs", "/sys/fs", "rbind"), "", "nn", "nn",
		 "yy", "yy"},
		{"/sys bound, then its own",
		 M("/proc", "proc") "," BIND("/sys", "/sys", "rbind") "," OWN, "", "yy", "yy", "??",
		 "n?"},
		{"its own, then bound over it", USUAL "," OWN "," HOST, "", "nn", "nn", "y?", "y?"},
		{"its own, then /sys bound over it",
		 USUAL "," OWN "," BIND("/sys", "/sys", "rbind"), "", "nn", "nn", "y?", "y?"},
		/* beside its own */
		{"the host's elsewhere, after it",
		 USUAL "," OWN "," BIND("/host/cgroup", "/sys/fs/cgroup", "rbind"), "", "ny", "yy",
		 "yy", "ny"},
		{"the host's elsewhere, before it",
		 BIND("/host/cgroup", "/sys/fs/cgroup", "rbind") "," USUAL "," OWN, "", "yy", "ny",
		 "?y", "yy"},
		{"the host's root elsewhere", USUAL "," OWN "," BIND("/host", "/", "rbind"), "",
		 "ny", "yy", "yy", "ny"},
		{"the host's root elsewhere, not with its mounts",
		 USUAL "," OWN "," BIND("/host", "/", "bind"), "", "yy", "yy", "?y", "ny"},
		{"a part of the tree elsewhere",
		 USUAL "," OWN "," BIND("/x", "/sys/fs/cgroup/system.slice", "rbind"), "", "?y",
		 "yy", "?y", "ny"},
		{"a part of the tree in its place",
		 USUAL "," BIND("/sys/fs/cgroup", "/sys/fs/cgroup/system.slice", "rbind"), "", "??",
		 "??", "??", "??"},
		{"two of its own", USUAL "," OWN "," M("/cg", "cgroup2"), "", "yy", "yy", "?y",
		 "ny"},
		/* hidden */
		{"tmpfs over it", USUAL "," OWN "," M("/sys/fs/cgroup", "tmpfs"), "", "nn", "nn",
		 "nn", "nn"},
		{"tmpfs above it", USUAL "," OWN "," M("/sys/fs", "tmpfs"), "", "nn", "nn", "nn",
		 "nn"},
		{"sysfs over it", M("/proc", "proc") "," OWN "," M("/sys", "sysfs"), "", "nn", "nn",
		 "nn", "nn"},
		{"a directory of the host over it",
		 USUAL "," OWN "," BIND("/sys/fs/cgroup", "/srv/x", "bind"), "", "??", "??", "??",
		 "??"},
		{"a file of the host over its limit",
		 USUAL "," OWN "," BIND("/sys/fs/cgroup/cpu.max", "/srv/x", "bind"), "", "??", "??",
		 "??", "??"},
		{"another mount in it", USUAL "," OWN "," M("/sys/fs/cgroup/systemd", "tmpfs"), "",
		 "yy", "yy", "?y", "ny"},
		{"a mount beside it", USUAL "," OWN "," M("/sys/fs/cgroup2", "tmpfs"), "", "yy",
		 "yy", "?y", "ny"},
		{"tmpfs under it", USUAL "," M("/sys/fs/cgroup", "tmpfs") "," OWN, "", "yy", "yy",
		 "?y", "ny"},
		/* masked */
		{"masked", USUAL "," OWN, "\"/sys/fs/cgroup\"", "nn", "nn", "nn", "nn"},
		{"masked above", USUAL "," OWN, "\"/proc/kcore\",\"/sys/fs/\"", "nn", "nn", "nn",
		 "nn"},
		{"its limit masked", USUAL "," OWN, "\"/sys/fs/cgroup/cpu.max\"", "nn", "nn", "nn",
		 "nn"},
		{"what others mask", USUAL "," OWN,
		 "\"/proc/kcore\",\"/proc/keys\",\"/sys/firmware\",\"/sys/fs/cgroup/memory.max\"",
		 "yy", "yy", "?y", "ny"},
		{"proc masked", USUAL "," OWN, "\"/proc\"", "??", "??", "??", "??"},
		{"Go's own file masked", USUAL "," OWN, "\"/proc/self/cgroup\"", "??", "??", "??",
		 "??"},
		{"masks are strings", USUAL "," OWN, "5,null", "yy", "yy", "?y", "ny"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		read_row(&rows[i], ",{\"type\":\"cgroup\"}");
		check_seen(&rows[i], GT_CGROUP_V2, rows[i].own_v2);
		check_seen(&rows[i], GT_CGROUP_UNKNOWN, rows[i].own_v2);
		check_seen(&rows[i], GT_CGROUP_V1, rows[i].own_v1);
		read_row(&rows[i], "");
		check_seen(&rows[i], GT_CGROUP_V2, rows[i].host_v2);
		check_seen(&rows[i], GT_CGROUP_V1, rows[i].host_v1);
	}
}

/* Who joins a namespace sees its cgroup from there: we cannot tell from where. */
static void test_view_joined_namespace(void **state)
{
	static const struct row own = {"joined", USUAL "," OWN, "", "??", "", "", ""};
	static const struct row none = {"joined, no mount", USUAL, "", "nn", "", "", ""};

	(void)state;
	read_row(&own, ",{\"type\":\"cgroup\",\"path\":\"/proc/7/ns/cgroup\"}");
	check_seen(&own, GT_CGROUP_V2, own.own_v2);
	assert_true(f.joins_cgroup_ns);
	read_row(&none, ",{\"type\":\"cgroup\",\"path\":\"/proc/7/ns/cgroup\"}");
	check_seen(&none, GT_CGROUP_V2, none.own_v2);
}

/* In a nested machine the root of the tree has a limit, and 1.25 would take it. */
static void test_view_root_has_a_limit(void **state)
{
	static const struct row bound = {"nested", USUAL "," HOST, "", "", "", "", ""};

	(void)state;
	read_row(&bound, ",{\"type\":\"cgroup\"}");
	memset(&f, 0, sizeof(f));
	f.cpu = GT_CGROUP_V2;
	f.n_level = 2;
	(void)gt_copy_str(f.level[0].path, sizeof(f.level[0].path), "/c");
	(void)gt_copy_str(f.level[1].path, sizeof(f.level[1].path), "/");
	f.level[1].has_quota = true;
	gt_inspect_cgroup_mount(&b, &f);
	assert_int_equal(f.go125_sees, GT_UNKNOWN);
	assert_true(f.go125_other);
	assert_int_equal(f.go126_sees, GT_NO);
	assert_false(f.go126_other);
}

/* More mounts of cgroups than fit, or one at a place that does not fit: we say nothing. */
static void test_view_too_much(void **state)
{
	static char many[4096];
	static const struct row far = {
		"far",
		USUAL
		"," OWN
		"," BIND("/a/very/long/way/to/the/place/where/somebody/wants/to/see/them/at/once",
			 "/sys/fs/cgroup", "rbind"),
		"",
		"??",
		"",
		"",
		""};
	struct row row = {"many", many, "", "??", "", "", ""};

	(void)state;
	(void)gt_copy_str(many, sizeof(many), USUAL);
	for (unsigned i = 0; i <= GT_VIEW_MOUNTS_MAX; i++)
		assert_true(gt_append(many, sizeof(many), "," OWN));
	read_row(&row, ",{\"type\":\"cgroup\"}");
	check_seen(&row, GT_CGROUP_V2, row.own_v2);
	read_row(&far, ",{\"type\":\"cgroup\"}");
	check_seen(&far, GT_CGROUP_V2, far.own_v2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_of_mounts),
		cmocka_unit_test(test_view_joined_namespace),
		cmocka_unit_test(test_view_root_has_a_limit),
		cmocka_unit_test(test_view_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
