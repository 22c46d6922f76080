/*
 * The families that tell of all containers together. Pure.
 */
#include "family.h"
#include "gotune/base.h"
#include "gotune/lessons.h"
#include "gotune/metrics.h"

static void write_build(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	(void)m;
	gt_family_open(f, "", out);
	gt_family_label(out, "version", GT_VERSION);
	gt_family_u64(out, 1);
}

static void write_count(const struct gt_metrics *m, enum gt_counter which,
			const struct gt_family *f, struct gt_buf *out)
{
	if (!m->has_counts)
		return;
	gt_family_open(f, "", out);
	gt_family_u64(out, m->count[which]);
}

static void write_decided(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_count(m, GT_COUNT_DECIDED, f, out);
}

static void write_tuned(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_count(m, GT_COUNT_TUNED, f, out);
}

static void write_failed(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_count(m, GT_COUNT_FAILED, f, out);
}

/* Their bounds in seconds, as Prometheus writes them. */
static void bound_text(uint64_t us, char ret[24])
{
	ret[0] = '\0';
	if (us == UINT64_MAX) {
		(void)gt_append(ret, 24, "+Inf");
		return;
	}
	(void)gt_append_u64(ret, 24, us / 1000000);
	(void)gt_append(ret, 24, ".");
	for (uint64_t unit = 100000, rest = us % 1000000; unit > 0 && (rest > 0 || unit == 100000);
	     unit /= 10) {
		(void)gt_append_u64(ret, 24, rest / unit);
		rest %= unit;
	}
}

static void write_durations(const struct gt_metrics *m, const struct gt_family *f,
			    struct gt_buf *out)
{
	char bound[24];

	if (!m->has_durations)
		return;
	for (unsigned i = 0; i < GT_DURATIONS; i++) {
		bound_text(gt_duration_bound_us[i], bound);
		gt_family_open(f, "_bucket", out);
		gt_family_label(out, "le", bound);
		gt_family_u64(out, m->durations.within[i]);
	}
	gt_family_open(f, "_sum", out);
	gt_family_micros(out, m->durations.sum_us);
	gt_family_open(f, "_count", out);
	gt_family_u64(out, m->durations.within[GT_DURATIONS - 1]);
}

/* ---- groups of containers ---- */

/* One that stands for all of its kind, and how many there are. */
struct group {
	const struct gt_metrics_container *like;
	uint64_t n;
};

static bool is_like(const struct gt_metrics_container *a, const struct gt_metrics_container *b)
{
	return strcmp(a->engine, b->engine) == 0 && strcmp(a->profile, b->profile) == 0 &&
	       strcmp(a->mode, b->mode) == 0;
}

static void add_to_group(struct group *g, unsigned *n, const struct gt_metrics_container *c,
			 uint64_t *ret_other)
{
	for (unsigned i = 0; i < *n; i++) {
		if (is_like(g[i].like, c)) {
			g[i].n++;
			return;
		}
	}
	if (*n < GT_METRICS_GROUPS_MAX)
		g[(*n)++] = (struct group){c, 1};
	else
		++*ret_other;
}

static void write_group(const struct gt_family *f, const char *engine, const char *profile,
			const char *mode, uint64_t n, struct gt_buf *out)
{
	gt_family_open(f, "", out);
	gt_family_label(out, "engine", engine);
	gt_family_label(out, "profile", profile);
	gt_family_label(out, "mode", mode);
	gt_family_u64(out, n);
}

static void write_groups(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	struct group g[GT_METRICS_GROUPS_MAX];
	uint64_t other = 0;
	unsigned n = 0;

	for (uint32_t i = 0; i < m->n_container; i++)
		add_to_group(g, &n, m->container[i], &other);
	for (unsigned i = 0; i < n; i++)
		write_group(f, g[i].like->engine, g[i].like->profile, g[i].like->mode, g[i].n, out);
	if (other > 0)
		write_group(f, "other", "other", "other", other, out);
}

/* ---- settings ---- */

static void write_settings(const struct gt_metrics *m, const struct gt_family *f,
			   struct gt_buf *out)
{
	uint64_t n[GT_VERDICT_COUNT + 1][GT_R_COUNT + 1] = {0};

	for (uint32_t i = 0; i < m->n_container; i++) {
		const struct gt_metrics_container *c = m->container[i];

		for (uint32_t k = 0; k < c->n_setting; k++)
			n[c->setting[k].verdict][c->setting[k].reason]++;
	}
	for (unsigned v = 0; v <= GT_VERDICT_COUNT; v++) {
		for (unsigned r = 0; r <= GT_R_COUNT; r++) {
			if (n[v][r] == 0)
				continue;
			gt_family_open(f, "", out);
			gt_family_label(out, "verdict",
					v < GT_VERDICT_COUNT ? gt_words_get(&gt_verdict_words, v)
							     : "other");
			gt_family_label(out, "reason",
					r < GT_R_COUNT ? gt_words_get(&gt_reason_words, r)
						       : "other");
			gt_family_u64(out, n[v][r]);
		}
	}
}

static void write_number(const struct gt_family *f, uint64_t n, struct gt_buf *out)
{
	gt_family_open(f, "", out);
	gt_family_u64(out, n);
}

