/*
 * gotune inspect: what a program file is. The file is parsed in the same sandboxed worker as the
 * hook's; it is never run.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* What a person can do about each note; NULL: nothing is amiss. */
static const char *const note_text[GT_NOTE_COUNT] = {
	[GT_NOTE_NOT_FOUND] = "there is no such program; check the path",
	[GT_NOTE_NOT_REGULAR] = "not a regular file; give a program's file",
	[GT_NOTE_LOOP] = "too many symbolic links; check where it points",
	[GT_NOTE_UNREADABLE] = "cannot be read; check its permissions",
	[GT_NOTE_EMPTY_ARGS] = "give the name of a program",
	[GT_NOTE_TRUNCATED] = "the file ends before what its headers promise; copy it again",
	[GT_NOTE_MALFORMED] = "the ELF file contradicts itself: it is damaged or was tampered with",
	[GT_NOTE_NOT_A_PROGRAM] = "not a program: neither an ELF file nor a script",
	[GT_NOTE_PARSER_DIED] = "the sandboxed parser gave up on it; please report the file",
	[GT_NOTE_TOO_LONG] = "its path is too long, or too many launchers come before it",
	[GT_NOTE_TOOK_TOO_LONG] = "finding it took too long; check its file system and its PATH",
};

static const char *yes_no(enum gt_tri t)
{
	static const char *const word[] = {
		[GT_UNKNOWN] = "unknown", [GT_NO] = "no", [GT_YES] = "yes"};

	return word[t];
}

static void module(struct gt_cli_out *o, const char *label, const struct gt_program *p,
		   const char *version, const char *replaced)
{
	char text[320];

	if (!p->has_modules)
		(void)snprintf(text, sizeof(text), "unknown: the build info has no module list");
	else if (!*version)
		(void)snprintf(text, sizeof(text), "not linked");
	else
		(void)snprintf(text, sizeof(text), "%s%s%s", version,
			       *replaced ? ", replaced by " : "", replaced);
	gt_cli_field(o, label, GT_STYLE_PLAIN, text);
}

/* What becomes of a process that runs it. */
static const char *const exec_text[] = {
	[GT_UNKNOWN] = "",
	[GT_NO] = "no: it does not link syscall.Exec",
	[GT_YES] = "yes: it links syscall.Exec, and may give way to another program",
};

static void go_lines(struct gt_cli_out *o, const struct gt_program *p)
{
	gt_cli_field(o, "Go", GT_STYLE_GOOD, *p->go ? p->go : "a version that is not known");
	gt_cli_field(o, "Main", GT_STYLE_PLAIN, p->main_path);
	gt_cli_field(o, "Cgo", GT_STYLE_PLAIN, yes_no(p->cgo));
	if (p->can_exec != GT_UNKNOWN)
		gt_cli_field(o, "Exec", GT_STYLE_PLAIN, exec_text[p->can_exec]);
	gt_cli_field(o, "GODEBUG", GT_STYLE_PLAIN,
		     p->has_godebug_default ? p->godebug_default : "the toolchain's default");
	module(o, "maxprocs", p, p->automaxprocs, p->automaxprocs_replaced);
	module(o, "memlimit", p, p->automemlimit, p->automemlimit_replaced);
}

static const char *const later_text[] = {
	[GT_UNKNOWN] = "not known",
	[GT_NO] = "no: it loads nothing but libraries of C",
	[GT_YES] = "perhaps: it may load libraries that are written in Go",
};

static void page(struct gt_cli_out *o, const char *asked, const struct gt_program *p)
{
	char text[128];

	gt_cli_field(o, "Program", GT_STYLE_BOLD, *p->path ? p->path : asked);
	if (*p->via)
		gt_cli_field(o, "Started by", GT_STYLE_PLAIN, p->via);
	(void)snprintf(text, sizeof(text), "%s%s%s", gt_words_get(&gt_prog_kind_words, p->kind),
		       p->note != GT_NOTE_NONE ? ", " : "",
		       p->note != GT_NOTE_NONE ? gt_words_get(&gt_prog_note_words, p->note) : "");
	gt_cli_field(o, "Kind", GT_STYLE_PLAIN, text);
	if (*p->arch) {
		(void)snprintf(text, sizeof(text), "%s, %s bits, %s", p->arch,
			       p->elf32 ? "32" : "64",
			       p->big_endian ? "big-endian" : "little-endian");
		gt_cli_field(o, "Machine", GT_STYLE_PLAIN, text);
	}
	if (p->kind == GT_PROG_GO)
		go_lines(o, p);
	if (p->kind == GT_PROG_OTHER)
		gt_cli_field(o, "Go later", GT_STYLE_PLAIN, later_text[p->loads_later]);
	if (p->predicted)
		gt_cli_field(o, "Certain", GT_STYLE_WARN, "no: only its exec will tell");
}

static void print_json(struct gt_cli_out *out, const struct gt_program *p)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_record_program(p, &w);
	gt_cli_json_doc(out, &doc);
}

/* Was it the file (or the root) that could not be opened, or did this process lack something? */
static enum gt_exit whose_fault(int code)
{
	static const int files[] = {-ENOENT, -ENOTDIR, -EISDIR,	      -ENXIO,
				    -ELOOP,  -EACCES,  -ENAMETOOLONG, -EINVAL};

	for (size_t i = 0; i < GT_ARRAY_LEN(files); i++) {
		if (code == files[i])
			return GT_EXIT_BROKEN;
	}
	return GT_EXIT_SYSTEM;
}

static int run_inspect(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	const char *why;
	struct gt_program p;
	struct gt_err e = {0};
	int r;

	memset(&p, 0, sizeof(p));
	r = gt_decide_program(a->value[GT_OPT_ROOTFS], a->pos[0], &p, &e);
	if (r < 0)
		return gt_cli_fail(out, whose_fault(r), "%s", e.msg);
	if (a->json)
		print_json(out, &p);
	else
		page(out, a->pos[0], &p);
	why = (unsigned)p.note < GT_NOTE_COUNT ? note_text[p.note] : NULL;
	if (why)
		return gt_cli_fail(out, GT_EXIT_BROKEN, "%s: %s", a->pos[0], why);
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_inspect = {
	.name = "inspect",
	.operands = "FILE | --rootfs DIR PROG",
	.summary = "say what a program is: Go or not, which version, what is linked",
	.about = "Reads FILE, or PROG as a container with the root file system DIR would "
		 "find it: absolute, or on the usual PATH. The program is not run.\n",
	.options = GT_OPT_BIT(GT_OPT_ROOTFS) | GT_OPTS_FORMAT,
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one program: gotune inspect FILE, or "
		   "gotune inspect --rootfs DIR PROG",
	.run = run_inspect,
};
