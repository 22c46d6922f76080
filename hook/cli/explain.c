/*
 * gotune explain: the hook's own decision about a bundle, printed and not applied. Reads what the
 * hook would read; changes nothing.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"

#define CONFIG "config.json"

/*
 * The bundle's directory: BUNDLE itself, or where its config.json is; absolute, as a runtime
 * would hand it over. What is wrong with it is the decision's to say, so that explain and the hook
 * say the same.
 */
static char *bundle_dir(const char *bundle)
{
	const char *base = gt_basename(bundle);
	char *given, *path;
	struct stat st;

	if (strcmp(base, CONFIG) != 0 || (stat(bundle, &st) == 0 && S_ISDIR(st.st_mode)))
		given = strdup(bundle);
	else
		given = base == bundle ? strdup(".") : strndup(bundle, (size_t)(base - bundle));
	path = given ? realpath(given, NULL) : NULL;
	if (!path)
		return given;
	free(given);
	return path;
}

/* The id that an engine would give: the bundle's name; Podman and CRI-O have ID/userdata. */
static char *id_of(const char *bundle)
{
	static const char storage[] = "/userdata";
	size_t n = strlen(bundle) - (gt_has_suffix(bundle, storage) ? sizeof(storage) - 1 : 0);
	_cleanup_free_ char *dir = strndup(bundle, n);

	return dir ? strdup(*gt_basename(dir) ? gt_basename(dir) : "bundle") : NULL;
}

/* Warnings that say that the bundle or the policy is broken, not just that a request lost. */
static bool warns_of_broken(const struct gt_plan *p)
{
	static const bool broken[GT_W_COUNT] = {
		[GT_W_BAD_VALUE] = true,    [GT_W_TOO_LONG] = true,
		[GT_W_GO_DIES] = true,	    [GT_W_ANNOTATIONS_DROPPED] = true,
		[GT_W_POLICY_LAYER] = true,
	};

	for (uint32_t i = 0; i < p->n_warning; i++) {
		if (p->warning[i].id < GT_W_COUNT && broken[p->warning[i].id])
			return true;
	}
	return false;
}

/* Notes that say that the container will not start, or that its program is damaged. */
static bool program_broken(enum gt_prog_note note)
{
	static const bool broken[GT_NOTE_COUNT] = {
		[GT_NOTE_NOT_FOUND] = true,  [GT_NOTE_NOT_REGULAR] = true,
		[GT_NOTE_LOOP] = true,	     [GT_NOTE_UNREADABLE] = true,
		[GT_NOTE_EMPTY_ARGS] = true, [GT_NOTE_TRUNCATED] = true,
		[GT_NOTE_MALFORMED] = true,  [GT_NOTE_PARSER_DIED] = true,
		[GT_NOTE_TOO_LONG] = true,   [GT_NOTE_TOOK_TOO_LONG] = true,
	};

	return (unsigned)note < GT_NOTE_COUNT && broken[note];
}

/* Was a process asked for that is not there? */
static bool process_gone(const struct gt_record *r)
{
	return r->facts.ident.pid > 0 && r->facts.barrier == GT_BARRIER_NO_PROCESS;
}

static enum gt_exit verdict(const struct gt_record *r)
{
	bool trouble =
		r->facts.trouble != GT_TROUBLE_NONE && r->facts.trouble != GT_TROUBLE_DISABLED;

	if (trouble || process_gone(r) || program_broken(r->facts.program.note) ||
	    warns_of_broken(&r->plan))
		return GT_EXIT_BROKEN;
	return GT_EXIT_OK;
}

