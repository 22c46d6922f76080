/*
 * The families that tell of one container each, and of all others as one row. Pure.
 */
#include "family.h"
#include "gotune/base.h"
#include "gotune/metrics.h"

#define OTHER "/other" /* no id has a slash */

/* One number of a cgroup: where it is in gt_usage. */
struct number {
	const char *family;
	size_t has, at;
	bool micros;
	int pressure; /* -1, or an enum gt_pressure: then a label */
};
/* NOLINTBEGIN(bugprone-macro-parentheses): names of members */
#define NUMBER(family, has, at, micros)                                                           \
	{                                                                                         \
		family, offsetof(struct gt_usage, has), offsetof(struct gt_usage, at), micros, -1 \
	}
#define PRESSURE(family, at, i)                                          \
	{                                                                \
		family, offsetof(struct gt_usage, has_pressure[i]),      \
			offsetof(struct gt_usage, at[i]), true, (int)(i) \
	}
/* NOLINTEND(bugprone-macro-parentheses) */
static const struct number numbers[] = {
	NUMBER("gotune_container_cpu_periods", has_periods, periods, false),
	NUMBER("gotune_container_cpu_throttled_periods", has_periods, throttled, false),
	NUMBER("gotune_container_cpu_throttled_seconds", has_periods, throttled_us, true),
	NUMBER("gotune_container_memory_bytes", has_memory, memory_bytes, false),
	NUMBER("gotune_container_memory_limit_bytes", has_limit, limit_bytes, false),
	NUMBER("gotune_container_oom_kills", has_oom_kills, oom_kills, false),
	PRESSURE("gotune_container_pressure_waiting_seconds", some_us, GT_PRESSURE_CPU),
	PRESSURE("gotune_container_pressure_waiting_seconds", some_us, GT_PRESSURE_MEMORY),
	PRESSURE("gotune_container_pressure_waiting_seconds", some_us, GT_PRESSURE_IO),
	PRESSURE("gotune_container_pressure_stalled_seconds", full_us, GT_PRESSURE_CPU),
	PRESSURE("gotune_container_pressure_stalled_seconds", full_us, GT_PRESSURE_MEMORY),
	PRESSURE("gotune_container_pressure_stalled_seconds", full_us, GT_PRESSURE_IO),
};

static bool read_number(const struct gt_metrics_container *c, const struct number *n, uint64_t *ret)
{
	const char *base = (const char *)&c->usage;
	bool has;

	memcpy(&has, base + n->has, sizeof(has));
	memcpy(ret, base + n->at, sizeof(*ret));
	return c->has_usage && has;
}

static void write_value(const struct gt_family *f, const struct number *n, const char *id,
			uint64_t v, struct gt_buf *out)
{
	gt_family_open(f, "", out);
	gt_family_label(out, "id", id);
	if (n->pressure >= 0)
		gt_family_label(out, "resource",
				gt_words_get(&gt_pressure_words, (unsigned)n->pressure));
	if (n->micros)
		gt_family_micros(out, v);
	else
		gt_family_u64(out, v);
}

/* A number of all containers, and its sum over those without a row. */
static void write_number(const struct gt_metrics *m, const struct gt_family *f,
			 const struct number *n, struct gt_buf *out)
{
	uint64_t v, other = 0;
	bool any = false;

	for (uint32_t i = 0; i < m->n_container; i++) {
		if (!read_number(m->container[i], n, &v))
			continue;
		if (m->container[i]->own_row) {
			write_value(f, n, m->container[i]->id, v, out);
		} else {
			any = true;
			if (__builtin_add_overflow(other, v, &other))
				other = UINT64_MAX;
		}
	}
	if (any)
		write_value(f, n, OTHER, other, out);
}

static void write_numbers(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(numbers); i++) {
		if (strcmp(numbers[i].family, f->name) == 0)
			write_number(m, f, &numbers[i], out);
	}
}

/* The ones that share "/other" have none: they are no one container. */
static void write_info(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out)
{
	for (uint32_t i = 0; i < m->n_container; i++) {
		const struct gt_metrics_container *c = m->container[i];

		if (!c->own_row)
			continue;
		gt_family_open(f, "", out);
		gt_family_label(out, "id", c->id);
		gt_family_label(out, "image", c->image);
		gt_family_label(out, "engine", c->engine);
		gt_family_label(out, "profile", c->profile);
		gt_family_label(out, "mode", c->mode);
		gt_family_label(out, "go", c->go);
		gt_family_u64(out, 1);
	}
}

const struct gt_family gt_families_usage[] = {
	{"gotune_container_info", GT_FAMILY_GAUGE,
	 "What the record of a container says, as labels; always 1.", write_info},
	{"gotune_container_cpu_periods", GT_FAMILY_COUNTER,
	 "Periods of the CPU quota in which the container ran.", write_numbers},
	{"gotune_container_cpu_throttled_periods", GT_FAMILY_COUNTER,
	 "Periods in which it used up its CPU quota.", write_numbers},
	{"gotune_container_cpu_throttled_seconds", GT_FAMILY_COUNTER,
	 "How long its threads were held because of that.", write_numbers},
	{"gotune_container_memory_bytes", GT_FAMILY_GAUGE,
	 "Memory of its cgroup, page cache included.", write_numbers},
	{"gotune_container_memory_limit_bytes", GT_FAMILY_GAUGE,
	 "Memory limit of its cgroup, where it has one.", write_numbers},
	{"gotune_container_oom_kills", GT_FAMILY_COUNTER,
	 "Processes in it that the kernel killed for want of memory.", write_numbers},
	{"gotune_container_pressure_waiting_seconds", GT_FAMILY_COUNTER,
	 "How long some of its tasks waited for a resource (PSI, some).", write_numbers},
	{"gotune_container_pressure_stalled_seconds", GT_FAMILY_COUNTER,
	 "How long all of its tasks waited for a resource (PSI, full).", write_numbers},
};
const unsigned gt_n_families_usage = GT_ARRAY_LEN(gt_families_usage);
