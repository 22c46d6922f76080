/*
 * dockerd's arguments: default-runtime both there and in daemon.json keeps dockerd from starting,
 * and another file than daemon.json may be named. Reads units, files of variables and /proc.
 */
#include "docker.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "own.h"
#include "unit.h"

int gt_docker_words(const struct gt_engine_job *j, struct gt_strv *ret)
{
	/* Of Debian's script and of Red Hat's and Amazon's unit: asked also where no unit names
	 * them.
	 */
	static const char *const variables[] = {"/etc/default/docker", "/etc/sysconfig/docker"};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(variables); i++)
		r = gt_variables_words(j->root, variables[i], ret);
	if (r == 0)
		r = gt_unit_words(j->root, "docker.service", ret);
	if (r == 0 && !j->dir)
		gt_process_words("dockerd", ret);
	return r;
}

/* Once: the unit says the same as the process that was started from it. */
static void note_runtimes(struct gt_engine_job *j, const char *where)
{
	if (j->notes.p && strstr(j->notes.p, "--add-runtime"))
		return;
	gt_engine_note(
		j,
		"dockerd also gets runtimes as arguments (%s has --add-runtime). Since Docker "
		"18.09 they are merged with those of daemon.json; an older one does not start "
		"with both: gotune uninstall docker, and add --add-runtime=gotune=%s there",
		where, j->own.runtime);
}

/*
 * Of the two directives only default-runtime is refused in both places; runtimes are merged (moby,
 * daemon/config: skipDuplicates; ran on 20.10.24).
 */
int gt_docker_check_flags(struct gt_engine_job *j, const struct gt_strv *words, struct gt_err *e)
{
	struct gt_flag f = {0};

	while (gt_words_next_flag(words, "--add-runtime", NULL, &f)) {
		if (gt_has_prefix(f.value, "gotune="))
			return gt_err_set(
				e, -EBUSY,
				"dockerd gets the runtime gotune as an argument (%s has "
				"--add-runtime): it is registered there, or take it out there first",
				f.where);
		note_runtimes(j, f.where);
	}
	f = (struct gt_flag){0};
	if (j->make_default && gt_words_next_flag(words, "--default-runtime", NULL, &f))
		return gt_err_set(
			e, -EBUSY,
			"dockerd gets its default runtime as an argument (%s has "
			"--default-runtime) and would not start with \"default-runtime\" in "
			"daemon.json as well: write --default-runtime=gotune there, and install "
			"without --default",
			f.where);
	return 0;
}

int gt_docker_check_left(const struct gt_strv *words, struct gt_err *e)
{
	struct gt_flag def, f = {0};

	if (!gt_words_last_flag(words, "--default-runtime", NULL, &def) ||
	    strcmp(def.value, "gotune") != 0)
		return 0;
	while (gt_words_next_flag(words, "--add-runtime", NULL, &f)) {
		if (gt_has_prefix(f.value, "gotune="))
			return 0;
	}
	return gt_err_set(
		e, -EBUSY,
		"dockerd gets --default-runtime=gotune as an argument (%s has it) and would "
		"not start without that runtime: take it out there, then run this again",
		def.where);
}

void gt_docker_flags_state(struct gt_engine_job *j, const struct gt_strv *words)
{
	struct gt_flag f = {0};

	while (gt_words_next_flag(words, "--add-runtime", NULL, &f)) {
		if (gt_word_names_us(f.value) && !j->install)
			gt_engine_still_names_us(j, f.where);
	}
	if (gt_words_last_flag(words, "--default-runtime", NULL, &f))
		j->is_default = strcmp(f.value, "gotune") == 0;
}
