/*
 * The scan: lists the processes, has them looked at, and decides for each Go program as the hook
 * would. Effectful: reads; see scan.h.
 */
#include <stdio.h>

#include "internal.h"

/* gcc 12 loses sight of what an element of a growing array owns; the sanitizer's leak check does
 * not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
#include "now.h"

struct scanning {
	struct gt_machine *m;
	struct gt_scan *scan;
	struct gt_scan_list list;
	struct gt_survey survey;
	struct gt_worker parser; /* of runtimes' state */
	uint32_t cap_program;
	uint32_t *file, cap_file; /* of each program: which file it is, for those of one unit */
	uint32_t unit;		  /* whose bundle is in BUNDLE */
	char bundle[GT_PATH_CAP]; /* "": not known */
	int64_t boot_s;		  /* when the machine began; 0: not known */
	long hz;
};

static int fail_memory(struct gt_err *e)
{
	return gt_err_set(e, -ENOMEM, "out of memory");
}

/* ---- one program ---- */

/* The file's name; the kernel says " (deleted)" behind one that is gone. */
static char *read_exe(int root, int64_t pid, bool *ret_deleted)
{
	static const char gone[] = " (deleted)";
	char path[GT_SCAN_PATH], exe[GT_PATH_CAP];
	ssize_t n;

	gt_scan_proc_path(path, pid, "exe");
	n = readlinkat(root, path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	*ret_deleted = gt_has_suffix(exe, gone);
	if (*ret_deleted)
		exe[strlen(exe) - strlen(gone)] = '\0';
	return strdup(exe);
}

static void read_threads(int root, int64_t pid, struct gt_scan_number *ret)
{
	char path[GT_SCAN_PATH], text[16384];

	gt_scan_proc_path(path, pid, "status");
	ret->known = gt_root_read(root, path, text, sizeof(text)) == 0 &&
		     gt_parse_field_u64(text, "Threads:", &ret->v);
}

/* ---- its unit ---- */

/* What is known of the unit since its first Go program was decided for. */
static int take_unit(struct scanning *s, const struct gt_record *r, int64_t pid,
		     struct gt_scan_unit *u)
{
	const struct gt_ident *who = &r->facts.ident;

	if (u->programs++ > 0)
		return 0;
	if (who->engine != GT_ENGINE_UNKNOWN && u->name.kind == GT_UNIT_CONTAINER)
		u->name.engine = who->engine;
	u->own_net = r->facts.net == GT_NS_OWNER_CONTAINER;
	u->usage.memory_max = (struct gt_scan_number){r->plan.mem_max.has, r->plan.mem_max.bytes};
	gt_scan_usage(s->m->root, s->survey.places, pid, u);
	return gt_scan_keep_text(&u->image, who->image) < 0 ||
			       gt_scan_keep_text(&u->container_name, who->container_name) < 0
		       ? -ENOMEM
		       : 0;
}

static void note_since(struct scanning *s, const struct gt_scan_program *p)
{
	int64_t at;

	if (!(p->harms & 1u << GT_HARM_OOM_KILLED) || s->boot_s == 0 || p->start == 0)
		return;
	at = s->boot_s + (int64_t)(p->start / (uint64_t)s->hz);
	if (s->scan->since_s == 0 || at < s->scan->since_s)
		s->scan->since_s = at;
}

static const char *bundle_of(struct scanning *s, uint32_t unit)
{
	const struct gt_scan_unit *u = &s->list.unit[unit];

	if (u->name.kind != GT_UNIT_CONTAINER)
		return NULL;
	if (s->unit != unit) {
		s->unit = unit;
		if (!gt_scan_find_bundle(s->m->root, &s->parser, u->name.id, s->m->sysroot != NULL,
					 s->bundle))
			s->bundle[0] = '\0';
	}
	return s->bundle[0] ? s->bundle : NULL;
}

/* ---- all of them ---- */

static int decide(struct scanning *s, const struct gt_scan_process *proc,
		  const struct gt_scan_seen *seen, const struct gt_program *program,
		  struct gt_scan_program *p, struct gt_err *e)
{
	struct gt_scan_unit *u = &s->list.unit[proc->unit];
	struct gt_program named = *program;
	const struct gt_running running = {
		.pid = proc->pid,
		.id = u->name.id,
		.bundle = bundle_of(s, proc->unit),
		.engine = u->name.engine,
		.program = &named,
		.var = seen->var,
		.go125_sees = seen->go125_sees,
		.go126_sees = seen->go126_sees,
		.go125_other = seen->go125_other,
		.go126_other = seen->go126_other,
	};
	int r;

	gt_copy_cut(named.path, p->path);
	r = gt_survey_decide(&s->survey, &running, e);
	if (r < 0)
		return r;
	if (gt_scan_take_plan(s->survey.d.rec, p) < 0 ||
	    take_unit(s, s->survey.d.rec, proc->pid, u) < 0)
		return fail_memory(e);
	gt_scan_now(s->survey.d.rec, p);
	p->harms = gt_scan_harms(p, u);
	u->harms |= p->harms;
	note_since(s, p);
	return 0;
}

/* The program of this unit that runs FILE; NULL: none yet. */
static struct gt_scan_program *find_program(struct scanning *s, uint32_t unit, uint32_t file)
{
	for (uint32_t i = s->scan->n_program; i-- > 0 && s->scan->program[i].unit == unit;) {
		if (s->file[i] == file)
			return &s->scan->program[i];
	}
	return NULL;
}

static int add_program(struct scanning *s, const struct gt_scan_process *proc,
		       const struct gt_scan_seen *seen, const struct gt_program *program,
		       struct gt_err *e)
{
	struct gt_scan *scan = s->scan;
	struct gt_scan_program *p;
	void *room = gt_scan_grow(scan->program, sizeof(*p), scan->n_program, &s->cap_program);

	if (!room)
		return fail_memory(e);
	scan->program = room;
	room = gt_scan_grow(s->file, sizeof(*s->file), scan->n_program, &s->cap_file);
	if (!room)
		return fail_memory(e);
	s->file = room;
	p = &scan->program[scan->n_program];
	*p = (struct gt_scan_program){
		.pid = proc->pid, .processes = 1, .unit = proc->unit, .kind = program->kind};
	s->file[scan->n_program++] = seen->file;
	gt_copy_cut(p->go, program->go);
	gt_copy_cut(p->main_path, program->main_path);
	p->path = read_exe(s->m->root, proc->pid, &p->deleted);
	read_threads(s->m->root, proc->pid, &p->threads);
	if (!p->path || gt_scan_take_env(seen->var, seen->env_known, p) < 0)
		return fail_memory(e);
	return decide(s, proc, seen, program, p, e);
}

static int on_seen(void *ctx, const struct gt_scan_process *proc, const struct gt_scan_seen *seen,
		   const struct gt_program *program, struct gt_err *e)
{
	struct scanning *s = ctx;
	struct gt_scan_program *p;
	int r;

	if (!program)
		return 0;
	p = find_program(s, proc->unit, seen->file);
	if (p) {
		p->processes++;
		return 0;
	}
	r = gt_scan_renew_parser(&s->parser, e);
	return r < 0 ? r : add_program(s, proc, seen, program, e);
}

static void read_boot(struct scanning *s)
{
	_cleanup_close_ int fd = gt_root_open_kernel(s->m->root, "proc/stat");
	_cleanup_free_ char *text = NULL;
	uint64_t at;

	if (fd < 0 || gt_read_all(fd, 4u << 20, 0, &text, NULL) < 0)
		return;
	if (gt_parse_field_u64(text, "btime ", &at) && at < INT64_MAX / 2)
		s->boot_s = (int64_t)at;
}

static void count_units(struct scanning *s)
{
	struct gt_scan *scan = s->scan;

	for (uint32_t i = 0; i < s->list.n_unit; i++) {
		const struct gt_scan_unit *u = &s->list.unit[i];
		bool container = u->name.kind == GT_UNIT_CONTAINER;

		scan->containers += container;
		scan->services += !container;
		scan->go_containers += container && u->programs > 0;
		scan->go_services += !container && u->programs > 0;
	}
	scan->processes = s->list.n;
	scan->unit = GT_TAKE_PTR(s->list.unit);
	scan->n_unit = s->list.n_unit;
	s->list.n_unit = 0;
}

static int scan_all(struct scanning *s, struct gt_err *e)
{
	int r = gt_survey_begin(s->m, &s->survey, e);

	if (r == 0)
		r = gt_scan_list_processes(s->m->root, &s->list, e);
	if (r == 0)
		r = gt_scan_look(s->m, &s->list, on_seen, s, s->scan, e);
	if (r == 0)
		count_units(s);
	return r;
}

int gt_scan(struct gt_machine *m, struct gt_scan *ret, struct gt_err *e)
{
	struct scanning s = {.m = m, .scan = ret, .unit = GT_SCAN_NO_UNIT, .parser = {.sock = -1}};
	int r;

	*ret = (struct gt_scan){0};
	s.survey.d = GT_DECISION_NONE;
	s.hz = sysconf(_SC_CLK_TCK) > 0 ? sysconf(_SC_CLK_TCK) : 100;
	read_boot(&s);
	r = scan_all(&s, e);
	gt_survey_done(&s.survey);
	gt_worker_done(&s.parser);
	gt_scan_list_done(&s.list);
	free(s.file);
	if (r == 0)
		gt_scan_sort(ret);
	return r;
}

void gt_scan_program_done(struct gt_scan_program *p)
{
	for (unsigned v = 0; v < GT_VAR_COUNT; v++)
		free(p->env[v]);
	for (uint32_t i = 0; i < p->n_setting; i++) {
		free(p->setting[i].value);
		free(p->setting[i].why);
	}
	free(p->setting);
	free(p->message);
	free(p->path);
}

void gt_scan_done(struct gt_scan *s)
{
	for (uint32_t i = 0; i < s->n_program; i++)
		gt_scan_program_done(&s->program[i]);
	for (uint32_t i = 0; i < s->n_unit; i++) {
		free(s->unit[i].cgroup);
		free(s->unit[i].image);
		free(s->unit[i].container_name);
	}
	free(s->program);
	free(s->unit);
	*s = (struct gt_scan){0};
}
