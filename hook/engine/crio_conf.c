/*
 * CRI-O's configuration as CRI-O merges it. Reads below the root of a view.
 *
 * What counts is what CRI-O's files come to: crio.conf, then every file of crio.conf.d, whatever
 * its name ends in, also of directories in it (pkg/config: UpdateFromPath). Keys replace those
 * before them; the table of a runtime is replaced as a whole. Ours has to come last.
 */
#include "crio_conf.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "unit.h"

void gt_crio_conf_done(struct gt_crio_conf *m)
{
	gt_sheets_done(&m->layers);
	gt_buf_done(&m->json);
}

static void take_flag(const struct gt_strv *words, const char *flag, const char *alias, char *ret)
{
	struct gt_flag f;

	if (gt_words_last_flag(words, flag, alias, &f) && f.value[0] == '/')
		(void)gt_copy_str(ret, GT_PATH_CAP, f.value);
}

int gt_crio_find(const struct gt_engine_job *j, struct gt_crio_place *ret, struct gt_err *e)
{
	struct gt_list *words = malloc(sizeof(*words));
	int r;

	gt_copy_cut(ret->conf, GT_CRIO_CONF);
	gt_copy_cut(ret->dir, GT_CRIO_DROP_INS);
	if (!words)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_list_init(words);
	r = gt_unit_words(j->root, "crio.service", &words->v);
	if (r == 0 && !j->dir)
		gt_process_words("crio", &words->v);
	take_flag(&words->v, "--config", "-c", ret->conf);
	take_flag(&words->v, "--config-dir", "-d", ret->dir);
	free(words);
	return r < 0 ? gt_err_set(e, r, "out of memory") : 0;
}

int gt_crio_read(const struct gt_view *v, const struct gt_crio_place *p, struct gt_crio_conf *ret,
		 struct gt_err *e)
{
	static const struct gt_toml_rules rules = {.whole = "crio/runtime/runtimes/*"};
	int r = gt_sheets_add(&ret->layers, v, p->conf, e);

	if (r == 0)
		r = gt_sheets_add_dir(&ret->layers, v, p->dir, "*", true, e);
	return r < 0 ? r : gt_sheets_merge(&ret->layers, &rules, &ret->json, e);
}
