/*
 * What the commands of `gotune` share: arguments, output, tables, help. One file a command;
 * cli/commands.c only dispatches.
 */
#ifndef GOTUNE_CLI_CLI_H
#define GOTUNE_CLI_CLI_H

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/record.h"

/* Exit statuses; the same words are in --help and in gotune(1). */
enum gt_exit {
	GT_EXIT_OK = 0,
	GT_EXIT_BROKEN = 1, /* what was asked about is broken, bad or not there */
	GT_EXIT_USAGE = 2,
	GT_EXIT_SYSTEM = 3,   /* this process could not do its work */
	GT_EXIT_DEGRADED = 4, /* gotune doctor: it works, but not all of it */
};

/* --- arguments (cli/args.c) ------------------------------------------------------------------ */

enum gt_opt {
	GT_OPT_BUNDLE_ONLY,
	GT_OPT_CPU_STAT,
	GT_OPT_DEFAULT,
	GT_OPT_DRY_RUN,
	GT_OPT_DUMP,
	GT_OPT_FILE,
	GT_OPT_FOLLOW,
	GT_OPT_FORGET,
	GT_OPT_FORMAT,
	GT_OPT_FORMAT_CSV, /* --format, with csv */
	GT_OPT_NO_SELFTEST,
	GT_OPT_OPENMETRICS,
	GT_OPT_OUT,
	GT_OPT_OUTPUT,
	GT_OPT_PID,
	GT_OPT_POLICY,
	GT_OPT_RECORD_DIR,
	GT_OPT_ROOT,
	GT_OPT_ROOTFS,
	GT_OPT_RULE,
	GT_OPT_SET,
	GT_OPT_SNAPSHOTS,
	GT_OPT_STATE_DIR,
	GT_OPT_SYSROOT,
	GT_OPT_TRACE,
	GT_OPT_WATCH,		/* --watch TIME */
	GT_OPT_WATCH_CONTAINER, /* --watch CONTAINER */
	GT_OPT_WAY,
	GT_OPT_HELP,
	GT_OPT_COUNT,
};
#define GT_OPT_BIT(o) (1u << (o))

struct gt_cli_opt {
	const char *name; /* without the dashes; two may share it, if no command takes both */
	const char *arg;  /* what --help calls its argument; NULL: takes none */
	const char *help; /* completions show it up to the first ';' */
};
extern const struct gt_cli_opt gt_cli_opts[GT_OPT_COUNT];

/* Options that go together. */
#define GT_OPTS_FORMAT	GT_OPT_BIT(GT_OPT_FORMAT)
#define GT_OPTS_POLICY	(GT_OPT_BIT(GT_OPT_POLICY) | GT_OPT_BIT(GT_OPT_SYSROOT))
#define GT_OPTS_RECORDS GT_OPT_BIT(GT_OPT_RECORD_DIR)
#define GT_OPTS_REGISTER \
	(GT_OPT_BIT(GT_OPT_DRY_RUN) | GT_OPT_BIT(GT_OPT_WAY) | GT_OPT_BIT(GT_OPT_ROOT))
#define GT_OPTS_REPEATED GT_OPT_BIT(GT_OPT_SET) /* may be given more than once */
#define GT_OPTS_DECISION (GT_OPT_BIT(GT_OPT_PID) | GT_OPT_BIT(GT_OPT_SET))

#define GT_CLI_POS_MAX 1024 /* gotune replay RECORD... */
struct gt_cli_list;
struct gt_cli_args {
	const char *value[GT_OPT_COUNT]; /* as given last; NULL: not given */
	bool csv;
	bool help, json, bundle_only, make_default, dry_run, no_selftest, follow, openmetrics;
	int64_t pid;	    /* 0: not given */
	uint64_t watch_ms;  /* 0: not given */
	uint64_t snapshots; /* 0: not given */
	uint64_t trace_ms;  /* 0: not given */
	const char *pos[GT_CLI_POS_MAX];
	unsigned n_pos;
	const struct gt_cli_list *list; /* all commands, for help */
	struct gt_list set;		/* pairs; last, since most of it is never touched */
};

struct gt_cli_out;
/*
 * A command: one file, which ends with its row. --help and the completions of the shells are made
 * from it. Summary, about and missing may name lists ("{engines}"): see gt_cli_text.
 */
