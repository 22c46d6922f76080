/*
 * gotune doctor: whether the tool works on this machine and with each engine found. The checks are
 * doctor/'s; this file runs them in turn and prints their rows.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/report.h"
#include "gotune/sandbox.h"

static const struct {
	const char *title;
	enum gt_style style;
} state_look[GT_CHECK_STATE_COUNT] = {
	[GT_CHECK_OK] = {"ok", GT_STYLE_GOOD},
	[GT_CHECK_INFO] = {"info", GT_STYLE_PLAIN},
	[GT_CHECK_WARN] = {"warn", GT_STYLE_WARN},
	[GT_CHECK_BAD] = {"bad", GT_STYLE_BAD},
};

static const char *const area_title[GT_AREA_COUNT] = {
	[GT_AREA_KERNEL] = "KERNEL",
	[GT_AREA_PRIVILEGE] = "PRIVILEGES OF THIS PROCESS",
	[GT_AREA_INSTALL] = "INSTALLATION",
	[GT_AREA_RUNTIME] = "RUNTIMES",
	[GT_AREA_ENGINE] = "ENGINES",
	[GT_AREA_NRI] = "NRI, THE NODE RESOURCE INTERFACE",
	[GT_AREA_CONFLICT] = "OTHERS THAT CHANGE CONTAINERS",
	[GT_AREA_HOST] = "SETTINGS OF THE HOST",
	[GT_AREA_SELFTEST] = "SELF-TEST",
};

/* ---- the table ---- */

static void print_check(struct gt_cli_table *t, const struct gt_check *c)
{
	char text[sizeof(c->fix) + 8];

	gt_cli_table_row(t, (const struct gt_cli_cell[]){
				    {state_look[c->state].title, state_look[c->state].style},
				    {c->name, GT_STYLE_BOLD},
				    {c->found, GT_STYLE_PLAIN},
			    });
	if (c->follows[0])
		gt_cli_table_note(t, GT_STYLE_PLAIN, c->follows);
	if (!c->fix[0])
		return;
	(void)snprintf(text, sizeof(text), "-> %s", c->fix);
	gt_cli_table_note(t, GT_STYLE_BOLD, text);
}

static void print_checks(struct gt_cli_out *out, const struct gt_doctor *d)
{
	static const struct gt_cli_col cols[] = {
		{"STATE", 5}, {"CHECK", 24}, {"FOUND", GT_CLI_WIDTH}};
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};

	for (unsigned area = 0; area < GT_AREA_COUNT; area++) {
		bool titled = false;

		for (uint32_t i = 0; i < d->report.n_check; i++) {
			if (d->report.check[i].area != area)
				continue;
			if (!titled)
				gt_cli_table_section(&t, area_title[area]);
			titled = true;
			print_check(&t, &d->report.check[i]);
		}
	}
	gt_cli_table_end(&t, out);
}

static void print_phases(struct gt_cli_out *out)
{
	static const struct gt_cli_col cols[] = {{"PHASE", 16}, {"MAY DO", GT_CLI_WIDTH}};
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	char text[256];

	for (unsigned phase = 0; phase < GT_PHASE_COUNT; phase++) {
		unsigned calls = gt_doctor_phase_calls(phase), caps = 0;

		for (unsigned i = 0; i < gt_n_phase_caps; i++)
			caps += gt_phase_caps[i].phase == phase;
		if (calls)
			(void)snprintf(text, sizeof(text), "%u system calls, %s", calls,
				       caps ? "and with capabilities:" : "no capability");
		else
			(void)snprintf(text, sizeof(text), "any system call, with capabilities:");
		gt_cli_table_row(&t, (const struct gt_cli_cell[]){
					     {gt_words_get(&gt_phase_words, phase), GT_STYLE_BOLD},
					     {text, GT_STYLE_PLAIN},
				     });
		for (unsigned i = 0; i < gt_n_phase_caps; i++) {
			if (gt_phase_caps[i].phase != phase)
				continue;
			(void)snprintf(text, sizeof(text), "%s: %s", gt_phase_caps[i].name,
				       gt_phase_caps[i].why);
			gt_cli_table_note(&t, GT_STYLE_DIM, text);
		}
	}
	gt_cli_heading(out, "WHAT EACH PHASE OF THE TOOL KEEPS");
	gt_cli_table_end(&t, out);
}

/* "AREA NAME" of the rows in STATE, after LABEL. */
static void name_rows(struct gt_buf *b, const struct gt_doctor *d, enum gt_check_state state,
		      unsigned n, const char *label)
{
	const char *sep = " (";

	if (n == 0)
		return;
	gt_buf_fmt(b, "%s%u %s", b->len ? ", " : "", n, label);
	for (uint32_t i = 0; i < d->report.n_check; i++) {
		if (d->report.check[i].state != state)
			continue;
		gt_buf_fmt(b, "%s%s", sep, d->report.check[i].name);
		sep = ", ";
	}
	if (*sep == ',')
		gt_buf_str(b, ")");
}

