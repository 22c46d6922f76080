/*
 * Where an engine keeps what it knows of an image, and who a container will be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define G     "/var/lib/containers/storage"
#define RUN   "/run/containers/storage"

static struct gt_bundle b;
static struct gt_ident who;
static struct gt_place p;

static void mount_on(const char *destination, const char *source)
{
	(void)gt_strv_add_pair(&b.mounts, destination, strlen(destination), source, strlen(source));
}

static void test_full_id(void **state)
{
	(void)state;
	assert_true(gt_full_id_ok(ID));
	assert_false(gt_full_id_ok(""));
	assert_false(gt_full_id_ok(ID "0"));
	assert_false(gt_full_id_ok(ID + 1));
	assert_false(
		gt_full_id_ok("0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"));
}

static void test_read_place_docker(void **state)
{
	static const struct {
		const char *name, *id, *hostname, *dir; /* dir "": no place */
	} rows[] = {
		{"usual", ID, "/var/lib/docker/containers/" ID "/hostname",
		 "/var/lib/docker/containers/" ID},
		{"data-root elsewhere", ID, "/x/containers/containers/" ID "/hostname",
		 "/x/containers/containers/" ID},
		{"the network of another", ID, "/var/lib/docker/containers/" OTHER "/hostname",
		 "/var/lib/docker/containers/" ID},
		{"a user's file", ID, "/home/me/hostname", ""},
		{"a user's file of another name", ID, "/home/me/containers/" ID "/hosts", ""},
		{"no mount", ID, "", ""},
		{"a short id there", ID, "/var/lib/docker/containers/abc/hostname", ""},
		{"a file below", ID, "/var/lib/docker/containers/" ID "/x/hostname", ""},
		{"relative", ID, "var/lib/docker/containers/" ID "/hostname", ""},
		{"no id", "", "/var/lib/docker/containers/" ID "/hostname", ""},
		{"a name for an id", "../../../home/me",
		 "/var/lib/docker/containers/" ID "/hostname", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		gt_bundle_init(&b);
		memset(&who, 0, sizeof(who));
		who.engine = GT_ENGINE_DOCKER;
		(void)gt_copy_str(who.id, sizeof(who.id), rows[i].id);
		mount_on("/etc/hostname", rows[i].hostname);
		gt_read_place(&who, &b, &p);
		if (strcmp(p.dir, rows[i].dir) != 0)
			fail_msg("%s: %s", rows[i].name, p.dir);
		assert_int_equal(p.kind, rows[i].dir[0] ? GT_PLACE_DOCKER : GT_PLACE_NONE);
		if (p.kind)
			assert_string_equal(p.id, ID);
	}
}

