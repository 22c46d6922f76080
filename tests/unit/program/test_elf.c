/*
 * Real Go programs of every form: as they are, cut off everywhere, and with bytes changed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#define MUTATIONS 20000

static char dir[] = "/tmp/gotune-elf-XXXXXX";

static int unpack(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	pid = fork();
	if (pid == 0) {
		execlp("tar", "tar", "--zstd", "-C", dir, "-xf", GT_FIXTURES "/go-elf.tar.zst",
		       (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
		print_error("tar --zstd could not unpack the fixtures\n");
		return -1;
	}
	return 0;
}

static int clean(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

static int open_fixture(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A copy of the fixture NAME in memory that may be cut and changed. */
static int copy_fixture(const char *name, size_t *ret_size)
{
	_cleanup_close_ int in = open_fixture(name);
	int out = memfd_create(name, MFD_CLOEXEC);
	char buf[65536];
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	*ret_size = 0;
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		assert_int_equal(write(out, buf, (size_t)n), n);
		*ret_size += (size_t)n;
	}
	assert_int_equal(n, 0);
	return out;
}

/* One line of the index. */
struct want {
	char *name, *go, *arch, *flags, *deps, *path, *n_dep, *godebug;
};

typedef unsigned (*row_fn)(const struct want *w);

/* Calls FN for every file of the index; returns how many rows failed. */
static unsigned each_fixture(row_fn fn, unsigned *ret_rows)
{
	FILE *f = fopen(GT_FIXTURES "/go-elf.index.tsv", "re");
	char line[1024];
	unsigned failed = 0;

	*ret_rows = 0;
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the head */
	while (fgets(line, sizeof(line), f)) {
		char *p = line;
		struct want w;
		char **field[] = {&w.name, &w.go,   &w.arch,  &w.flags,
				  &w.deps, &w.path, &w.n_dep, &w.godebug};

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < GT_ARRAY_LEN(field); i++) {
			*field[i] = p ? strsep(&p, "\t") : line + strlen(line);
			if (!*field[i])
				*field[i] = p;
		}
		failed += fn(&w);
		++*ret_rows;
	}
	(void)fclose(f);
	return failed;
}

static bool is_go(const struct want *w)
{
	return strcmp(w->go, "-") != 0 && !gt_has_prefix(w->name, "upx");
}

/* What the index does not say in a form that can be compared. */
static const struct extra {
	const char *name, *go, *amp, *amp_by, *aml;
} extras[] = {
	{"aml071-1.26-amd64", "go1.26.11", "", "", "v0.7.1"},
	{"amp140-1.19-amd64", "go1.19.8", "v1.4.0", "", ""},
	{"amp140-1.24-amd64-strip", "go1.24.4", "v1.4.0", "", ""},
	{"ampfork-1.24-amd64", "go1.24.4", "v1.5.3", "example.com/forks/automaxprocs v1.9.9", ""},
	{"devel-1.27-amd64", "devel go1.28-abcdef1234 Tue Jan 2 03:04:05 2027 +0000", "", "", ""},
	{"exp-1.25-greenteagc-amd64", "go1.25.12 X:greenteagc", "", "", ""},
	{"exp-1.26-nogreenteagc-amd64", "go1.26.11-X:nogreenteagc", "", "", ""},
};

