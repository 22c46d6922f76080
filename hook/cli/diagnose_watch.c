/*
 * gotune diagnose --watch: what a container's log shows so far, which profile would show more, and
 * how to start it so with its engine. Nothing is changed: GODEBUG is read once, when a program
 * starts. Pure.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diagnose.h"

/* What its lines and its cgroup have shown. */
struct seen {
	bool collector, scheduler, detail, http2, throttled, untold, in_collector;
};

static bool is_bad(const struct gt_diag_verdict *v)
{
	return gt_diag_texts[v->id].level >= GT_VL_WARN;
}

static struct seen see(const struct gt_diagnosis *r)
{
	struct seen s = {.http2 = r->h2.lines > 0};

	for (uint32_t i = 0; i < r->n_process; i++) {
		s.collector |= r->process[i].cycles > 0;
		s.scheduler |= r->process[i].sched_lines > 0;
		s.detail |= r->process[i].has_detail;
	}
	for (uint32_t i = 0; i < r->n_verdict; i++) {
		const struct gt_diag_verdict *v = &r->verdict[i];

		s.throttled |= v->id == GT_V_THROTTLED;
		s.untold |= v->id == GT_V_CANNOT_BE_TOLD;
		s.in_collector |= is_bad(v) && v->area == GT_VA_GC;
	}
	return s;
}

/* Why the profile would help; NULL: it would not. */
static const char *why_collector(const struct seen *s)
{
	return s->collector ? NULL : "nothing of its collector is in the log";
}

static const char *why_scheduler(const struct seen *s)
{
	if (s->detail)
		return NULL;
	if (s->untold)
		return "its version's lines of schedtrace cannot tell: scheddetail=1 can";
	if (s->in_collector || (s->throttled && !s->scheduler))
		return NULL; /* something else is wrong, and comes first */
	if (s->scheduler)
		return NULL;
	return s->collector ? "its collector's lines name no fault"
			    : "nothing of its scheduler is in the log";
}

static const struct {
	const char *profile, *shows;
	const char *(*why)(const struct seen *s);
} wishes[] = {
	{"diagnose", "the collector: a line a collection (gctrace=1)", why_collector},
	{"diagnose-scheduler",
	 "the scheduler: a block of lines each second (schedtrace=1000,scheddetail=1); long with many "
	 "goroutines",
	 why_scheduler},
};
static const struct {
	const char *engine, *before, *after; /* the profile's name stands between */
} starts[] = {
	{"docker", "docker run --annotation io.gotune.profile=", " IMAGE"},
	{"podman", "podman run --annotation io.gotune.profile=", " IMAGE"},
	{"CRI", "annotations: {io.gotune.profile: ", "} in the pod's template, then a rollout"},
};

static void put_log(struct gt_cli_out *out, const struct gt_diagnosis *r, const struct seen *s)
{
	char text[256];

	if (r->ours == 0) {
		gt_cli_field(out, "log", GT_STYLE_PLAIN, "nothing of Go's runtime is in it");
		return;
	}
	(void)snprintf(text, sizeof(text), "%" PRIu64 " lines, %" PRIu64 " of the runtime%s%s%s%s",
		       r->lines, r->ours, s->collector ? ", its collector" : "",
		       s->scheduler ? ", its scheduler" : "", s->detail ? " in detail" : "",
		       s->http2 ? ", http2" : ""); /* fits */
	gt_cli_field(out, "log", GT_STYLE_PLAIN, text);
	for (uint32_t i = 0; i < r->n_verdict; i++) {
		const struct gt_diag_verdict *v = &r->verdict[i];

		if (!is_bad(v))
			continue;
		(void)snprintf(text, sizeof(text), "%s: %.200s", gt_diag_texts[v->id].word,
			       v->evidence); /* cut: for reading */
		gt_cli_field(out, "found", GT_STYLE_BAD, text);
	}
}

/* "docker run --annotation io.gotune.profile=diagnose IMAGE" */
static void put_start(struct gt_cli_out *out, const char *engine, const char *profile)
{
	char text[256];

	for (unsigned k = 0; k < GT_ARRAY_LEN(starts); k++) {
		if (strcmp(engine, starts[k].engine) != 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s%s%s", starts[k].before, profile,
			       starts[k].after); /* fits */
		gt_cli_field(out, "start it", GT_STYLE_PLAIN, text);
	}
}

static unsigned put_wishes(struct gt_cli_out *out, const char *engine, const struct seen *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < GT_ARRAY_LEN(wishes); i++) {
		const char *why = wishes[i].why(s);

		if (!why)
			continue;
		n++;
		gt_buf_str(&out->buf, "\n");
		gt_cli_field(out, "profile", GT_STYLE_BOLD, wishes[i].profile);
		gt_cli_field(out, "because", GT_STYLE_PLAIN, why);
		gt_cli_field(out, "shows", GT_STYLE_PLAIN, wishes[i].shows);
		put_start(out, engine, wishes[i].profile);
	}
	return n;
}

/* What comes before any profile. */
static void put_hints(struct gt_cli_out *out, const struct gt_log_found *f, const struct seen *s)
{
	if (s->throttled)
		gt_cli_para(
			out, 0, GT_STYLE_WARN,
			"It is throttled, which its cgroup proves without any profile: look at its CPU "
			"quota first.");
	if (f->known.asyncpreemptoff == GT_YES)
		gt_cli_para(
			out, 0, GT_STYLE_WARN,
			"It runs with asyncpreemptoff=1: a loop without calls stops everything. Remove that "
			"first.");
}

void gt_diagnose_watch(struct gt_cli_out *out, const struct gt_log_found *f, const char *name,
		       const struct gt_diagnosis *r)
{
	struct seen s = see(r);
	char text[512];
	unsigned n;

	(void)snprintf(text, sizeof(text), "%.100s (%s)", name, f->engine); /* cut: for reading */
	gt_cli_field(out, "container", GT_STYLE_BOLD, text);
	gt_cli_field(out, "go", GT_STYLE_PLAIN,
		     f->known.go[0] ? f->known.go : "not known: there is no record of it");
	put_log(out, r, &s);
	n = put_wishes(out, f->engine, &s);
	gt_buf_str(&out->buf, "\n");
	put_hints(out, f, &s);
	if (n == 0)
		gt_cli_para(out, 0, GT_STYLE_PLAIN,
			    "It needs no other profile: its log says what it can.");
	else
		gt_cli_para(
			out, 0, GT_STYLE_PLAIN,
			"A running program cannot be switched: GODEBUG is read when it starts. These "
			"profiles print to standard error: a program whose standard error is read by a "
			"machine may break.");
	if (!s.http2)
		gt_cli_para(
			out, 0, GT_STYLE_PLAIN,
			"HTTP/2: set io.gotune.godebug=http2debug=1, but header values and bodies then are "
			"in the log.");
	(void)snprintf(text, sizeof(text), "Then: gotune diagnose --follow %.100s", name); /* cut */
	gt_cli_para(out, 0, GT_STYLE_BOLD, text);
}
