/*
 * config.json: what the seccomp profile would do to the one prctl that the exec barrier runs inside
 * the program. Pure; runs in the parser worker. Source: runtime-spec, config-linux.md, "Seccomp".
 */
#include "gotune/read_bundle.h"

#define DEPTH_DEFAULT 3 /* linux/seccomp/defaultAction */
#define DEPTH_RULE    4 /* linux/seccomp/syscalls/N */

static bool is(const struct gt_json_event *ev, unsigned depth, const char *key)
{
	const char *have = depth < ev->depth ? ev->path[depth].key : NULL;

	return have && strcmp(have, key) == 0;
}

static bool text_is(const struct gt_json_event *ev, const char *s)
{
	return ev->type == GT_JSON_STRING && ev->len == strlen(s) &&
	       memcmp(ev->text, s, ev->len) == 0;
}

/* An action after which the program goes on. What we do not know is not one of them. */
static bool is_mild(const struct gt_json_event *ev)
{
	return text_is(ev, "SCMP_ACT_ALLOW") || text_is(ev, "SCMP_ACT_LOG") ||
	       text_is(ev, "SCMP_ACT_ERRNO");
}

static void end_of_rule(struct gt_bundle_seccomp *s)
{
	if (s->names_prctl && !s->mild)
		s->kills = true;
	if (s->names_prctl && s->mild && !s->has_args)
		s->covered = true;
	s->names_prctl = s->mild = s->has_args = false;
}

static void take_rule(struct gt_bundle_seccomp *s, const struct gt_json_event *ev)
{
	if (ev->depth == DEPTH_RULE && ev->type == GT_JSON_MAP_END)
		end_of_rule(s);
	else if (is(ev, DEPTH_RULE, "action") && ev->depth == DEPTH_RULE + 1)
		s->mild = is_mild(ev);
	else if (is(ev, DEPTH_RULE, "names") && text_is(ev, "prctl"))
		s->names_prctl = true;
	else if (is(ev, DEPTH_RULE, "args") && ev->depth > DEPTH_RULE + 1)
		s->has_args = true;
}

bool gt_bundle_take_seccomp(struct gt_bundle_reader *rd, const struct gt_json_event *ev)
{
	struct gt_bundle_seccomp *s = &rd->seccomp;

	if (!is(ev, 0, "linux") || !is(ev, 1, "seccomp") ||
	    (ev->depth == 2 && ev->type == GT_JSON_NULL))
		return false;
	if (is(ev, 2, "defaultAction") && ev->depth == DEPTH_DEFAULT)
		s->default_mild = is_mild(ev);
	if (is(ev, 2, "syscalls"))
		take_rule(s, ev);
	rd->b->seccomp_may_kill = s->kills || (!s->default_mild && !s->covered);
	return ev->depth > 2; /* the section itself is a field like others */
}
