/*
 * config.json: does the seccomp profile let the one prctl through that the exec barrier runs inside
 * the program? Pure; runs in the parser worker. Source: runtime-spec, config-linux.md, "Seccomp".
 *
 * "Yes" only where no rule could answer otherwise: a profile that kills, traps, notifies or returns
 * an error for some prctl, whatever its arguments, is left alone.
 */
#include "bundle.h"
#include "gotune/base.h"

#define DEPTH_DEFAULT 3 /* linux/seccomp/defaultAction */
#define DEPTH_RULE    4 /* linux/seccomp/syscalls/N */

static bool is_key(const struct gt_json_event *ev, unsigned depth, const char *key)
{
	const char *have = depth < ev->depth ? ev->path[depth].key : NULL;

	return have && strcmp(have, key) == 0;
}

static bool text_is(const struct gt_json_event *ev, const char *s)
{
	return ev->type == GT_JSON_STRING && ev->len == strlen(s) &&
	       memcmp(ev->text, s, ev->len) == 0;
}

/* An action that carries the call out. One that we do not know is not among them. */
static bool carries_out(const struct gt_json_event *ev)
{
	return text_is(ev, "SCMP_ACT_ALLOW") || text_is(ev, "SCMP_ACT_LOG");
}

static void end_rule(struct gt_bundle_seccomp *s)
{
	if (s->names_prctl && !s->action_allows)
		s->denied = true;
	if (s->names_prctl && s->action_allows && !s->has_args)
		s->allowed = true;
	s->names_prctl = s->action_allows = s->has_args = false;
}

static void take_rule(struct gt_bundle_seccomp *s, const struct gt_json_event *ev)
{
	if (ev->depth == DEPTH_RULE && ev->type == GT_JSON_MAP_END)
		end_rule(s);
	else if (is_key(ev, DEPTH_RULE, "action") && ev->depth == DEPTH_RULE + 1)
		s->action_allows = carries_out(ev);
	else if (is_key(ev, DEPTH_RULE, "names") && text_is(ev, "prctl"))
		s->names_prctl = true;
	else if (is_key(ev, DEPTH_RULE, "args") && ev->depth > DEPTH_RULE + 1)
		s->has_args = true;
}

bool gt_bundle_take_seccomp(struct gt_bundle_reader *rd, const struct gt_json_event *ev)
{
	struct gt_bundle_seccomp *s = &rd->seccomp;

	if (!is_key(ev, 0, "linux") || !is_key(ev, 1, "seccomp") ||
	    (ev->depth == 2 && ev->type == GT_JSON_NULL))
		return false;
	if (is_key(ev, 2, "defaultAction") && ev->depth == DEPTH_DEFAULT)
		s->default_allows = carries_out(ev);
	if (is_key(ev, 2, "syscalls"))
		take_rule(s, ev);
	rd->b->prctl_allowed = !s->denied && (s->default_allows || s->allowed);
	return ev->depth > 2; /* the section itself is a field like others */
}
