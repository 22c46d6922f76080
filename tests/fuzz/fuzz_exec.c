/* A process document that is to get the variables of the container's program. */
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice_model.h"

static struct gt_plan plan;
static struct gt_outcome outcome[GT_SETTINGS_MAX];

static const struct gt_exec_wants wants = {
	.n = 3,
	.env = {{.name = "GOMAXPROCS", .value = "2"},
		{.name = "GODEBUG",
		 .value = "netdns=go,gctrace=1",
		 .has_expect = true,
		 .expect = "netdns=go"},
		{.name = "GOGC", .value = "50", .has_expect = true}},
};

/* What stands in env of variable NAME: how often, and what comes last. */
struct look {
	const char *name;
	unsigned n;
	char last[512];
};

static int look_at(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct look *l = ctx;
	size_t n = strlen(l->name);

	(void)e;
	if (!gt_json_at(ev, "env/*") || ev->type != GT_JSON_STRING || ev->len <= n ||
	    memcmp(ev->text, l->name, n) != 0 || ev->text[n] != '=')
		return 0;
	l->n++;
	(void)gt_copy(l->last, sizeof(l->last), ev->text + n + 1, ev->len - n - 1);
	return 0;
}

static struct look look(const char *doc, size_t len, const char *name)
{
	struct look l = {.name = name};
	struct gt_err e;

	HOLDS(gt_json_walk(doc, len, 0, look_at, &l, NULL, &e) == 0);
	return l;
}

static void check(const struct gt_barrier_env *w, const struct look *was, const struct look *is)
{
	if (was->n == 0 || (was->n == 1 && w->has_expect && strcmp(was->last, w->expect) == 0))
		HOLDS(is->n == 1 && strcmp(is->last, w->value) == 0);
	else
		HOLDS(is->n == was->n && strcmp(is->last, was->last) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct named named = {.env = "env", .var = {"GOMAXPROCS", "GODEBUG", "GOGC"}};
	const char *doc = (const char *)data;
	struct gt_buf out = {0};

	HOLDS(gt_exec_wants_valid(&wants));
	gt_edit_exec_plan(&wants, &plan);
	if (!splice_both(&plan, false, doc, size, &out, outcome))
		return 0;
	splice_holds(&named, doc, size, &out);
	for (uint32_t i = 0; i < wants.n; i++) {
		struct look was = look(doc, size, wants.env[i].name);
		struct look is = look(out.p, out.len, wants.env[i].name);

		check(&wants.env[i], &was, &is);
	}
	gt_buf_done(&out);
	return 0;
}
