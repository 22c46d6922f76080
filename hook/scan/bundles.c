/*
 * The scan of bundles alone, for a machine whose processes are gone or were never captured: decides
 * for each config.json as the hook would at the container's next start. Effectful: reads; see
 * scan.h.
 */
#include "gotune/record.h"
#include "internal.h"
#include "now.h"

/* gcc 12 loses sight of what an element of a growing array owns; the sanitizer's leak check does
 * not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define STUCK_MAX 5

struct scanning {
	struct gt_machine *m;
	struct gt_scan *scan;
	struct gt_scan_bundles bundles;
	struct gt_survey survey;
	struct gt_worker parser; /* of runtimes' state */
	uint32_t cap_unit, cap_program;
};

static int fail_memory(struct gt_err *e)
{
	return gt_err_set(e, -ENOMEM, "out of memory");
}

/* ---- one bundle ---- */

static int take_unit(const struct gt_record *r, const char *id, struct gt_scan_unit *u)
{
	const struct gt_ident *who = &r->facts.ident;

	*u = (struct gt_scan_unit){.name = {.kind = GT_UNIT_CONTAINER, .engine = who->engine}};
	gt_copy_cut(u->name.id, id); /* fits: gt_id_ok */
	u->usage.memory_max = (struct gt_scan_number){r->plan.mem_max.has, r->plan.mem_max.bytes};
	u->cgroup = strdup(who->cgroup);
	if (!u->cgroup || gt_scan_keep_text(&u->image, who->image) < 0)
		return -ENOMEM;
	return gt_scan_keep_text(&u->container_name, who->container_name);
}

static bool is_broken(const struct gt_record *r)
{
	return r->facts.trouble != GT_TROUBLE_NONE && r->facts.trouble != GT_TROUBLE_DISABLED;
}

/* Why its program is not known, or that it was guessed. */
static int take_message(const struct gt_record *r, struct gt_scan_program *p)
{
	const struct gt_program *prog = &r->facts.program;
	_cleanup_(gt_buf_done) struct gt_buf text = {0};

	if (is_broken(r))
		return 0; /* it has one */
	if (prog->predicted)
		gt_buf_fmt(&text, "decided when it is executed: this is for %s%s%s%s", prog->path,
			   prog->via[0] ? " (via " : "", prog->via, prog->via[0] ? ")" : "");
	else if (prog->kind == GT_PROG_UNKNOWN)
		gt_buf_fmt(&text, "its program %s is not known: %s", p->path,
			   gt_words_get(&gt_prog_note_words, prog->note));
	return text.error ? text.error : gt_scan_keep_text(&p->message, text.p ? text.p : "");
}

static int take_program(const struct gt_record *r, struct gt_scan_program *p)
{
	const struct gt_program *prog = &r->facts.program;

	p->kind = prog->kind;
	p->predicted = prog->predicted;
	gt_copy_cut(p->go, prog->go);
	gt_copy_cut(p->main_path, prog->main_path);
	p->path = strdup(prog->path[0] ? prog->path : r->facts.ident.command);
	if (!p->path || gt_scan_take_env(r->facts.var, !is_broken(r), p) < 0 ||
	    gt_scan_take_plan(r, p) < 0)
		return -ENOMEM;
	gt_scan_not_now(r, p);
	return take_message(r, p);
}

static void count(const struct gt_record *r, struct gt_scan *s)
{
	const struct gt_program *prog = &r->facts.program;

	s->containers++;
	s->go_containers += prog->kind == GT_PROG_GO;
	s->unknown += prog->kind == GT_PROG_UNKNOWN && !is_broken(r);
	s->broken += is_broken(r) || prog->note == GT_NOTE_PARSER_DIED;
	s->stuck += prog->note == GT_NOTE_TOOK_TOO_LONG;
}

/* Room for one more of both. */
static int make_room(struct scanning *s)
{
	struct gt_scan *scan = s->scan;
	void *room = gt_scan_grow(scan->unit, sizeof(*scan->unit), scan->n_unit, &s->cap_unit);

	if (!room)
		return -ENOMEM;
	scan->unit = room;
	room = gt_scan_grow(scan->program, sizeof(*scan->program), scan->n_program,
			    &s->cap_program);
	if (!room)
		return -ENOMEM;
	scan->program = room;
	return 0;
}

static int add_row(struct scanning *s, const struct gt_scan_bundle *b)
{
	const struct gt_record *r = s->survey.d.rec;
	struct gt_scan *scan = s->scan;
	struct gt_scan_program *p;
	struct gt_scan_unit *u;

	if (make_room(s) < 0)
		return -ENOMEM;
	u = &scan->unit[scan->n_unit];
	p = &scan->program[scan->n_program];
	*p = (struct gt_scan_program){.unit = scan->n_unit};
	scan->n_unit++; /* from here on both are freed with the scan */
	scan->n_program++;
	if (take_unit(r, b->id, u) < 0 || take_program(r, p) < 0)
		return -ENOMEM;
	u->programs = p->kind == GT_PROG_GO;
	if (p->kind == GT_PROG_GO || p->message || gt_scan_sets_anything(p))
		return 0;
	gt_scan_program_done(p);
	scan->n_program--;
	return 0;
}

static int decide(struct scanning *s, const struct gt_scan_bundle *b, struct gt_err *e)
{
	const struct gt_source from = {
		.kind = GT_SOURCE_BELOW, .bundle = b->path, .id = b->id, .has_mounts = b->captured};
	int r = gt_survey_bundle(&s->survey, &from, e);

	if (r < 0)
		return r;
	count(s->survey.d.rec, s->scan);
	return add_row(s, b) < 0 ? fail_memory(e) : 0;
}

/* ---- all of them ---- */

static int scan_all(struct scanning *s, struct gt_err *e)
{
	int r = gt_survey_begin(s->m, &s->survey, e);

	if (r == 0)
		r = gt_scan_list_bundles(s->m->root, &s->parser, &s->bundles, e);
	for (uint32_t i = 0; r == 0 && i < s->bundles.n; i++) {
		if (s->scan->stuck >= STUCK_MAX) {
			s->bundles.left_out += s->bundles.n - i;
			break;
		}
		r = decide(s, &s->bundles.bundle[i], e);
	}
	s->scan->left_out = s->bundles.left_out;
	return r;
}

int gt_scan_bundles(struct gt_machine *m, struct gt_scan *ret, struct gt_err *e)
{
	struct scanning s = {.m = m, .scan = ret, .parser = {.sock = -1}};
	int r;

	*ret = (struct gt_scan){.bundles_only = true};
	s.survey.d = GT_DECISION_NONE;
	r = scan_all(&s, e);
	gt_survey_done(&s.survey);
	gt_worker_done(&s.parser);
	gt_scan_bundles_done(&s.bundles);
	if (r == 0)
		gt_scan_sort(ret);
	return r;
}
