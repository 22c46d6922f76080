/*
 * gotune lessons: what gotuned has learned of images and rules; and how to make it forget that.
 * Effects: reads the file of lessons; --forget writes one slot of it.
 */
#include <stdio.h>
#include <time.h>

#include "gotune/history.h"
#include "lessons.h"

#define MIB_SHIFT 20

static const struct gt_cli_col cols[] = {{"IMAGE", 40}, {"KEY", 16}, {"STARTS", 6},
					 {"BESIDE", 8}, {"OOM", 4},  {"SPIRALS", GT_CLI_WIDTH}};

static void key_text(const struct gt_lesson *l, char ret[20])
{
	(void)snprintf(ret, 20, "%016llx", (unsigned long long)l->key); /* fits */
}

static void show_image(struct gt_cli_table *t, const struct gt_lesson *l)
{
	char key[20], starts[16], beside[24] = "-", ooms[8], spirals[8];

	key_text(l, key);
	(void)snprintf(starts, sizeof(starts), "%u", l->n_lives);
	(void)snprintf(ooms, sizeof(ooms), "%u", gt_lesson_ooms(l));
	(void)snprintf(spirals, sizeof(spirals), "%u", l->image.spirals);
	if (gt_lesson_beside(l) > 0)
		(void)snprintf(beside, sizeof(beside), "%lluMiB",
			       (unsigned long long)(gt_lesson_beside(l) >> MIB_SHIFT));
	gt_cli_table_row(t, (const struct gt_cli_cell[]){
				    {l->name, GT_STYLE_BOLD},
				    {key, GT_STYLE_DIM},
				    {starts, GT_STYLE_PLAIN},
				    {beside, GT_STYLE_PLAIN},
				    {ooms, gt_lesson_ooms(l) ? GT_STYLE_WARN : GT_STYLE_PLAIN},
				    {spirals, l->image.spirals ? GT_STYLE_WARN : GT_STYLE_PLAIN},
			    });
}

static void show_table(const struct gt_pages *all, struct gt_cli_out *out)
{
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	unsigned n = 0;

	for (uint32_t i = GT_LESSONS_RULES; i < GT_LESSONS_MAX; i++) {
		const struct gt_lesson *l = gt_lessons_at(all, i);

		if (!l)
			continue;
		show_image(&t, l);
		n++;
	}
	if (n == 0)
		gt_cli_para(out, 0, GT_STYLE_PLAIN, "Nothing was learned of any image.");
	gt_cli_table_end(&t, out);
	gt_cli_rolled_back(all, out);
}

static void write_number(struct gt_jw *w, const char *key, uint64_t v)
{
	gt_jw_key(w, key);
	gt_jw_u64(w, v);
}

static void write_image(struct gt_jw *w, const struct gt_lesson *l)
{
	char key[20];

	key_text(l, key);
	gt_jw_open(w, '{');
	gt_jw_member(w, "name", l->name);
	gt_jw_member(w, "key", key);
	write_number(w, "starts", l->n_lives);
	gt_jw_key(w, "beside_bytes");
	if (gt_lesson_beside(l) > 0)
		gt_jw_u64(w, gt_lesson_beside(l));
	else
		gt_jw_null(w);
	write_number(w, "oom_kills", gt_lesson_ooms(l));
	write_number(w, "spirals", l->image.spirals);
	gt_jw_close(w, '}');
}

static void show_json(const struct gt_pages *all, struct gt_cli_out *out)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	gt_jw_key(&w, "images");
	gt_jw_open(&w, '[');
	for (uint32_t i = GT_LESSONS_RULES; i < GT_LESSONS_MAX; i++) {
		if (gt_lessons_at(all, i))
			write_image(&w, gt_lessons_at(all, i));
	}
	gt_jw_close(&w, ']');
	gt_cli_rolled_back_json(all, &w);
	gt_jw_close(&w, '}');
	gt_cli_json_doc(out, &doc);
}

/* ---- --forget ---- */

static bool is_called(const struct gt_lesson *l, const char *name)
{
	char key[20];

	key_text(l, key);
	return strcmp(l->name, name) == 0 || strcmp(key, name) == 0;
}

/* Each slot of that name: how many, or -errno. A rule that is only watched has nothing to forget.
 */
static int forget_all(int fd, const struct gt_pages *all, const char *name)
{
	int n = 0;

	for (uint32_t i = 0; i < GT_LESSONS_MAX; i++) {
		const struct gt_lesson *l = gt_lessons_at(all, i);
		int r;

		if (!l || l->kind == GT_LESSON_WATCHED || !is_called(l, name))
			continue;
		r = gt_lessons_drop(fd, i, time(NULL));
		if (r < 0)
			return r;
		n++;
	}
	return n;
}

static int forget(const char *dir, const struct gt_pages *all, const char *name,
		  struct gt_cli_out *out)
{
	struct gt_err e = {0};
	_cleanup_close_ int dirfd = gt_history_open(dir, false, &e);
	_cleanup_close_ int fd = dirfd < 0 ? -1 : gt_lessons_open(dirfd, false);
	int n = dirfd < 0 ? dirfd : fd < 0 ? fd : forget_all(fd, all, name);

	if (n < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot write the lessons in %s: %s", dir,
				   strerror(-n));
	if (n == 0)
		return gt_cli_fail(out, GT_EXIT_BROKEN,
				   "nothing was learned of %s, and no rule of that name is rolled "
				   "back; gotune lessons lists what there is",
				   name);
	return GT_EXIT_OK;
}

static int run_lessons(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	const char *dir = a->value[GT_OPT_STATE_DIR] ? a->value[GT_OPT_STATE_DIR] : GT_LESSONS_DIR;
	_cleanup_(gt_pages_done) struct gt_pages all = {0};
	struct gt_err e = {0};
	_cleanup_close_ int root = gt_root_open(NULL, &e);
	int r = root < 0 ? root : gt_lessons_read(root, dir, &all);

	if (r < 0 && r != -ENOENT)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot read the lessons in %s: %s%s", dir,
				   strerror(-r),
				   r == -EACCES || r == -EPERM ? "; run it as root" : "");
	if (a->value[GT_OPT_FORGET])
		return forget(dir, &all, a->value[GT_OPT_FORGET], out);
	if (a->json)
		show_json(&all, out);
	else
		show_table(&all, out);
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_lessons = {
	.name = "lessons",
	.operands = "",
	.summary = "what gotuned has learned for the next start, and how to forget it",
	.about =
		"Of each image: starts that were seen, the most memory outside of the Go heap, OOM\n"
		"kills of the last eight, death spirals; and the rules that were rolled back. --forget\n"
		"takes an image's name or key, or a rule: a rule is rolled out again from then on.\n",
	.options = GT_OPT_BIT(GT_OPT_FORMAT) | GT_OPT_BIT(GT_OPT_STATE_DIR) |
		   GT_OPT_BIT(GT_OPT_FORGET),
	.missing = "it takes options alone: gotune lessons --forget NAME",
	.run = run_lessons,
};