static void write_drifted(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_container; i++)
		n += m->container[i]->drifted;
	write_number(f, n, out);
}

static void write_spirals(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_container; i++)
		n += m->container[i]->spiral;
	write_number(f, n, out);
}

/* At most GT_LESSONS_RULES. */
static void write_rolled_back(const struct gt_metrics *m, const struct gt_family *f,
			      struct gt_buf *out)
{
	for (uint32_t i = 0; m->lessons && i < GT_LESSONS_RULES; i++) {
		const struct gt_lesson *l = gt_lessons_at(m->lessons, i);
		char print[24] = "";

		if (!l || l->kind != GT_LESSON_RULE)
			continue;
		(void)gt_append_u64(print, sizeof(print), l->key); /* fits */
		gt_family_open(f, "", out);
		gt_family_label(out, "rule", l->name);
		gt_family_label(out, "print", print);
		gt_family_u64(out, 1);
	}
}

static void write_incomplete(const struct gt_metrics *m, const struct gt_family *f,
			     struct gt_buf *out)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_container; i++)
		n += m->container[i]->incomplete;
	write_number(f, n, out);
}

static void write_unreadable(const struct gt_metrics *m, const struct gt_family *f,
			     struct gt_buf *out)
{
	write_number(f, m->n_unreadable, out);
}

/* ---- how it is ---- */

static void write_health(const struct gt_metrics *m, bool is, const struct gt_family *f,
			 struct gt_buf *out)
{
	if (m->has_health)
		write_number(f, is, out);
}

static void write_ready(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_health(m, m->is_ready, f, out);
}

static void write_off(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_health(m, m->is_off, f, out);
}

static void write_broken(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	write_health(m, m->policy_broken, f, out);
}

static void write_since(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	if (m->has_health && m->policy_since_s > 0)
		write_number(f, (uint64_t)m->policy_since_s, out);
}

/* ---- the daemon itself ---- */

static void write_rss(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	if (m->has_self)
		write_number(f, m->self_rss_bytes, out);
}

static void write_cpu(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	if (!m->has_self)
		return;
	gt_family_open(f, "", out);
	gt_family_micros(out, m->self_cpu_us);
}

static void write_start(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	if (!m->has_self)
		return;
	gt_family_open(f, "", out);
	gt_family_micros(out, (uint64_t)(m->self_start_s * 1e6));
}

const struct gt_family gt_families_fleet[] = {
	{"gotune_build_info", GT_FAMILY_GAUGE, "The version, as a label; always 1.", write_build},
	{"gotune_containers_decided", GT_FAMILY_COUNTER,
	 "Containers that were decided about since boot, whatever became of it.", write_decided},
	{"gotune_containers_tuned", GT_FAMILY_COUNTER,
	 "Containers of which something was to be set, since boot.", write_tuned},
	{"gotune_containers_failed", GT_FAMILY_COUNTER,
	 "Containers with which something failed, since boot.", write_failed},
	{"gotune_decision_duration_seconds", GT_FAMILY_HISTOGRAM,
	 "How long it took to decide on a container, while its start waited.", write_durations},
	{"gotune_containers", GT_FAMILY_GAUGE, "Containers that have a record now.", write_groups},
	{"gotune_settings", GT_FAMILY_GAUGE,
	 "Settings of these containers, by what was decided and why: gotune-reasons(7).",
	 write_settings},
	{"gotune_containers_drifted", GT_FAMILY_GAUGE,
	 "Containers whose limits were changed after the decision.", write_drifted},
	{"gotune_containers_spiraling", GT_FAMILY_GAUGE,
	 "Containers that have been in a death spiral: garbage collection near the limit took their CPU.",
	 write_spirals},
	{"gotune_rule_rolled_back", GT_FAMILY_GAUGE,
	 "Rules whose canaries did worse than the other containers; always 1.", write_rolled_back},
	{"gotune_containers_incomplete", GT_FAMILY_GAUGE,
	 "Containers that did not get all that was decided.", write_incomplete},
	{"gotune_records_unreadable", GT_FAMILY_GAUGE,
	 "Records that could not be read, or were too many.", write_unreadable},
	{"gotune_ready", GT_FAMILY_GAUGE,
	 "1: who decides can do so; gotune-nri is registered at the runtime.", write_ready},
	{"gotune_disabled", GT_FAMILY_GAUGE, "1: the kill switch is on, nothing is tuned.",
	 write_off},
	{"gotune_policy_broken", GT_FAMILY_GAUGE,
	 "1: the policy's files are broken, and the last good ones count.", write_broken},
	{"gotune_policy_loaded_timestamp_seconds", GT_FAMILY_GAUGE,
	 "When the policy that counts was read, in seconds since the epoch.", write_since},
	{"process_resident_memory_bytes", GT_FAMILY_GAUGE,
	 "Resident memory of the process that serves this.", write_rss},
	{"process_cpu_seconds", GT_FAMILY_COUNTER, "CPU time of the process that serves this.",
	 write_cpu},
	{"process_start_time_seconds", GT_FAMILY_GAUGE,
	 "When that process was started, in seconds since the epoch.", write_start},
};
const unsigned gt_n_families_fleet = GT_ARRAY_LEN(gt_families_fleet);
