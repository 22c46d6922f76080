/*
 * Our own programs in an engine's files, and the runtime that ours runs. Reads the policy, and
 * looks for programs, below the root.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/runtime.h"
#include "own.h"

bool gt_word_names_us(const char *word)
{
	static const char *const ours[] = {"gotune-runtime", "oci-gotune-hook"};
	const char *name = gt_basename(word);

	for (unsigned i = 0; i < GT_ARRAY_LEN(ours); i++) {
		if (strcmp(name, ours[i]) == 0)
			return true;
	}
	return false;
}

bool gt_is_sandbox(const char *program)
{
	static const char *const sign[] = {"kata", "runsc", "gvisor", "krun", "firecracker"};
	const char *name = gt_basename(program);

	for (unsigned i = 0; i < GT_ARRAY_LEN(sign); i++) {
		if (strstr(name, sign[i]))
			return true;
	}
	return false;
}

static int on_string(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	char text[GT_PATH_CAP];

	(void)e;
	if (ev->type == GT_JSON_STRING && gt_copy(text, sizeof(text), ev->text, ev->len) &&
	    gt_word_names_us(text))
		*(bool *)ctx = true;
	return 0;
}

bool gt_json_names_us(const char *json, size_t len)
{
	bool found = false;
	struct gt_err ignored; /* what cannot be read is reported by who reads it */

	if (gt_json_walk(json, len, 0, on_string, &found, NULL, &ignored) < 0)
		return false;
	return found;
}

void gt_engine_still_names_us(struct gt_engine_job *j, const char *file)
{
	if (j->left_in[0])
		return;
	gt_copy_cut(j->left_in, file);
	if (!j->probe)
		gt_engine_note(j,
			       "%s still names a program of gotune, and gotune install did not "
			       "write that: take it out there",
			       file);
}

/* Is there a program of that name where gotune-runtime looks? */
static bool is_there(int root, const char *name)
{
	char path[GT_PATH_CAP];

	for (unsigned i = 0; i < gt_n_runtime_dirs; i++) {
		bool absolute = gt_runtime_dirs[i][0] == '\0';

		if (absolute == (name[0] == '/') &&
		    gt_copy_str(path, sizeof(path), gt_runtime_dirs[i]) &&
		    gt_append(path, sizeof(path), name) && gt_path_exists(root, path))
			return true;
	}
	return false;
}

/* The first of the policy's runtimes that is there; of those that are not, the first. */
static void first_runtime(const struct gt_engine_job *j, char *ret, size_t cap)
{
	struct gt_policy policy = {0};
	struct gt_err ignored; /* gotune policy check says what is wrong with it */
	bool found = false;

	(void)gt_copy_str(ret, cap, "runc");
	if (gt_read_policy(j->root, NULL, &policy, &ignored) == 0) {
		for (uint32_t i = 0; !found && i < policy.n_runtimes; i++) {
			found = is_there(j->root, policy.runtimes[i]);
			if (found || i == 0)
				(void)gt_copy_str(ret, cap, policy.runtimes[i]);
		}
	}
	gt_policy_done(&policy);
}

void gt_engine_note_real(struct gt_engine_job *j, const char *name, const char *program)
{
	const char *was = gt_basename(program[0] ? program : name);
	char first[256];

	if (was[0] == '\0' || j->probe || gt_word_names_us(was) || strcmp(was, "gotune") == 0)
		return;
	first_runtime(j, first, sizeof(first));
	if (strcmp(gt_basename(first), was) == 0)
		return;
	gt_engine_note(j,
		       "the default runtime was %.64s, which runs %.200s: gotune-runtime runs what "
		       "\"runtimes\" of the policy names first, here %.64s; if %.64s is to stay, "
		       "name it first there: \"runtimes\": [\"%.200s\"]",
		       name, program[0] ? program : name, gt_basename(first), was,
		       program[0] ? program : name);
}