struct gt_cli_command {
	const char *name;     /* one word, or two ("policy check") */
	const char *operands; /* for the usage line; its first word is what completions offer */
	const char *summary;  /* one line */
	const char *about;    /* paragraphs, each ended by '\n' */
	unsigned options;     /* GT_OPT_BIT of each that it takes; --help is always taken */
	unsigned min_pos, max_pos;
	bool hidden;	     /* not for people: it is in no list */
	const char *missing; /* what to do when operands are missing or too many */
	/* Returns an enum gt_exit; what is in OUT is printed in either case. */
	int (*run)(const struct gt_cli_args *a, struct gt_cli_out *out);
};
struct gt_cli_list {
	const struct gt_cli_command *const *command;
	unsigned n;
};

/*
 * Reads ARGV (argv[0] is skipped) for command C; options may come before or after operands, "--"
 * ends them. With --help nothing else is checked. -EINVAL: the message says what to do.
 */
GT_MUST_CHECK int gt_cli_parse(const struct gt_cli_command *c, int argc, char *const argv[],
			       struct gt_cli_args *ret, struct gt_err *e);

/*
 * The command that ARGV (argv[0] is the program) names, and how many words of it that took. NULL
 * when there is none.
 */
const struct gt_cli_command *gt_cli_find(const struct gt_cli_list *list, int argc,
					 char *const argv[], int *ret_words);

/* --- output (cli/out.c, cli/color.c, cli/table.c) ----------------------------------------------
 */

#define GT_CLI_WIDTH 80

enum gt_style {
	GT_STYLE_PLAIN,
	GT_STYLE_BOLD,
	GT_STYLE_DIM,
	GT_STYLE_GOOD,
	GT_STYLE_WARN,
	GT_STYLE_BAD,
	GT_STYLE_COUNT,
};

/* What a command prints is collected, so that a failure to write is seen once, at the end. */
struct gt_cli_out {
	const char *command; /* for messages */
	struct gt_buf buf;
	bool color;
};

/* Is colour wanted on FD? Only on a terminal that is not dumb, and never with NO_COLOR. */
bool gt_cli_color_wanted(int fd);
/* The escape sequence that begins STYLE, and the one that ends any. "" for PLAIN. */
const char *gt_cli_color_on(enum gt_style style);
#define GT_CLI_COLOR_OFF "\033[0m"

/* Appends S made plain: printable ASCII; any other character becomes '?', as does a stray byte. */
void gt_cli_plain(struct gt_buf *b, const char *s);
/* Appends LEN bytes of S, made plain, in STYLE. */
void gt_cli_styled(struct gt_cli_out *o, enum gt_style style, const char *s, size_t len);
/* A heading line. */
void gt_cli_heading(struct gt_cli_out *o, const char *title);
/* "Label       value", the value wrapped and aligned. */
void gt_cli_field(struct gt_cli_out *o, const char *label, enum gt_style style, const char *value);
/* Text wrapped to the width, every line indented by INDENT. */
void gt_cli_para(struct gt_cli_out *o, unsigned indent, enum gt_style style, const char *text);
/* Appends a JSON document and a newline; what gt_utf8_is_hidden names becomes \u escapes, which
 * mean the same: the data is exact, and the text may be shown. */
void gt_cli_json(struct gt_cli_out *o, const char *doc, size_t len);
/* The same with what was written to DOC, which is freed; an error of it becomes the output's. */
void gt_cli_json_doc(struct gt_cli_out *o, struct gt_buf *doc);
/* One line on stderr: "gotune COMMAND: ...". Returns STATUS. */
int gt_cli_fail(const struct gt_cli_out *o, enum gt_exit status, const char *fmt, ...)
	GT_PRINTF(3, 4);
/* PATH gets TEXT in one step, mode 0644: who reads it sees the old text or the new one. 0 or
 * -errno. */
GT_MUST_CHECK int gt_cli_write_file(const char *path, const struct gt_buf *text);
/* Writes what was collected to FD and frees it. 0 or -errno. */
GT_MUST_CHECK int gt_cli_flush(struct gt_cli_out *o, int fd);

/*
 * How much of S fits on a line of WIDTH: breaks after a space, else after punctuation, else
 * anywhere. *ret_next is where the next line starts. Never 0 for a non-empty S. Pure.
 */
size_t gt_cli_wrap(const char *s, size_t width, const char **ret_next);

