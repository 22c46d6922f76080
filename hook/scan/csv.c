/*
 * Writes a scan as CSV, as RFC 4180 has it: a line a Go program. Pure but for the buffer's heap.
 */
#include <stdio.h>

#include "internal.h"

static const char header[] = "harms,kind,engine,id,image,name,cgroup,pid,processes,path,go,main,"
			     "ps,ps_from,ps_fit,cpus,quota_us,period_us,gomemlimit,gomemlimit_from,"
			     "nofile_soft,threads,periods,throttled,memory_bytes,memory_max_bytes,"
			     "oom_kills,listen_overflows,profile,would_set,why_gomaxprocs\r\n";

/* A text; a spreadsheet takes one that begins with these for a formula. */
static void add_text(struct gt_buf *b, const char *s)
{
	size_t n;

	gt_buf_str(b, b->len > 0 && b->p[b->len - 1] != '\n' ? "," : "");
	if (!s || !*s)
		return;
	gt_buf_str(b, "\"");
	if (strchr("=+-@\t\r", *s))
		gt_buf_str(b, "'");
	for (; *s;
	     s +=
	     n) { /* up to a quote, which is doubled, or to what would look like a line's end */
		n = strcspn(s, "\"\n\t");
		gt_utf8_add_plain(b, s, n);
		if (s[n])
			gt_buf_str(b, s[n] == '"' ? "\"\"" : " "), n++;
	}
	gt_buf_str(b, "\"");
}

static void add_number(struct gt_buf *b, bool known, uint64_t v)
{
	gt_buf_str(b, ",");
	if (known && v == UINT64_MAX)
		gt_buf_str(b, "unlimited");
	else if (known)
		gt_buf_fmt(b, "%llu", (unsigned long long)v);
}

static void add_known(struct gt_buf *b, const struct gt_scan_number *n)
{
	add_number(b, n->known, n->v);
}

/* Words, separated by spaces. */
static void add_harms(struct gt_buf *b, unsigned harms)
{
	char text[256] = "";

	for (unsigned i = 0; i < GT_HARM_COUNT; i++) {
		if (!(harms >> i & 1))
			continue;
		(void)gt_append(text, sizeof(text), *text ? " " : "");
		(void)gt_append(text, sizeof(text), gt_words_get(&gt_harm_words, i)); /* fits */
	}
	if (*text)
		add_text(b, text);
}

/* "GOMAXPROCS=2 GOMEMLIMIT=460MiB" */
static void add_settings(struct gt_buf *b, const struct gt_scan_program *p)
{
	_cleanup_(gt_buf_done) struct gt_buf set = {0};

	for (uint32_t i = 0; i < p->n_setting; i++) {
		if (p->setting[i].value)
			gt_buf_fmt(&set, "%s%s=%s", set.len ? " " : "", p->setting[i].name,
				   p->setting[i].value);
	}
	add_text(b, set.p);
	for (uint32_t i = 0; i < p->n_setting; i++) {
		if (strcmp(p->setting[i].name, "GOMAXPROCS") == 0) {
			add_text(b, p->setting[i].why);
			return;
		}
	}
	add_text(b, NULL);
}

static void add_program(struct gt_buf *b, const struct gt_scan *s, const struct gt_scan_program *p)
{
	const struct gt_scan_unit *u = &s->unit[p->unit];
	const struct gt_scan_usage *g = &u->usage;

	add_harms(b, p->harms);
	gt_buf_str(b, ",");
	gt_buf_str(b, u->name.kind == GT_UNIT_SERVICE ? "service" : "container");
	add_text(b, gt_words_get(&gt_engine_words, u->name.engine));
	add_text(b, u->name.id);
	add_text(b, u->image);
	add_text(b, u->container_name);
	add_text(b, u->cgroup);
	add_number(b, !s->bundles_only, (uint64_t)p->pid);
	add_number(b, !s->bundles_only, p->processes);
	add_text(b, p->path);
	add_text(b, p->go);
	add_text(b, p->main_path);
	add_number(b, p->ps_from != GT_SCAN_NOT_READABLE, p->ps);
	add_text(b, gt_words_get(&gt_scan_from_words, p->ps_from));
	add_number(b, p->ps_fit > 0, p->ps_fit);
	add_number(b, p->cpus > 0, p->cpus);
	add_number(b, p->period_us > 0, p->quota_us);
	add_number(b, p->period_us > 0, p->period_us);
	add_number(b, p->limit_from != GT_SCAN_NOT_READABLE, p->gomemlimit);
	add_text(b, gt_words_get(&gt_scan_from_words, p->limit_from));
	add_known(b, &p->nofile_soft);
	add_known(b, &p->threads);
	add_known(b, &g->periods);
	add_known(b, &g->throttled);
	add_known(b, &g->memory);
	add_known(b, &g->memory_max);
	add_known(b, &g->oom_kills);
	add_known(b, &g->listen_overflows);
	add_text(b, p->profile);
	add_settings(b, p);
	gt_buf_str(b, "\r\n");
}

void gt_scan_csv(const struct gt_scan *s, struct gt_buf *out)
{
	gt_buf_str(out, header);
	for (uint32_t i = 0; i < s->n_program; i++)
		add_program(out, s, &s->program[i]);
}
