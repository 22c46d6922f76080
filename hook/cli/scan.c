/*
 * gotune scan: what runs on this machine, what it runs with, what we would set, and what hurts.
 * Reads only.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/scan.h"

static const struct gt_cli_col cols[] = {
	{"CONTAINER", 20}, {"GO", 8},	 {"PS", 5},	    {"FIT", 5},
	{"MEMORY", 11},	   {"HARM", 17}, {"WOULD SET", 30},
};

/* Of bundles alone: what only a process tells is not known, and has no column. */
static const struct gt_cli_col bundle_cols[] = {
	{"CONTAINER", 20}, {"GO", 8}, {"FIT", 5}, {"LIMIT", 8}, {"WOULD SET", 40},
};

/* "412/512M": in the unit that suits the limit. */
static void write_memory(const struct gt_scan_usage *g, char *buf, size_t cap)
{
	static const char units[] = "KMGT";
	uint64_t whole = g->memory_max.known ? g->memory_max.v : g->memory.v;
	unsigned unit = 0, shift = 10;

	buf[0] = '\0';
	if (!g->memory.known && !g->memory_max.known)
		return;
	while (unit + 1 < sizeof(units) - 1 && whole >> shift >= 1024) {
		unit++;
		shift += 10;
	}
	if (!g->memory.known)
		(void)snprintf(buf, cap, "%llu%c", (unsigned long long)(whole >> shift),
			       units[unit]);
	else if (g->memory_max.known)
		(void)snprintf(buf, cap, "%llu/%llu%c", (unsigned long long)(g->memory.v >> shift),
			       (unsigned long long)(g->memory_max.v >> shift), units[unit]);
	else
		(void)snprintf(buf, cap, "%llu%c", (unsigned long long)(g->memory.v >> shift),
			       units[unit]);
}

/* "GOMAXPROCS=2 (cpu-quota), GOMEMLIMIT=..." */
static void write_settings(const struct gt_scan_program *p, struct gt_buf *b)
{
	for (uint32_t i = 0; i < p->n_setting; i++) {
		const struct gt_scan_setting *s = &p->setting[i];

		if (s->verdict == GT_VERDICT_SET)
			gt_buf_fmt(b, "%s%s=%s (%s)", b->len ? ", " : "", s->name, s->value,
				   gt_words_get(&gt_reason_words, s->reason));
	}
}

static void write_harms(unsigned harms, struct gt_buf *b)
{
	for (unsigned i = 0; i < GT_HARM_COUNT; i++) {
		if (harms >> i & 1)
			gt_buf_fmt(b, "%s%s", b->len ? ", " : "", gt_words_get(&gt_harm_words, i));
	}
}

/* What a person knows it by: a name, or as much of an id as engines show. */
static void write_name(const struct gt_scan_unit *u, char *buf, size_t cap)
{
	if (u->container_name)
		(void)gt_copy_str(buf, cap, u->container_name);
	else if (gt_full_id_ok(u->name.id))
		(void)snprintf(buf, cap, "%.12s", u->name.id);
	else
		(void)gt_copy_str(buf, cap, u->name.id);
}

/* Why, in the planner's words, for what would be set. */
static void add_reasons(struct gt_cli_table *t, const struct gt_scan_program *p)
{
	for (uint32_t i = 0; i < p->n_setting; i++) {
		const struct gt_scan_setting *s = &p->setting[i];
		_cleanup_(gt_buf_done) struct gt_buf text = {0};

		if (s->verdict != GT_VERDICT_SET)
			continue;
		gt_buf_fmt(&text, "%s: %s", s->name, s->why);
		gt_cli_table_note(t, GT_STYLE_DIM, text.p ? text.p : "");
	}
	if (p->message)
		gt_cli_table_note(t, GT_STYLE_WARN, p->message);
}

static void add_row(struct gt_cli_table *t, const struct gt_scan *s,
		    const struct gt_scan_program *p)
{
	const struct gt_scan_unit *u = &s->unit[p->unit];
	_cleanup_(gt_buf_done) struct gt_buf harms = {0}, set = {0};
	char name[GT_ID_MAX], ps[24] = "?", fit[24] = "?", memory[48];

	write_name(u, name, sizeof(name));
	write_memory(&u->usage, memory, sizeof(memory));
	write_harms(p->harms, &harms);
	write_settings(p, &set);
	if (p->ps_from != GT_SCAN_NOT_READABLE)
		(void)snprintf(ps, sizeof(ps), "%llu", (unsigned long long)p->ps);
	if (p->ps_fit > 0)
		(void)snprintf(fit, sizeof(fit), "%u", p->ps_fit);
	gt_cli_table_row(
		t,
		(const struct gt_cli_cell[]){
			{name, GT_STYLE_BOLD},
			{gt_has_prefix(p->go, "go") ? p->go + 2 : p->go, GT_STYLE_PLAIN},
			{ps, p->harms & 1u << GT_HARM_TOO_MANY_PS ? GT_STYLE_BAD : GT_STYLE_PLAIN},
			{fit, GT_STYLE_PLAIN},
			{memory, GT_STYLE_PLAIN},
			{harms.p, GT_STYLE_BAD},
			{set.p, GT_STYLE_PLAIN},
		});
	if (p->harms)
		add_reasons(t, p);
}

