/* program/buildid.c: notes as Go's linker writes them, and as nobody does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#include "elf_image.h"

#define NOTE_OFF 0x900u
#define ID	 "abc/def/ghi/jkl"

/* A note at OFF of the file; returns where the next one begins. */
static size_t put_note(struct image *m, size_t off, uint32_t type, const char *name,
		       uint32_t name_len, const char *id, uint32_t id_len)
{
	put(m, off, 4, name_len);
	put(m, off + 4, 4, id_len);
	put(m, off + 8, 4, type);
	memcpy(m->b + off + 12, name, 4);
	memcpy(m->b + off + 16, id, strlen(id));
	return off + 16 + (strlen(id) + 3) / 4 * 4;
}

/* A Go program with a segment of notes, SIZE bytes at OFF. */
static struct image program(bool is64, bool big, uint64_t off, uint64_t size)
{
	struct image m;

	make(&m, is64, big);
	put_magic(&m, DATA_OFF, is64 ? 8 : 4, 2);
	put_inline(&m, DATA_OFF + 32, "go1.24.4", MODS);
	PUT(&m, 0, Ehdr, e_phnum, 2);
	PUT(&m, PH(&m, 1), Phdr, p_type, PT_NOTE);
	PUT(&m, PH(&m, 1), Phdr, p_offset, off);
	PUT(&m, PH(&m, 1), Phdr, p_filesz, size);
	return m;
}

static uint64_t build_of(const struct image *m)
{
	return inspect(m).build;
}

static void test_each_class_and_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct image m = program(i & 1, i & 2, NOTE_OFF, 0x40);

		(void)put_note(&m, NOTE_OFF, 4, "Go\0", 4, ID, sizeof(ID) - 1);
		assert_true(inspect(&m).kind == GT_PROG_GO);
		assert_true(build_of(&m) == gt_hash(ID, 0));
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *name, *note;
		uint32_t name_len, id_len, type;
		uint64_t off, size; /* of the segment */
		bool found;
	} rows[] = {
		{"usual", "Go\0", 4, sizeof(ID) - 1, 4, NOTE_OFF, 0x40, true},
		{"GNU's", "GNU", 4, sizeof(ID) - 1, 4, NOTE_OFF, 0x40, false},
		{"another type", "Go\0", 4, sizeof(ID) - 1, 3, NOTE_OFF, 0x40, false},
		{"a longer name", "Go\0", 5, sizeof(ID) - 1, 4, NOTE_OFF, 0x40, false},
		{"empty", "Go\0", 4, 0, 4, NOTE_OFF, 0x40, false},
		{"too long", "Go\0", 4, 257, 4, NOTE_OFF, 0x40, false},
		{"lengths without end", "Go\0", UINT32_MAX, UINT32_MAX, 4, NOTE_OFF, 0x40, false},
		{"an empty segment", "Go\0", 4, sizeof(ID) - 1, 4, NOTE_OFF, 0, false},
		{"beyond the file", "Go\0", 4, sizeof(ID) - 1, 4, 0x100000, 0x40, false},
		{"an end that wraps", "Go\0", 4, sizeof(ID) - 1, 4, NOTE_OFF, UINT64_MAX, false},
		{"at the end of all", "Go\0", 4, sizeof(ID) - 1, 4, UINT64_MAX - 8, 8, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct image m = program(true, false, rows[i].off, rows[i].size);
		struct gt_program p;

		(void)put_note(&m, NOTE_OFF, rows[i].type, rows[i].note, rows[i].name_len, ID,
			       rows[i].id_len);
		p = inspect(&m);
		/* Whatever its notes are, it is that program. */
		if (p.kind != GT_PROG_GO || (p.build != 0) != rows[i].found)
			fail_msg("%s: kind %d, %llx", rows[i].name, (int)p.kind,
				 (unsigned long long)p.build);
	}
}

/* gcc's linker puts its own before Go's. */
static void test_behind_others(void **state)
{
	struct image m = program(true, false, NOTE_OFF, 0x300);
	size_t at = NOTE_OFF;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		at = put_note(&m, at, 1, "GNU", 4, "0123456789", 10);
	(void)put_note(&m, at, 4, "Go\0", 4, ID, sizeof(ID) - 1);
	assert_true(build_of(&m) == gt_hash(ID, 0));
	/* An end is soon put to very many. */
	m = program(true, false, NOTE_OFF, 0x600);
	at = NOTE_OFF;
	for (unsigned i = 0; i < 40; i++)
		at = put_note(&m, at, 1, "GNU", 4, "0123", 4);
	(void)put_note(&m, at, 4, "Go\0", 4, ID, sizeof(ID) - 1);
	assert_int_equal(build_of(&m), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_class_and_order),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_behind_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
