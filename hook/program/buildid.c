/*
 * The build ID that Go's linker writes into a note: it is another one for each build of other
 * sources or flags. Reads through gt_elf_read only; no privilege.
 * Source: Go src/cmd/link/internal/ld/elf.go (ELF_NOTE_BUILDINFO_TAG: ELF_NOTE_GOBUILDID_TAG, 4),
 * src/cmd/internal/buildid/note.go; elf(5), "Notes (Nhdr)".
 */
#include <string.h>

#include "elf_reader.h"
#include "gotune/base.h"

#define HEAD	  12u
#define GO_NOTE	  4u
#define ID_MAX	  256u /* Go writes 83 bytes */
#define NOTES_MAX 16u  /* of a segment */

static uint64_t aligned(uint64_t n)
{
	return (n + 3) / 4 * 4;
}

/* The note at OFF: *RET_NEXT is where the next one begins, 0 when that cannot be. */
static uint64_t read_note(struct gt_elf *e, uint64_t off, uint64_t *ret_next)
{
	unsigned char head[HEAD + 4];
	char id[ID_MAX + 1];
	uint64_t name, desc, at;

	*ret_next = 0;
	if (gt_elf_read(e, off, head, sizeof(head)) < 0)
		return 0;
	name = gt_elf_uint(head, 4, e->big_endian);
	desc = gt_elf_uint(head + 4, 4, e->big_endian);
	/* Both are below 2^32. */
	if (__builtin_add_overflow(off, HEAD + aligned(name), &at) ||
	    __builtin_add_overflow(at, aligned(desc), ret_next))
		return 0;
	if (gt_elf_uint(head + 8, 4, e->big_endian) != GO_NOTE || name != 4 ||
	    memcmp(head + HEAD, "Go\0", 4) != 0 || desc == 0 || desc > ID_MAX ||
	    gt_elf_read(e, at, id, (size_t)desc) < 0)
		return 0;
	id[desc] = '\0';
	return gt_hash(id, 0);
}

uint64_t gt_elf_build(struct gt_elf *e)
{
	for (uint32_t i = 0; i < e->n_note; i++) {
		uint64_t at = e->note_off[i], end, next;

		if (__builtin_add_overflow(at, e->note_size[i], &end))
			continue;
		for (unsigned n = 0; n < NOTES_MAX && at < end; n++, at = next) {
			uint64_t build = read_note(e, at, &next);

			if (build != 0)
				return build;
			if (next <= at)
				break;
		}
	}
	return 0;
}
