/* A log, cut in two at a place that its first byte names; after a line of "%%" a dump, and a
 * cpu.stat. */
#include "fuzz.h"
#include "gotune/diagnose.h"

#define BACK_MAX 2048 /* a larger log is not read twice more: knots take time */

static struct gt_diagnosis r, whole;

static int judge(struct fuzz_in log, size_t cut, struct fuzz_in dump,
		 const struct gt_diagnose_known *k, struct gt_diagnosis *ret)
{
	struct gt_diagnose *d = gt_diagnose_new(k);
	struct gt_err e = {0};
	int answer;

	if (!d)
		abort();
	gt_diagnose_feed(d, (const char *)log.p, cut);
	if (cut % 3 == 0)
		(void)!gt_diagnose_judge(d, ret, NULL);
	gt_diagnose_feed(d, (const char *)log.p + cut, log.n - cut);
	gt_diagnose_close(d);
	if (dump.n > 0)
		(void)fuzz_answer(gt_diagnose_dump(d, (const char *)dump.p, dump.n, &e), &e);
	e = (struct gt_err){0};
	answer = fuzz_answer(gt_diagnose_judge(d, ret, &e), &e);
	gt_diagnose_free(d);
	return answer;
}

/* The lines of LOG, the last one first; ended as LOG's are. Freed by the caller. */
static char *turn_over(struct fuzz_in log)
{
	char *out = malloc(log.n + 2), *to = out;
	size_t end = log.n;

	if (!out)
		abort();
	if (end > 0 && log.p[end - 1] == '\n')
		end--;
	while (log.n > 0) {
		const uint8_t *nl = end > 0 ? memrchr(log.p, '\n', end) : NULL;
		size_t from = nl ? (size_t)(nl - log.p) + 1 : 0;

		memcpy(to, log.p + from, end - from);
		to += end - from;
		*to++ = '\n';
		if (!nl)
			break;
		end = from - 1;
	}
	*to = '\0';
	return out;
}

/* A log that is read from its end, in two pieces, is one whose lines are turned over. */
static void check_back(struct fuzz_in log, size_t cut)
{
	_cleanup_free_ char *turned = turn_over(log);
	struct gt_diagnose *back = gt_diagnose_new(NULL), *fore = gt_diagnose_new(NULL);
	struct gt_err e = {0}, f = {0};
	int answer;

	if (!back || !fore)
		abort();
	gt_diagnose_feed_back(back, (const char *)log.p + cut, log.n - cut);
	gt_diagnose_feed_back(back, (const char *)log.p, cut);
	gt_diagnose_close(back);
	gt_diagnose_feed(fore, turned, log.n > 0 ? strlen(turned) : 0);
	gt_diagnose_close(fore);
	answer = gt_diagnose_judge(back, &r, &e);
	/* A journal export is none when its first line comes last; a NUL ends our copy. */
	if (!memmem(log.p, log.n, "__CURSOR=", 9) && !memchr(log.p, '\0', log.n)) {
		HOLDS(gt_diagnose_judge(fore, &whole, &f) == answer);
		HOLDS(answer < 0 ||
		      (r.lines == whole.lines && r.ours == whole.ours &&
		       r.n_process == whole.n_process && r.n_verdict == whole.n_verdict));
	}
	for (uint32_t i = 0; answer == 0 && i < r.n_verdict; i++)
		for (uint32_t k = 0; k < r.verdict[i].n_line; k++)
			HOLDS(r.verdict[i].line[k] >= 1 && r.verdict[i].line[k] <= r.lines);
	gt_diagnose_free(back);
	gt_diagnose_free(fore);
}

static void check_verdict(const struct gt_diag_verdict *v)
{
	HOLDS(v->id < GT_V_COUNT && v->area < GT_VA_COUNT && v->process < (int32_t)r.n_process);
	HOLDS(memchr(v->evidence, '\0', sizeof(v->evidence)) && v->n_line <= GT_EVIDENCE_MAX);
	for (uint32_t i = 0; i < v->n_line; i++)
		HOLDS(v->line[i] >= 1 && v->line[i] <= r.lines);
}

static int any_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx;
	(void)ev;
	(void)e;
	return 0;
}

static void check_writers(void)
{
	struct gt_buf b = {0};

	gt_diagnosis_json(&r, &b);
	HOLDS(gt_json_walk(b.p, b.len, 0, any_event, NULL, NULL, NULL) == 0);
	gt_buf_done(&b);
	for (uint32_t p = 0; p < r.n_process; p++) {
		for (unsigned i = 0; i < GT_PLOT_COUNT; i++)
			if (gt_diagnosis_plot(&r, p, (enum gt_diagnosis_plot)i, &b))
				HOLDS(gt_has_suffix(b.p, "</svg>\n") && !strstr(b.p, "nan"));
		(void)gt_diagnosis_folded(&r, p, &b);
	}
	gt_buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, log, dump;
	struct gt_diagnose_known k = {.gogc = 100};
	uint8_t at = fuzz_byte(&in);
	int answer;

	k.has_gogc = at & 1;
	log = fuzz_file_of(&in);
	dump = fuzz_file_of(&in);
	if (gt_diagnose_cpu_stat((const char *)in.p, in.n, &k) == 0)
		HOLDS(k.has_cpu_stat);
	if (log.n <= BACK_MAX)
		check_back(log, log.n * at / 256);
	answer = judge(log, log.n * at / 256, dump, &k, &r);
	HOLDS(judge(log, log.n, dump, &k, &whole) == answer);
	if (answer < 0)
		return 0;
	HOLDS(memcmp(&r, &whole, sizeof(r)) == 0); /* where it is cut makes no difference */
	HOLDS(r.n_process <= GT_PROCESSES_MAX && r.n_verdict > 0 && r.n_verdict <= GT_VERDICTS_MAX);
	for (uint32_t i = 0; i < r.n_verdict; i++)
		check_verdict(&r.verdict[i]);
	check_writers();
	return 0;
}