/* The rows of one kind; they are in order already. */
static bool add_rows(struct gt_cli_table *t, const struct gt_scan *s, enum gt_unit_kind kind)
{
	bool any = false;

	for (uint32_t i = 0; i < s->n_program; i++) {
		if (s->unit[s->program[i].unit].name.kind != kind)
			continue;
		if (!any && kind == GT_UNIT_SERVICE)
			gt_cli_table_section(t, "Services: no hook is called for them; set it in "
						"the unit, as Environment= and LimitNOFILE=");
		add_row(t, s, &s->program[i]);
		any = true;
	}
	return any;
}

/* "1.24.4"; "?": not known, "-": another language. */
static const char *go_of(const struct gt_scan_program *p)
{
	if (p->kind != GT_PROG_GO)
		return p->kind == GT_PROG_UNKNOWN ? "?" : "-";
	return gt_has_prefix(p->go, "go") ? p->go + 2 : p->go;
}

static void add_bundle(struct gt_cli_table *t, const struct gt_scan *s,
		       const struct gt_scan_program *p)
{
	const struct gt_scan_unit *u = &s->unit[p->unit];
	_cleanup_(gt_buf_done) struct gt_buf set = {0};
	char name[GT_ID_MAX], fit[24] = "?", limit[48];

	write_name(u, name, sizeof(name));
	write_memory(&u->usage, limit, sizeof(limit));
	write_settings(p, &set);
	if (p->ps_fit > 0)
		(void)snprintf(fit, sizeof(fit), "%u", p->ps_fit);
	gt_cli_table_row(t, (const struct gt_cli_cell[]){{name, GT_STYLE_BOLD},
							 {go_of(p), GT_STYLE_PLAIN},
							 {fit, GT_STYLE_PLAIN},
							 {limit, GT_STYLE_PLAIN},
							 {set.p, GT_STYLE_PLAIN}});
	add_reasons(t, p);
}

static void print_bundles(struct gt_cli_out *out, const struct gt_scan *s)
{
	struct gt_cli_table t = {.col = bundle_cols, .n_col = GT_ARRAY_LEN(bundle_cols)};

	for (uint32_t i = 0; i < s->n_program; i++)
		add_bundle(&t, s, &s->program[i]);
	gt_cli_table_end(&t, out);
	gt_buf_str(&out->buf, "\n");
	gt_cli_para(
		out, 0, GT_STYLE_DIM,
		"FIT: the Ps that its CPUs and its quota allow. How many run, what hurts and what "
		"is used, only processes tell: none was looked at. Nothing was changed.");
}

static void print_table(struct gt_cli_out *out, const struct gt_scan *s)
{
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	_cleanup_(gt_buf_done) struct gt_buf summary = {0};

	gt_scan_summary(s, &summary);
	gt_cli_para(out, 0, GT_STYLE_BOLD, summary.p ? summary.p : "");
	if (s->n_program == 0)
		return;
	gt_buf_str(&out->buf, "\n");
	if (s->bundles_only) {
		print_bundles(out, s);
		return;
	}
	(void)add_rows(&t, s, GT_UNIT_CONTAINER);
	(void)add_rows(&t, s, GT_UNIT_SERVICE);
	gt_cli_table_end(&t, out);
	gt_buf_str(&out->buf, "\n");
	gt_cli_para(
		out, 0, GT_STYLE_DIM,
		"PS: what GOMAXPROCS says, or what this Go chooses here. FIT: what its CPUs and "
		"its quota allow. Nothing was changed.");
}

/* Something hurts; or, of bundles, not all could be decided on. */
static bool is_amiss(const struct gt_scan *s)
{
	if (s->bundles_only)
		return s->containers == 0 || s->broken > 0 || s->stuck > 0 || s->left_out > 0;
	for (uint32_t i = 0; i < s->n_program; i++) {
		if (s->program[i].harms)
			return true;
	}
	return false;
}

static int print(const struct gt_cli_args *a, struct gt_cli_out *out, const struct gt_scan *s)
{
	_cleanup_(gt_buf_done) struct gt_buf doc = {0};

	if (a->json)
		gt_scan_json(s, true, &doc);
	if (doc.error)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	if (a->json)
		gt_cli_json(out, doc.p, doc.len);
	else if (a->csv)
		gt_scan_csv(s, &out->buf);
	else
		print_table(out, s);
	return is_amiss(s) ? GT_EXIT_BROKEN : GT_EXIT_OK;
}

static int run_scan(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	_cleanup_(gt_scan_done) struct gt_scan s = {0};
	struct gt_err e = {0};
	int r;

	m.sysroot = a->value[GT_OPT_SYSROOT];
	m.policy_file = a->value[GT_OPT_POLICY];
	m.only_looks = true;
	r = gt_machine_open(&m, &e);
	if (r == 0)
		r = a->bundle_only ? gt_scan_bundles(&m, &s, &e) : gt_scan(&m, &s, &e);
	if (r < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	return print(a, out, &s);
}

const struct gt_cli_command gt_cmd_scan = {
	.name = "scan",
	.operands = "",
	.summary = "list the Go programs of this machine, and what hurts them",
	.about = "Looks at every running container and service, at the Go programs in them and "
		 "what they run with, and says what would be set and why. What hurts comes "
		 "first. Nothing is changed, and nothing need be installed. Exit status 0: nothing "
		 "hurts; 1: something does.\n"
		 "With --bundle-only: what would be set for each container by its config.json, "
		 "when its processes are gone or were never captured.\n",
	.options = GT_OPTS_POLICY | GT_OPT_BIT(GT_OPT_FORMAT_CSV) | GT_OPT_BIT(GT_OPT_BUNDLE_ONLY),
	.missing = "gotune scan takes no arguments",
	.run = run_scan,
};