struct gt_cli_col {
	const char *title;
	unsigned max; /* widest that the column gets; the last column has what is left */
};
struct gt_cli_cell {
	const char *text; /* NULL or "": "-" is shown */
	enum gt_style style;
};
/* Rows are copied into TEXT; a cell that is too wide for its column wraps. */
struct gt_cli_table {
	const struct gt_cli_col *col;
	unsigned n_col, n_row;
	struct gt_buf text;
};
#define GT_CLI_COLS_MAX 8
void gt_cli_table_row(struct gt_cli_table *t, const struct gt_cli_cell *cells);
/* An indented line under the last row. */
void gt_cli_table_note(struct gt_cli_table *t, enum gt_style style, const char *text);
/* A heading between rows, after an empty line. */
void gt_cli_table_section(struct gt_cli_table *t, const char *title);
/* Prints and frees it. */
void gt_cli_table_end(struct gt_cli_table *t, struct gt_cli_out *o);

/* --- shared by commands ------------------------------------------------------------------------
 */

/* `gotune --help` and `gotune COMMAND --help` (cli/help.c). */
void gt_cli_help(struct gt_cli_out *o, const struct gt_cli_list *list);
void gt_cli_help_command(struct gt_cli_out *o, const struct gt_cli_command *c);

/*
 * The directory of records that was asked for, else the caller's own (written to OWN), else the
 * machine's (cli/show.c).
 */
const char *gt_cli_record_dir(const struct gt_cli_args *a, char own[GT_RECORD_DIR_CAP]);

/* The table of a record (cli/record.c), for explain and show. */
void gt_cli_record(struct gt_cli_out *o, const struct gt_record_view *v);

/*
 * What install and uninstall share (cli/engine.c): the engine and the ways that the arguments name,
 * its changes shown or made, and what a person should know. Returns an enum gt_exit.
 */
int gt_cli_engine(const struct gt_cli_args *a, struct gt_cli_out *out, bool install);

/*
 * gotune goroutines --trace (cli/goroutines_trace.c): counts births and ends in T, and prints them.
 * Returns an enum gt_exit.
 */
struct gt_gor_target;
int gt_cli_goroutines_trace(const struct gt_cli_args *a, struct gt_cli_out *out,
			    const struct gt_gor_target *t);
/* Its page (cli/goroutines_trace_page.c). TITLE names the process. */
struct gt_gor_trace;
void gt_cli_goroutines_traced(struct gt_cli_out *o, const char *title,
			      const struct gt_gor_trace *r);

/*
 * The page of `gotune goroutines` (cli/goroutines_page.c): the sites of S with what their
 * goroutines wait for, and what H knows of the time before. TITLE names the process.
 */
struct gt_gor_snapshot;
struct gt_gor_history;
void gt_cli_goroutines(struct gt_cli_out *o, const char *title, const struct gt_gor_snapshot *s,
		       const struct gt_gor_history *h);

/* --root as the engines take it: NULL for this machine. */
const char *gt_cli_root(const struct gt_cli_args *a);

/* The engine that the first operand names; NULL when there is none, and that has been said. */
const struct gt_engine_driver *gt_cli_engine_named(const struct gt_cli_args *a,
						   const struct gt_cli_out *out);

/*
 * TEXT with its lists filled in from the table of engines: "{engines}", "{ways}", "{engine ways}"
 * (cli/text.c). Cut when it does not fit into CAP. Pure.
 */
#define GT_CLI_TEXT_CAP 2048
void gt_cli_text(const char *text, char *ret, size_t cap);

/* The commands, in the order of --help. A new one is a file, and its name here. */
#define GT_COMMANDS(X)    \
	X(explain)        \
	X(scan)           \
	X(capture)        \
	X(replay)         \
	X(inspect)        \
	X(install)        \
	X(uninstall)      \
	X(status)         \
	X(list)           \
	X(show)           \
	X(policy_check)   \
	X(policy_show)    \
	X(profiles)       \
	X(diagnose)       \
	X(goroutines)     \
	X(metrics)        \
	X(report)         \
	X(lessons)        \
	X(doctor)         \
	X(selftest_probe) \
	X(completions)    \
	X(help)
#define GT_COMMAND_DECLARE(name) extern const struct gt_cli_command gt_cmd_##name;
GT_COMMANDS(GT_COMMAND_DECLARE)

#endif