/* One line on stderr for what is broken, in any format: scripts read it there. */
static void say_why(struct gt_cli_out *out, const struct gt_record *r)
{
	char text[512] = "";

	if (r->message[0]) {
		(void)gt_cli_fail(out, GT_EXIT_BROKEN, "%s", r->message);
		return;
	}
	if (process_gone(r)) {
		(void)gt_cli_fail(out, GT_EXIT_BROKEN, "there is no process %lld",
				  (long long)r->facts.ident.pid);
		return;
	}
	if (program_broken(r->facts.program.note)) {
		(void)gt_cli_fail(out, GT_EXIT_BROKEN, "%s: program %s: %s", r->facts.ident.id,
				  r->facts.program.path[0] ? r->facts.program.path
							   : r->facts.ident.command,
				  gt_words_get(&gt_prog_note_words, r->facts.program.note));
		return;
	}
	for (uint32_t i = 0; i < r->plan.n_warning && !*text; i++)
		gt_record_warning(r, i, text, sizeof(text));
	(void)gt_cli_fail(out, GT_EXIT_BROKEN, "%s: %s", r->facts.ident.id,
			  *text ? text : gt_words_get(&gt_trouble_words, r->facts.trouble));
}

static int print_table(struct gt_cli_out *out, const struct gt_record *r)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));

	if (!v)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	gt_record_view_of(r, v);
	gt_cli_record(out, v);
	gt_buf_str(&out->buf, "\n");
	gt_cli_para(
		out, 0, GT_STYLE_DIM,
		v->predicted == GT_YES
			? "Nothing was changed. The hook waits for the program and decides when "
			  "it is executed; this is what it would do for the one named above."
			: "Nothing was changed: this is what the hook would do.");
	return 0;
}

static int print(const struct gt_cli_args *a, struct gt_cli_out *out, const struct gt_record *r)
{
	struct gt_buf doc = {0};
	int ret = 0;

	if (!a->json)
		return print_table(out, r);
	gt_record_json(r, true, &doc);
	if (doc.error)
		ret = gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	else
		gt_cli_json(out, doc.p, doc.len);
	gt_buf_done(&doc);
	return ret;
}

/* The places of what is broken in the policy, as `gotune policy check` has them. */
static bool say_policy(struct gt_cli_out *out, const struct gt_policy *p)
{
	bool said = false;

	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (!p->layer[i].broken)
			continue;
		(void)gt_cli_fail(out, GT_EXIT_BROKEN, "%s:%s", p->layer[i].path,
				  p->layer[i].error);
		said = true;
	}
	return said;
}

static int explain(const struct gt_cli_args *a, struct gt_cli_out *out, const char *bundle)
{
	_cleanup_free_ char *id = id_of(bundle);
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	const struct gt_ask ask = {
		.machine = &m,
		.stage = "explain",
		.set_pairs = a->set.v.n > 0 ? &a->set.v : NULL,
		.from = {.kind = a->pid ? GT_SOURCE_PID : GT_SOURCE_DIRECTORY,
			 .bundle = bundle,
			 .id = id,
			 .pid = a->pid},
	};
	struct gt_decision d;
	struct gt_err e = {0};
	int ret;

	m.sysroot = a->value[GT_OPT_SYSROOT];
	m.policy_file = a->value[GT_OPT_POLICY];
	m.only_looks = true;
	if (!id)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	if (gt_machine_open(&m, &e) < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	if (gt_decide(&ask, &d, &e) < 0) {
		gt_decide_done(&d);
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	}
	gt_worker_end(&d.parser);
	gt_worker_end(&d.sysctl);
	ret = print(a, out, d.rec);
	if (ret == 0)
		ret = (int)verdict(d.rec);
	if ((!say_policy(out, &m.policy) || d.rec->message[0]) && ret == GT_EXIT_BROKEN)
		say_why(out, d.rec);
	gt_decide_done(&d);
	return ret;
}

static int run_explain(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	char *bundle = bundle_dir(a->pos[0]);
	int ret;

	if (!bundle)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	ret = explain(a, out, bundle);
	free(bundle);
	return ret;
}

const struct gt_cli_command gt_cmd_explain = {
	.name = "explain",
	.operands = "BUNDLE",
	.summary = "decide for a bundle, say why, change nothing",
	.about = "Reads BUNDLE (a directory with a config.json, or that file) as the hook "
		 "would, and prints every setting that was considered, what was decided "
		 "and from which fact. Nothing is changed.\n",
	.options = GT_OPTS_DECISION | GT_OPTS_POLICY | GT_OPTS_FORMAT,
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one bundle: gotune explain BUNDLE",
	.run = run_explain,
};
