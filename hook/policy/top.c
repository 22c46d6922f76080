/*
 * Reads the keys at the top of a policy. Pure.
 */
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define NOFILE_MAX \
	(1u << 30) /* the kernel's own bound for fs.nr_open, fs/file.c sysctl_nr_open_max */

typedef int take_fn(struct gt_policy_reader *rd, const struct gt_json_event *ev);

static int take_version(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	if (ev->type != GT_JSON_INT || ev->i != 1)
		return gt_policy_fault_at(rd, ev, "must be 1: this program knows no other");
	return 0;
}

static int take_mode(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	if (gt_policy_word(rd, ev, &gt_mode_words, &word)) {
		rd->d->top.mode = (enum gt_mode)word;
		rd->d->top.from.mode = rd->layer;
	}
	return 0;
}

static int take_select(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	if (gt_policy_word(rd, ev, &gt_select_words, &word)) {
		rd->d->top.select = (enum gt_select)word;
		rd->d->top.from.select = rd->layer;
	}
	return 0;
}

static int take_on_error(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	if (gt_policy_word(rd, ev, &gt_on_error_words, &word)) {
		rd->d->top.on_error = (enum gt_on_error)word;
		rd->d->top.from.on_error = rd->layer;
	}
	return 0;
}

static int take_default_profile(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	if (gt_policy_text(rd, ev, p->default_profile, sizeof(p->default_profile))) {
		p->from.default_profile = rd->layer;
		rd->d->default_pos = gt_policy_place(rd, ev);
	}
	return 0;
}

static int take_text(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	char ignored[GT_PATH_CAP]; /* $schema is for editors */

	(void)gt_policy_text(rd, ev, ignored, sizeof(ignored));
	return 0;
}

static int take_object(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	return ev->type == GT_JSON_MAP_START ? 0 : gt_policy_fault_at(rd, ev, "not an object");
}

static int take_array(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	return ev->type == GT_JSON_ARRAY_START ? 0 : gt_policy_fault_at(rd, ev, "not an array");
}

/* A list in a file replaces the list of the files before. */
static int begin_allow(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->d->top.allow = 0;
	rd->d->top.from.allow = rd->layer;
	return take_array(rd, ev);
}

static int take_allow(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	if (gt_policy_word(rd, ev, &gt_key_words, &word))
		rd->d->top.allow |= 1u << word;
	return 0;
}

static int take_nofile_max(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	if (gt_policy_number(rd, ev, 0, NOFILE_MAX, &rd->d->top.nofile_max))
		rd->d->top.from.nofile_max = rd->layer;
	return 0;
}

static int begin_sysctl(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->d->top.n_allow_sysctl = 0;
	rd->d->top.from.allow_sysctl = rd->layer;
	return take_array(rd, ev);
}

static int take_allowed_sysctl(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	if (p->n_allow_sysctl == GT_SYSCTL_MAX)
		return gt_policy_fault_at(rd, ev, "more than %d names", GT_SYSCTL_MAX);
	if (gt_policy_text(rd, ev, p->allow_sysctl[p->n_allow_sysctl], GT_SYSCTL_NAME_CAP))
		p->n_allow_sysctl++;
	return 0;
}

static int begin_godebug(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	(void)gt_copy_str(rd->d->top.godebug_allow, sizeof(rd->d->top.godebug_allow), ",");
	rd->d->top.from.godebug_allow = rd->layer;
	return take_array(rd, ev);
}

static int take_allowed_godebug(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	char *list = rd->d->top.godebug_allow;
	size_t cap = sizeof(rd->d->top.godebug_allow);
	char key[64];

	if (!gt_policy_text(rd, ev, key, sizeof(key)))
		return 0;
	if (!gt_is_plain(key) || strpbrk(key, ",= "))
		return gt_policy_fault_at(rd, ev, "not a GODEBUG key");
	if (strlen(list) + strlen(key) + 2 > cap)
		return gt_policy_fault_at(rd, ev, "too many keys");
	(void)gt_append(list, cap, key); /* it fits, see above */
	(void)gt_append(list, cap, ",");
	return 0;
}

static int begin_runtimes(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->d->top.n_runtimes = 0;
	rd->d->top.from.runtimes = rd->layer;
	return take_array(rd, ev);
}

static int take_runtime(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	if (p->n_runtimes == GT_ARRAY_LEN(p->runtimes))
		return gt_policy_fault_at(rd, ev, "more than %zu runtimes",
					  GT_ARRAY_LEN(p->runtimes));
	if (gt_policy_text(rd, ev, p->runtimes[p->n_runtimes], sizeof(p->runtimes[0])))
		p->n_runtimes++;
	return 0;
}