#define EXPECT(cond)                                                     \
	do {                                                             \
		if (!(cond)) {                                           \
			print_error("%s: not so: %s\n", w->name, #cond); \
			bad = 1;                                         \
		}                                                        \
	} while (0)

static unsigned builds; /* programs that have a build ID */

static unsigned check_go(const struct want *w, const struct gt_program *p)
{
	struct extra x = {w->name, w->go, "", "", ""};
	bool mods = *w->path && !gt_has_prefix(w->name, "gopath");
	bool settings = *w->path && p->go_minor >= 18;
	bool both = strcmp(w->godebug, "containermaxprocs=0,updatemaxprocs=0") == 0;
	unsigned bad = 0, minor = 0;

	for (size_t i = 0; i < GT_ARRAY_LEN(extras); i++) {
		if (strcmp(extras[i].name, w->name) == 0)
			x = extras[i];
	}
	for (const char *c = strstr(w->go, "go1.") + 4; *c >= '0' && *c <= '9'; c++)
		minor = minor * 10 + (unsigned)(*c - '0');
	EXPECT(p->kind == GT_PROG_GO);
	builds += p->build != 0;
	EXPECT(p->note == GT_NOTE_NONE);
	EXPECT(strcmp(p->go, x.go) == 0);
	EXPECT(p->go_known && p->go_minor == minor);
	EXPECT(strcmp(p->main_path, w->path) == 0);
	EXPECT(p->has_modules == mods);
	EXPECT(strcmp(p->automaxprocs, x.amp) == 0);
	EXPECT(strcmp(p->automaxprocs_replaced, x.amp_by) == 0);
	EXPECT(strcmp(p->automemlimit, x.aml) == 0);
	EXPECT(p->automemlimit_replaced[0] == '\0');
	EXPECT(p->cgo == (settings ? GT_NO : GT_UNKNOWN));
	EXPECT(p->has_godebug_default == (*w->godebug != '\0'));
	EXPECT((strstr(p->godebug_default, "containermaxprocs=0") != NULL) == both);
	EXPECT((strstr(p->godebug_default, "updatemaxprocs=0") != NULL) == both);
	return bad;
}

static unsigned check_fixture(const struct want *w)
{
	_cleanup_close_ int fd = open_fixture(w->name);
	struct gt_program prog, *p = &prog;
	unsigned bad = 0;

	memset(p, 0xa5, sizeof(*p));
	gt_program_elf(fd, p);
	EXPECT(gt_program_valid(p));
	EXPECT(strcmp(p->arch, w->arch) == 0);
	EXPECT(p->elf32 == (strcmp(w->arch, "386") == 0));
	EXPECT(p->big_endian == (strcmp(w->arch, "s390x") == 0));
	EXPECT(p->path[0] == '\0' && p->via[0] == '\0');
	/* Most of the fixtures had their tables of functions made zeros, so that they are small. */
	EXPECT(gt_program_can_exec(fd, p) == (gt_has_prefix(w->name, "nosh") ? GT_NO : GT_UNKNOWN));
	if (is_go(w))
		return bad | check_go(w, p);
	EXPECT(p->loads_later != GT_UNKNOWN);
	EXPECT(p->kind == GT_PROG_OTHER);
	EXPECT(p->note == GT_NOTE_NO_BUILDINFO);
	EXPECT(p->go[0] == '\0' && !p->go_known);
	return bad;
}

static void test_gt_program_elf_fixtures(void **state)
{
	unsigned rows;

	(void)state;
	assert_int_equal(each_fixture(check_fixture, &rows), 0);
	assert_int_equal(rows, 29);
	/* Of those that have the page with it: some were cut to be small. */
	assert_true(builds > 0);
	print_message("%u have a build ID\n", builds);
}

/* A file that was cut off is never taken for another kind, nor for another version. */
static unsigned check_cut(const struct want *w)
{
	size_t size;
	_cleanup_close_ int fd = copy_fixture(w->name, &size);
	struct gt_program whole, prog, *p = &prog;
	unsigned bad = 0;
	bool go = is_go(w);

	gt_program_elf(fd, &whole);
	for (size_t len = size - 1; bad == 0; len -= len > 4096 + size / 200 ? size / 200 : 1) {
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		gt_program_elf(fd, p);
		EXPECT(gt_program_valid(p));
		EXPECT(p->kind != (go ? GT_PROG_OTHER : GT_PROG_GO));
		if (p->kind == GT_PROG_GO)
			EXPECT(strcmp(p->go, whole.go) == 0 && p->note != GT_NOTE_NO_BUILDINFO);
		else
			EXPECT(p->note != GT_NOTE_NONE && p->go[0] == '\0');
		if (p->has_modules)
			EXPECT(strcmp(p->automaxprocs, whole.automaxprocs) == 0 &&
			       strcmp(p->main_path, whole.main_path) == 0);
		if (len <= 4096)
			EXPECT(p->kind == GT_PROG_UNKNOWN &&
			       p->note == (len ? GT_NOTE_TRUNCATED : GT_NOTE_NOT_A_PROGRAM));
		if (bad)
			print_error("%s: cut at %zu: kind %d note %d\n", w->name, len, (int)p->kind,
				    (int)p->note);
		if (len == 0)
			break;
	}
	return bad;
}

static void test_gt_program_elf_cut_off(void **state)
{
	unsigned rows;

	(void)state;
	assert_int_equal(each_fixture(check_cut, &rows), 0);
	assert_int_equal(rows, 29);
}

static uint64_t rng(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Where bytes are changed: the headers, and the build info of that file. */
struct target {
	const char *name;
	off_t at[2];
	size_t len[2];
};

static void mutate(const struct target *t, unsigned rounds)
{
	static const unsigned char nasty[] = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x10};
	uint64_t seed = 0x9e3779b97f4a7c15u;
	struct gt_program p;
	size_t size;
	_cleanup_close_ int fd = copy_fixture(t->name, &size);

	for (unsigned i = 0; i < rounds; i++) {
		unsigned n = 1 + (unsigned)(rng(&seed) % 8), where = (unsigned)(rng(&seed) % 2);
		unsigned char old[8], b;
		off_t at[8];

		for (unsigned k = 0; k < n; k++) {
			uint64_t r = rng(&seed);

			at[k] = t->at[where] + (off_t)((r >> 16) % t->len[where]);
			b = r & 1 ? nasty[(r >> 1) % sizeof(nasty)] : (unsigned char)(r >> 8);
			assert_int_equal(pread(fd, &old[k], 1, at[k]), 1);
			assert_int_equal(pwrite(fd, &b, 1, at[k]), 1);
		}
		gt_program_elf(fd, &p);
		if (!gt_program_valid(&p) || (p.kind == GT_PROG_GO && !gt_is_plain(p.go)))
			fail_msg("%s: round %u gives an unsound result", t->name, i);
		while (n-- > 0)
			assert_int_equal(pwrite(fd, &old[n], 1, at[n]), 1);
	}
	gt_program_elf(fd, &p);
	assert_int_equal(p.kind, GT_PROG_GO); /* all was put back */
}

static void test_gt_program_elf_changed_bytes(void **state)
{
	static const struct target targets[] = {
		{"hello-1.15-386-default", {0, 0xaf000}, {1300, 64}},
		{"hello-1.15-s390x-default", {0, 0xd0000}, {2100, 64}},
		{"hello-1.21-arm64-strip", {0, 0xd0000}, {1300, 0x110}},
		{"nosh-1.19-amd64-default", {0, 0xbc000}, {460, 0xf0}},
		{"hello-1.24-s390x-default", {0, 0x100000}, {2100, 0x100}},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(targets); i++)
		mutate(&targets[i], MUTATIONS / GT_ARRAY_LEN(targets));
}

static void test_gt_program_elf_no_elf(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum gt_prog_note note;
	} rows[] = {
		{"", 0, GT_NOTE_NOT_A_PROGRAM},
		{"\x7f", 1, GT_NOTE_TRUNCATED},
		{"root:x:0:0:root:/root:/bin/bash\n", 32, GT_NOTE_NOT_A_PROGRAM},
		{"\x7f"
		 "ELF",
		 4, GT_NOTE_TRUNCATED},
		{"MZ", 2, GT_NOTE_NOT_A_PROGRAM},
		{"#!/bin/sh\n", 10, GT_NOTE_NOT_A_PROGRAM},
		{"\x7f"
		 "ELF\3\1\1\0\0\0\0\0\0\0\0\0",
		 16, GT_NOTE_MALFORMED},
		{"\x7f"
		 "ELF\2\3\1\0\0\0\0\0\0\0\0\0",
		 16, GT_NOTE_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int fd = memfd_create("t", MFD_CLOEXEC);
		struct gt_program p;

		assert_int_equal(write(fd, rows[i].bytes, rows[i].len), (ssize_t)rows[i].len);
		gt_program_elf(fd, &p);
		assert_true(gt_program_valid(&p));
		if (p.kind != GT_PROG_UNKNOWN || p.note != rows[i].note)
			fail_msg("row %zu: kind %d note %d", i, (int)p.kind, (int)p.note);
	}
}

static void test_gt_program_elf_unreadable(void **state)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct gt_program p;

	(void)state;
	gt_program_elf(fd, &p);
	assert_int_equal(p.kind, GT_PROG_UNKNOWN);
	assert_int_equal(p.note, GT_NOTE_UNREADABLE);
	gt_program_elf(-1, &p);
	assert_int_equal(p.note, GT_NOTE_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_elf_fixtures),
		cmocka_unit_test(test_gt_program_elf_cut_off),
		cmocka_unit_test(test_gt_program_elf_changed_bytes),
		cmocka_unit_test(test_gt_program_elf_no_elf),
		cmocka_unit_test(test_gt_program_elf_unreadable),
	};

	(void)alarm(120); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, unpack, clean);
}
