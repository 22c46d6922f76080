/*
 * gotune report: what became of tuned containers, and of those that were left alone. Effects: reads
 * the history that gotuned keeps; writes the file of --output.
 */
#include <string.h>

#include "gotune/model.h"
#include "lessons.h"
#include "report.h"

struct lives {
	struct gt_life *life; /* N of them, owned */
	size_t n, cap;
	bool no_memory;
};

static void take_life(void *ctx, const struct gt_life *l)
{
	struct lives *all = ctx;
	size_t cap = all->cap ? all->cap * 2 : 256;
	struct gt_life *more;

	if (all->n == all->cap) {
		more = realloc(all->life, cap * sizeof(*more));
		if (!more) {
			all->no_memory = true;
			return;
		}
		all->life = more;
		all->cap = cap;
	}
	all->life[all->n++] = *l;
}

static int by_image_and_id(const void *a, const void *b)
{
	const struct gt_life *x = a, *y = b;
	int r = strcmp(x->image, y->image);

	return r ? r : strcmp(x->id, y->id);
}

static void add_number(uint64_t *to, uint64_t n)
{
	if (__builtin_add_overflow(*to, n, to))
		*to = UINT64_MAX;
}

/* B is the same container, after gotuned was started again: A gets what B has. */
static void merge(struct gt_life *a, const struct gt_life *b)
{
	add_number(&a->seconds, b->seconds);
	add_number(&a->usage.periods, b->usage.periods);
	add_number(&a->usage.throttled, b->usage.throttled);
	add_number(&a->usage.throttled_us, b->usage.throttled_us);
	add_number(&a->usage.oom_kills, b->usage.oom_kills);
	for (unsigned i = 0; i < GT_PRESSURE_COUNT; i++)
		add_number(&a->usage.some_us[i], b->usage.some_us[i]);
	if (b->peak_bytes > a->peak_bytes)
		a->peak_bytes = b->peak_bytes;
	if (b->ended_s > a->ended_s)
		a->ended_s = b->ended_s;
}

/* One container is one life, however often gotuned was started: else it would count as several. */
static void merge_all(struct lives *all)
{
	size_t n = 0;

	if (all->n == 0)
		return;
	qsort(all->life, all->n, sizeof(*all->life), by_image_and_id);
	for (size_t i = 0; i < all->n; i++) {
		if (n > 0 && by_image_and_id(&all->life[n - 1], &all->life[i]) == 0)
			merge(&all->life[n - 1], &all->life[i]);
		else
			all->life[n++] = all->life[i];
	}
	all->n = n;
}

/* ---- groups ---- */

/* Which arm L is in. RULE: NULL, or the rule that arm 0 had. */
static unsigned arm_of(const struct gt_life *l, const char *rule)
{
	return rule ? strcmp(l->rule, rule) != 0 : !l->tuned;
}

static void measure(const struct gt_life *life, size_t n, const char *rule, unsigned which,
		    double *v, struct gt_measured *ret)
{
	double *a = v, *b = v + n;
	uint32_t na = 0, nb = 0;

	for (size_t i = 0; i < n; i++) {
		double x;

		if (!gt_measures[which].value(&life[i], &x))
			continue;
		if (arm_of(&life[i], rule) == 0)
			a[na++] = x;
		else
			b[nb++] = x;
	}
	ret->contrast = gt_contrast_of(a, na, b, nb, GT_REPORT_ALPHA, &ret->p);
	gt_median_of(a, na, &ret->arm[0]);
	gt_median_of(b, nb, &ret->arm[1]);
}

/* The N lives of one image. */
static int add_group(struct gt_report *r, const struct gt_life *life, size_t n, const char *rule)
{
	_cleanup_free_ double *v = calloc(2 * n, sizeof(*v));
	struct gt_report_group *g = &r->group[r->n_group];

	if (!v)
		return -ENOMEM;
	*g = (struct gt_report_group){0};
	gt_copy_cut(g->image, life->image);
	for (size_t i = 0; i < n; i++)
		g->n[arm_of(&life[i], rule)]++;
	for (unsigned k = 0; k < GT_MEASURES; k++)
		measure(life, n, rule, k, v, &g->measured[k]);
	r->n_group++;
	return 0;
}

static int make_groups(struct gt_report *r, const struct lives *all, const char *rule)
{
	int ret = 0;

	r->group = calloc(all->n + 1, sizeof(*r->group));
	if (!r->group)
		return -ENOMEM;
	for (size_t i = 0, n; i < all->n && ret == 0; i += n) {
		for (n = 1; i + n < all->n; n++) {
			if (strcmp(all->life[i].image, all->life[i + n].image) != 0)
				break;
		}
		ret = add_group(r, &all->life[i], n, rule);
	}
	return ret;
}

/* ---- JSON ---- */

static void write_median(struct gt_jw *w, const struct gt_measure *what, const struct gt_median *m)
{
	gt_jw_open(w, '{');
	gt_jw_key(w, "n");
	gt_jw_u64(w, m->n);
	if (m->known) {
		gt_jw_member_decimal(w, "median", m->median * what->scale);
		gt_jw_member_decimal(w, "low", m->low * what->scale);
		gt_jw_member_decimal(w, "high", m->high * what->scale);
	}
	gt_jw_close(w, '}');
}