/* A number of the top, and the byte that says which layer it is from. */
static int take_top_number(struct gt_policy_reader *rd, const struct gt_json_event *ev,
			   uint32_t min, uint32_t max, uint32_t *ret, uint8_t *ret_from)
{
	uint64_t v = 0;

	if (gt_policy_number(rd, ev, min, max, &v)) {
		*ret = (uint32_t)v;
		*ret_from = rd->layer;
	}
	return 0;
}

static int take_follow_seconds(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_number(rd, ev, 0, 3600, &p->follow.seconds, &p->from.follow.seconds);
}

static int take_follow_processes(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_number(rd, ev, 1, 1024, &p->follow.processes, &p->from.follow.processes);
}

static int take_follow_execs(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_number(rd, ev, 1, 4096, &p->follow.execs, &p->from.follow.execs);
}

static int take_barrier_timeout(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_number(rd, ev, 10, 60000, &p->barrier_timeout_ms,
			       &p->from.barrier_timeout_ms);
}

/* An ADDRESS:PORT is read by who listens; a policy may be written on another machine. */
static int take_daemon_listen(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	if (ev->type == GT_JSON_NULL)
		p->daemon.listen[0] = '\0';
	else if (!gt_policy_text(rd, ev, p->daemon.listen, sizeof(p->daemon.listen)))
		return 0;
	p->from.daemon.listen = rd->layer;
	return 0;
}

/* true or false of the top, and the byte that says which layer it is from. */
static int take_top_bool(struct gt_policy_reader *rd, const struct gt_json_event *ev, bool *ret,
			 uint8_t *ret_from)
{
	if (ev->type != GT_JSON_BOOL)
		return gt_policy_fault_at(rd, ev, "not true or false");
	*ret = ev->b;
	*ret_from = rd->layer;
	return 0;
}

static int take_daemon_resize(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_bool(rd, ev, &p->daemon.resize, &p->from.daemon.resize);
}

static int take_daemon_history(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_bool(rd, ev, &p->daemon.history, &p->from.daemon.history);
}

static int take_daemon_learn(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_bool(rd, ev, &p->daemon.learn, &p->from.daemon.learn);
}

static int take_daemon_guard(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_bool(rd, ev, &p->daemon.guard, &p->from.daemon.guard);
}

static int take_daemon_rollback(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_bool(rd, ev, &p->daemon.rollback, &p->from.daemon.rollback);
}

static int take_daemon_containers(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_policy *p = &rd->d->top;

	return take_top_number(rd, ev, 1, 4096, &p->daemon.containers, &p->from.daemon.containers);
}

static int begin_live(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->d->top.live = 0;
	rd->d->top.from.live = rd->layer;
	return take_array(rd, ev);
}

static int take_live(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	if (gt_policy_word(rd, ev, &gt_live_key_words, &word))
		rd->d->top.live |= 1u << word;
	return 0;
}

static const struct top_key {
	const char *path;
	take_fn *take;
} keys[] = {
	{"", take_object},
	{"$schema", take_text},
	{"version", take_version},
	{"mode", take_mode},
	{"select", take_select},
	{"on_error", take_on_error},
	{"default_profile", take_default_profile},
	{"profiles", take_object},
	{"rules", take_array},
	{"annotations", take_object},
	{"annotations/allow", begin_allow},
	{"annotations/allow/*", take_allow},
	{"annotations/nofile_max", take_nofile_max},
	{"annotations/sysctl", begin_sysctl},
	{"annotations/sysctl/*", take_allowed_sysctl},
	{"godebug_allow", begin_godebug},
	{"godebug_allow/*", take_allowed_godebug},
	{"runtimes", begin_runtimes},
	{"runtimes/*", take_runtime},
	{"follow", take_object},
	{"follow/seconds", take_follow_seconds},
	{"follow/processes", take_follow_processes},
	{"follow/execs", take_follow_execs},
	{"barrier_timeout_ms", take_barrier_timeout},
	{"daemon", take_object},
	{"daemon/listen", take_daemon_listen},
	{"daemon/resize", take_daemon_resize},
	{"daemon/history", take_daemon_history},
	{"daemon/learn", take_daemon_learn},
	{"daemon/guard", take_daemon_guard},
	{"daemon/rollback", take_daemon_rollback},
	{"daemon/containers", take_daemon_containers},
	{"live", begin_live},
	{"live/*", take_live},
};

int gt_policy_take_top(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return 0;
	if (ev->depth > 0 && ev->path[ev->depth - 1].repeated)
		return gt_policy_fault_at(rd, ev, "duplicate key");
	for (size_t i = 0; i < GT_ARRAY_LEN(keys); i++) {
		if (gt_json_at(ev, keys[i].path))
			return keys[i].take(rd, ev);
	}
	return gt_policy_fault_at(rd, ev, "no policy has this key");
}
