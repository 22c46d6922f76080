/*
 * What a program file is.
 */
#ifndef GOTUNE_MODEL_PROGRAM_H
#define GOTUNE_MODEL_PROGRAM_H

#include "gotune/base.h"
#include "gotune/model/state.h"

enum gt_prog_kind {
	GT_PROG_UNKNOWN,
	GT_PROG_GO,
	GT_PROG_SCRIPT,
	GT_PROG_OTHER,
	GT_PROG_KIND_COUNT
};

/* Why a program is not known (or that nothing is amiss); from its catalogue. */
enum gt_prog_note {
#define X(id, word, means, advice) GT_NOTE_##id,
#include "gotune/model/notes.def"
	GT_NOTE_COUNT,
};

/*
 * One inspected file. `via` lists the launchers looked through, outermost first, each "name; ".
 * Versions of modules are as in the build info; "" = not linked, meaningless unless has_modules.
 */
struct gt_program {
	enum gt_prog_kind kind;
	enum gt_prog_note note;
	char path[GT_PATH_CAP]; /* inside the container, as it was looked up */
	char via[256];
	bool predicted; /* a shell or a script was read to find it: nobody acts on it */
	bool elf32, big_endian;
	char arch[16]; /* GOARCH, from the ELF machine */

	char go[64];   /* "go1.24.4", "" when not known; printable ASCII only */
	bool go_known; /* minor holds: the version is 1.<minor>, devel versions included */
	uint32_t go_minor;
	uint64_t build;		 /* stands for its Go build ID, a hash; 0: it has none */
	bool has_modules;	 /* the module info block was there and parsed to its end */
	char main_path[256];	 /* package path of main */
	enum gt_tri can_exec;	 /* a Go program: does it link syscall.Exec? */
	enum gt_tri loads_later; /* no Go program: may it load a Go library when it runs? */
	enum gt_tri
		cgo; /* CGO_ENABLED; without that line: GT_YES when the ELF has an interpreter */
	char automaxprocs[64], automaxprocs_replaced[192]; /* replacement "path version" */
	char automemlimit[64], automemlimit_replaced[192];
	bool has_godebug_default;
	char godebug_default[512];
};

bool gt_program_valid(const struct gt_program *p);

#endif