static void print_summary(struct gt_cli_out *out, const struct gt_doctor *d)
{
	static const enum gt_style style[GT_DOCTOR_STATUS_COUNT] = {
		[GT_DOCTOR_HEALTHY] = GT_STYLE_GOOD,
		[GT_DOCTOR_DEGRADED] = GT_STYLE_WARN,
		[GT_DOCTOR_BROKEN] = GT_STYLE_BAD,
	};
	unsigned count[GT_CHECK_STATE_COUNT];
	enum gt_doctor_status status = gt_report_judge(&d->report, count);
	struct gt_buf text = {0}, all = {0};

	name_rows(&text, d, GT_CHECK_BAD, count[GT_CHECK_BAD], "bad");
	name_rows(&text, d, GT_CHECK_WARN, count[GT_CHECK_WARN],
		  count[GT_CHECK_WARN] == 1 ? "warning" : "warnings");
	gt_buf_fmt(&all, "%s: %s%s%u ok", gt_words_get(&gt_doctor_status_words, status),
		   text.p ? text.p : "", text.p ? ", " : "", count[GT_CHECK_OK]);
	gt_buf_str(&out->buf, "\n");
	if (text.error || all.error)
		out->buf.error = -ENOMEM;
	else
		gt_cli_para(out, 0, style[status], all.p);
	gt_buf_done(&text);
	gt_buf_done(&all);
}

/* ---- JSON ---- */

static void check_json(struct gt_jw *w, const struct gt_check *c)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "area", gt_words_get(&gt_area_words, c->area));
	gt_jw_member_opt(w, "name", c->name);
	gt_jw_member_opt(w, "state", gt_words_get(&gt_check_state_words, c->state));
	gt_jw_member_opt(w, "found", c->found);
	gt_jw_member_opt(w, "follows", c->follows);
	gt_jw_member_opt(w, "fix", c->fix);
	gt_jw_close(w, '}');
}

static void print_json(struct gt_cli_out *out, const struct gt_doctor *d)
{
	unsigned count[GT_CHECK_STATE_COUNT];
	enum gt_doctor_status status = gt_report_judge(&d->report, count);
	struct gt_buf doc = {0};
	uint64_t caps = 0;
	bool known = gt_inspect_own_caps(d->root, &caps) == 0;
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	gt_jw_member_opt(&w, "schema", GT_DOCTOR_SCHEMA);
	gt_jw_member_opt(&w, "version", GT_VERSION);
	gt_jw_member_opt(&w, "status", gt_words_get(&gt_doctor_status_words, status));
	gt_jw_key(&w, "count");
	gt_jw_open(&w, '{');
	for (unsigned s = 0; s < GT_CHECK_STATE_COUNT; s++) {
		gt_jw_key(&w, gt_words_get(&gt_check_state_words, s));
		gt_jw_u64(&w, count[s]);
	}
	gt_jw_close(&w, '}');
	gt_jw_key(&w, "checks");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < d->report.n_check; i++)
		check_json(&w, &d->report.check[i]);
	gt_jw_close(&w, ']');
	gt_jw_key(&w, "checks_dropped");
	gt_jw_u64(&w, d->report.dropped);
	gt_jw_key(&w, "phases");
	gt_doctor_phases_json(&w, known, caps);
	gt_jw_close(&w, '}');
	gt_cli_json_doc(out, &doc);
}

/* ---- the whole ---- */

static void examine(struct gt_doctor *d)
{
	static void (*const checks[])(struct gt_doctor *) = {
		gt_doctor_kernel,    gt_doctor_cgroups,	 gt_doctor_privilege, gt_doctor_install,
		gt_doctor_runtimes,  gt_doctor_engines,	 gt_doctor_nri,	      gt_doctor_host,
		gt_doctor_conflicts, gt_doctor_selftest,
	};

	sigset_t before;

	d->interrupt = gt_doctor_hold(&before);
	for (size_t i = 0; i < GT_ARRAY_LEN(checks) && !gt_is_interrupted(d); i++)
		checks[i](d);
	gt_doctor_release(&d->interrupt, &before);
}

static int status_of(const struct gt_doctor *d)
{
	switch (gt_report_judge(&d->report, NULL)) {
	case GT_DOCTOR_HEALTHY:
		return GT_EXIT_OK;
	case GT_DOCTOR_DEGRADED:
		return GT_EXIT_DEGRADED;
	case GT_DOCTOR_BROKEN:
	case GT_DOCTOR_STATUS_COUNT:
		break;
	}
	return GT_EXIT_BROKEN;
}

static int run_doctor(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_free_ struct gt_doctor *d = calloc(1, sizeof(*d));
	const char *sysroot = a->value[GT_OPT_SYSROOT];
	_cleanup_close_ int root = -1;
	struct gt_policy policy = {0};
	struct gt_err e = {0};

	if (!d)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	root = gt_root_open(sysroot, &e);
	if (root < 0 || gt_read_policy(root, NULL, &policy, &e) != 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	d->root = root;
	d->sysroot = sysroot && strcmp(sysroot, "/") != 0 ? sysroot : NULL;
	d->no_selftest = a->no_selftest;
	d->policy = &policy;
	examine(d);
	gt_policy_done(&policy);
	d->policy = NULL;
	if (a->json) {
		print_json(out, d);
	} else {
		print_checks(out, d);
		print_phases(out);
		print_summary(out, d);
	}
	return status_of(d);
}

const struct gt_cli_command gt_cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "say whether the tool works on this machine and with its engines",
	.about = "Looks at the kernel, privileges, our own installation, runtimes, engines and "
		 "what is registered with them, at others that set the same variables and at "
		 "settings of the host; then, as root, runs a container with each runtime and "
		 "compares what its program sees with what was planned. Nothing is changed, "
		 "and nothing of the containers is left.\n"
		 "Exits with 0 when all is well (healthy), 4 when something warns (degraded), "
		 "1 when something is bad (broken).\n",
	.options = GT_OPTS_FORMAT | GT_OPT_BIT(GT_OPT_NO_SELFTEST) | GT_OPT_BIT(GT_OPT_SYSROOT),
	.missing = "gotune doctor takes no arguments",
	.run = run_doctor,
};