static void test_read_place_storage(void **state)
{
	static const struct {
		const char *name;
		enum gt_engine engine;
		const char *id, *bundle, *root, *ref;
		const char *dir, *driver, *image;
	} rows[] = {
		{"podman", GT_ENGINE_PODMAN, ID, G "/overlay-containers/" ID "/userdata", "/r",
		 NULL, G, "overlay", ""},
		{"podman believes its bundle", GT_ENGINE_PODMAN, ID,
		 G "/vfs-containers/" ID "/userdata", "/home/me/overlay/" OTHER "/merged", NULL, G,
		 "vfs", ""},
		{"podman before its bundle is known", GT_ENGINE_PODMAN, ID, "/",
		 G "/overlay/" OTHER "/merged", NULL, G, "overlay", ""},
		{"podman, vfs", GT_ENGINE_PODMAN, ID, "/", G "/vfs/dir/" OTHER, NULL, G, "vfs", ""},
		{"podman, btrfs", GT_ENGINE_PODMAN, ID, "/", G "/btrfs/subvolumes/" OTHER, NULL, G,
		 "btrfs", ""},
		{"podman, zfs", GT_ENGINE_PODMAN, ID, "/", G "/zfs/graph/" OTHER, NULL, G, "zfs",
		 ""},
		{"podman, a root of the user's", GT_ENGINE_PODMAN, ID, "/", "/home/me/root", NULL,
		 "", "", ""},
		{"podman, no id", GT_ENGINE_PODMAN, "", G "/overlay-containers/" ID "/userdata",
		 "/r", NULL, "", "", ""},
		{"podman, an id that is none", GT_ENGINE_PODMAN, "x",
		 G "/overlay-containers/" ID "/userdata", "/r", NULL, "", "", ""},
		{"CRI-O", GT_ENGINE_CRIO, ID, RUN "/overlay-containers/" ID "/userdata",
		 G "/overlay/" OTHER "/merged", OTHER, G, "overlay", OTHER},
		{"CRI-O with a digest", GT_ENGINE_CRIO, ID,
		 RUN "/overlay-containers/" ID "/userdata", G "/overlay/" OTHER "/merged",
		 "sha256:" OTHER, G, "overlay", OTHER},
		{"CRI-O with a name", GT_ENGINE_CRIO, ID, RUN "/overlay-containers/" ID "/userdata",
		 G "/overlay/" OTHER "/merged", "r/i@sha256:" OTHER, G, "overlay", ""},
		{"CRI-O with a path", GT_ENGINE_CRIO, ID, RUN "/overlay-containers/" ID "/userdata",
		 G "/overlay/" OTHER "/merged", "../../../../etc", G, "overlay", ""},
		{"CRI-O without a root", GT_ENGINE_CRIO, ID,
		 RUN "/overlay-containers/" ID "/userdata", "", OTHER, "", "", ""},
		{"the reference is CRI-O's alone", GT_ENGINE_PODMAN, ID, "/",
		 G "/overlay/" OTHER "/merged", OTHER, G, "overlay", ""},
		{"containerd", GT_ENGINE_CONTAINERD, ID, G "/overlay-containers/" ID "/userdata",
		 G "/overlay/" OTHER "/merged", OTHER, "", "", ""},
		{"nobody", GT_ENGINE_UNKNOWN, ID, G "/overlay-containers/" ID "/userdata",
		 G "/overlay/" OTHER "/merged", OTHER, "", "", ""},
		{"a graph root of /", GT_ENGINE_PODMAN, ID, "/overlay-containers/" ID "/userdata",
		 "/overlay/" OTHER "/merged", NULL, "", "", ""},
		{"relative", GT_ENGINE_PODMAN, ID, "a/overlay-containers/" ID "/userdata",
		 "a/overlay/" OTHER "/merged", NULL, "", "", ""},
		{"a driver's name that is too long", GT_ENGINE_PODMAN, ID,
		 G "/0123456789abcdef-containers/" ID "/userdata", "/r", NULL, "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		static const char key[] = "io.kubernetes.cri-o.ImageRef";

		gt_bundle_init(&b);
		memset(&who, 0, sizeof(who));
		who.engine = rows[i].engine;
		(void)gt_copy_str(who.id, sizeof(who.id), rows[i].id);
		(void)gt_copy_str(who.bundle, sizeof(who.bundle), rows[i].bundle);
		(void)gt_copy_str(b.root_path, sizeof(b.root_path), rows[i].root);
		if (rows[i].ref)
			(void)gt_strv_add_pair(&b.annotations, key, strlen(key), rows[i].ref,
					       strlen(rows[i].ref));
		gt_read_place(&who, &b, &p);
		if (strcmp(p.dir, rows[i].dir) != 0 || strcmp(p.driver, rows[i].driver) != 0 ||
		    strcmp(p.image, rows[i].image) != 0)
			fail_msg("%s: %s %s %s", rows[i].name, p.dir, p.driver, p.image);
		assert_int_equal(p.kind, rows[i].dir[0] ? GT_PLACE_STORAGE : GT_PLACE_NONE);
		if (p.kind)
			assert_string_equal(p.id, ID);
	}
}

/* What CRI-O tells a plugin of has no root.path yet: an annotation of its own says where it is. */
static void test_read_place_mount_point(void **state)
{
	static const struct {
		const char *name;
		enum gt_engine engine;
		const char *root, *mount_point, *dir;
	} rows[] = {
		{"CRI-O, to a plugin", GT_ENGINE_CRIO, "", G "/overlay/" OTHER "/merged", G},
		{"what config.json says counts", GT_ENGINE_CRIO, G "/overlay/" OTHER "/merged",
		 "/home/me/overlay/" OTHER "/merged", G},
		{"one that is none", GT_ENGINE_CRIO, "", "x/overlay/" OTHER "/merged", ""},
		{"CRI-O's alone", GT_ENGINE_PODMAN, "", G "/overlay/" OTHER "/merged", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		static const char key[] = "io.kubernetes.cri-o.MountPoint";

		gt_bundle_init(&b);
		memset(&who, 0, sizeof(who));
		who.engine = rows[i].engine;
		(void)gt_copy_str(who.id, sizeof(who.id), ID);
		(void)gt_copy_str(b.root_path, sizeof(b.root_path), rows[i].root);
		(void)gt_strv_add_pair(&b.annotations, key, strlen(key), rows[i].mount_point,
				       strlen(rows[i].mount_point));
		gt_read_place(&who, &b, &p);
		if (strcmp(p.dir, rows[i].dir) != 0)
			fail_msg("%s: %s", rows[i].name, p.dir);
	}
}

static void test_read_place_too_long(void **state)
{
	static const char tail[] = "/containers/" ID "/hostname";
	char source[GT_PATH_CAP + sizeof("/hostname")];

	(void)state;
	gt_bundle_init(&b);
	memset(&who, 0, sizeof(who));
	who.engine = GT_ENGINE_DOCKER;
	(void)gt_copy_str(who.id, sizeof(who.id), ID);
	/* What would not fit is not cut. */
	memset(source, '/', sizeof(source));
	(void)gt_copy_str(source + sizeof(source) - sizeof(tail), sizeof(tail), tail);
	mount_on("/etc/hostname", source);
	gt_read_place(&who, &b, &p);
	assert_int_equal(p.kind, GT_PLACE_NONE);
}

static void test_read_early_ident(void **state)
{
	static const struct {
		const char *name, *cgroup, *env, *hostname, *root, *id, *bundle;
	} rows[] = {
		{"cgroupfs", "/libpod_parent/libpod-" ID, "", "", G "/overlay/" OTHER "/merged", ID,
		 G "/overlay-containers/" ID "/userdata"},
		{"systemd", "machine.slice:libpod:" ID, "", "", G "/vfs/dir/" OTHER, ID,
		 G "/vfs-containers/" ID "/userdata"},
		{"split", "/user.slice/libpod-payload-" ID, "", "", "", ID, "/"},
		{"no cgroup", "", RUN "/overlay-containers/" ID "/userdata/.containerenv",
		 RUN "/overlay-containers/" OTHER "/userdata/hostname",
		 G "/overlay/" OTHER "/merged", ID, G "/overlay-containers/" ID "/userdata"},
		{"the hostname's", "", "", RUN "/overlay-containers/" ID "/userdata/hostname",
		 G "/overlay/" OTHER "/merged", ID, G "/overlay-containers/" ID "/userdata"},
		{"a root of the user's", "/libpod_parent/libpod-" ID, "", "", "/home/me/root", ID,
		 "/"},
		{"nothing", "", "", "", G "/overlay/" OTHER "/merged", "", "/"},
		{"another's cgroup", "/docker/" ID, "", "", G "/overlay/" OTHER "/merged", "", "/"},
		{"no id in the cgroup", "/libpod_parent/libpod-x", "", "", "", "", "/"},
		{"an id that is too long", "/libpod_parent/libpod-0" ID, "", "", "", "", "/"},
		{"a mount elsewhere", "", "/home/me/.containerenv", "/home/me/hostname", "", "",
		 "/"},
		{"no full id", "", RUN "/overlay-containers/abc/userdata/.containerenv", "", "", "",
		 "/"},
		{"upper case", "",
		 RUN "/overlay-containers/"
		     "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
		     "/userdata/.containerenv",
		 "", "", "", "/"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		gt_bundle_init(&b);
		memset(&who, 0, sizeof(who));
		(void)gt_copy_str(who.bundle, sizeof(who.bundle), "/");
		(void)gt_copy_str(b.cgroups_path, sizeof(b.cgroups_path), rows[i].cgroup);
		mount_on("/run/.containerenv", rows[i].env);
		mount_on("/etc/hostname", rows[i].hostname);
		(void)gt_copy_str(b.root_path, sizeof(b.root_path), rows[i].root);
		gt_read_early_ident(&b, &who);
		if (strcmp(who.id, rows[i].id) != 0 || strcmp(who.bundle, rows[i].bundle) != 0)
			fail_msg("%s: %s %s", rows[i].name, who.id, who.bundle);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_id),
		cmocka_unit_test(test_read_place_docker),
		cmocka_unit_test(test_read_place_storage),
		cmocka_unit_test(test_read_place_mount_point),
		cmocka_unit_test(test_read_place_too_long),
		cmocka_unit_test(test_read_early_ident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