static void write_group(struct gt_jw *w, const struct gt_report_group *g)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "image", g->image);
	gt_jw_key(w, "containers");
	gt_jw_open(w, '[');
	gt_jw_u64(w, g->n[0]);
	gt_jw_u64(w, g->n[1]);
	gt_jw_close(w, ']');
	gt_jw_key(w, "measures");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < GT_MEASURES; i++) {
		const struct gt_measured *m = &g->measured[i];

		gt_jw_open(w, '{');
		gt_jw_member(w, "name", gt_measures[i].word);
		gt_jw_member(w, "unit", gt_measures[i].unit);
		gt_jw_key(w, "arms");
		gt_jw_open(w, '[');
		write_median(w, &gt_measures[i], &m->arm[0]);
		write_median(w, &gt_measures[i], &m->arm[1]);
		gt_jw_close(w, ']');
		gt_jw_member(w, "contrast", gt_words_get(&gt_contrast_words, m->contrast));
		if (m->contrast != GT_CONTRAST_UNKNOWN)
			gt_jw_member_decimal(w, "p", m->p);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

static void print_json(const struct gt_report *r, struct gt_cli_out *out)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "schema", "gotune.report/1");
	gt_jw_key(&w, "arms");
	gt_jw_open(&w, '[');
	gt_jw_str(&w, r->arm[0]);
	gt_jw_str(&w, r->arm[1]);
	gt_jw_close(&w, ']');
	gt_jw_member_decimal(&w, "alpha", GT_REPORT_ALPHA);
	gt_jw_key(&w, "containers");
	gt_jw_u64(&w, r->n_life);
	gt_jw_key(&w, "damaged");
	gt_jw_u64(&w, r->n_damaged);
	gt_jw_key(&w, "groups");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < r->n_group; i++)
		write_group(&w, &r->group[i]);
	gt_jw_close(&w, ']');
	gt_cli_rolled_back_json(&r->lessons, &w);
	gt_jw_close(&w, '}');
	gt_cli_json_doc(out, &doc);
}

/* ---- the command ---- */

static int print(const struct gt_cli_args *a, const struct gt_report *r, struct gt_cli_out *out)
{
	_cleanup_(gt_buf_done) struct gt_buf html = {0};
	const char *path = a->value[GT_OPT_OUTPUT];
	int ret;

	if (a->json)
		print_json(r, out);
	else
		gt_report_page(r, out);
	if (!a->json)
		gt_cli_rolled_back(&r->lessons, out);
	if (!path)
		return GT_EXIT_OK;
	gt_report_html(r, &html);
	ret = html.error ? html.error : gt_cli_write_file(path, &html);
	return ret < 0 ? gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot write %s: %s", path,
				     strerror(-ret))
		       : GT_EXIT_OK;
}

static int read_lives(const char *dir, struct lives *all, struct gt_report *r, struct gt_err *e)
{
	_cleanup_close_ int fd = gt_history_open(dir, false, e);
	struct gt_history_sum sum = {0};
	int ret;

	if (fd == -ENOENT) /* nothing was kept yet */
		return 0;
	if (fd < 0)
		return fd;
	ret = gt_history_read(fd, take_life, all, &sum);
	if (ret < 0)
		return gt_err_sys(e, ret, "cannot read the history in %s", dir);
	if (all->no_memory)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r->n_damaged = sum.damaged;
	merge_all(all);
	r->n_life = all->n;
	return 0;
}

/* What cannot be read says nothing. */
static void read_lessons(const char *dir, struct gt_pages *ret)
{
	struct gt_err e = {0};
	_cleanup_close_ int root = gt_root_open(NULL, &e);

	if (root >= 0)
		(void)!gt_lessons_read(root, dir, ret);
}

static int run_report(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	const char *dir = a->value[GT_OPT_STATE_DIR] ? a->value[GT_OPT_STATE_DIR] : GT_HISTORY_DIR;
	const char *rule = a->value[GT_OPT_RULE];
	struct lives all = {0};
	struct gt_report r = {.arm = {"tuned", "untouched"}};
	struct gt_err e = {0};
	int ret = read_lives(dir, &all, &r, &e);

	if (rule) {
		gt_copy_cut(r.arm[0], rule);
		gt_copy_cut(r.arm[1], "others");
	}
	if (ret == 0)
		read_lessons(dir, &r.lessons);
	if (ret == 0 && make_groups(&r, &all, rule) < 0)
		ret = gt_err_set(&e, -ENOMEM, "out of memory");
	if (ret < 0)
		ret = gt_cli_fail(out, GT_EXIT_SYSTEM, "%s%s", e.msg,
				  ret == -EACCES || ret == -EPERM ? "; run it as root" : "");
	else
		ret = print(a, &r, out);
	gt_pages_done(&r.lessons);
	free(all.life);
	free(r.group);
	return ret;
}

const struct gt_cli_command gt_cmd_report = {
	.name = "report",
	.operands = "",
	.summary = "what became of tuned containers, against those that were left alone",
	.about =
		"Of each image, medians with confidence intervals for throttling, memory, waiting and\n"
		"OOM kills, and whether the two differ by more than chance. gotuned keeps the history,\n"
		"if the policy's daemon.history is true.\n",
	.options = GT_OPT_BIT(GT_OPT_FORMAT) | GT_OPT_BIT(GT_OPT_OUTPUT) |
		   GT_OPT_BIT(GT_OPT_STATE_DIR) | GT_OPT_BIT(GT_OPT_RULE),
	.missing = "it takes options alone: gotune report --output report.html",
	.run = run_report,
};
