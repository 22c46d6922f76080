/*
 * CDI: a device a profile, so that a container asks for the hook by
 * `--device gotune.io/profile=NAME`, with no wrapper and no restart of an engine.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "job.h"

#define SPEC "/etc/cdi/gotune.json"

/* CDI before 0.5 wants a letter first, and letters, digits and "_-.:" inside (container-device-
 * interface, pkg/parser: ValidateDeviceName). */
static bool is_device_name(const char *s)
{
	static const char letter[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  digit[] = "0123456789";
	size_t len = strlen(s), inside = 0;

	while (s[inside] &&
	       (strchr(letter, s[inside]) || strchr(digit, s[inside]) || strchr("_-.:", s[inside])))
		inside++;
	return len > 0 && inside == len && strchr(letter, s[0]) && !strchr("_-.:", s[len - 1]);
}

static void hook(struct gt_jw *w, const char *stage, const char *path, const char *const *args,
		 unsigned n)
{
	gt_jw_open(w, '{');
	gt_jw_key(w, "hookName");
	gt_jw_str(w, stage);
	gt_jw_key(w, "path");
	gt_jw_str(w, path);
	gt_jw_key(w, "args");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < n; i++)
		gt_jw_str(w, args[i]);
	gt_jw_close(w, ']');
	gt_jw_key(w, "timeout");
	gt_jw_u64(w, GT_HOOK_TIMEOUT_S);
	gt_jw_close(w, '}');
}

/* No env: it would override what the user set. No annotations: CDI has none for containers. */
static void device(struct gt_jw *w, const char *name, const char *path)
{
	const char *const start[] = {"oci-gotune-hook", "--profile", name},
			  *const stop[] = {"oci-gotune-hook", "poststop"};

	gt_jw_open(w, '{');
	gt_jw_key(w, "name");
	gt_jw_str(w, name);
	gt_jw_key(w, "containerEdits");
	gt_jw_open(w, '{');
	gt_jw_key(w, "hooks");
	gt_jw_open(w, '[');
	hook(w, "createRuntime", path, start, GT_ARRAY_LEN(start));
	hook(w, "poststop", path, stop, GT_ARRAY_LEN(stop));
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
	gt_jw_close(w, '}');
}

static void spec(struct gt_engine_job *j, const struct gt_policy *p, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, true);
	gt_jw_open(&w, '{');
	/* The lowest that has all we use: Podman since 3.2 reads it. */
	gt_jw_key(&w, "cdiVersion");
	gt_jw_str(&w, "0.3.0");
	gt_jw_key(&w, "kind");
	gt_jw_str(&w, "gotune.io/profile");
	gt_jw_key(&w, "devices");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < p->n_profile; i++) {
		if (is_device_name(p->profile[i].name))
			device(&w, p->profile[i].name, j->own.hook);
		else if (j->install)
			gt_engine_note(j,
				       "the profile %s has no device: CDI's names are letters, "
				       "digits, '_', '-', '.' and ':', and begin with a letter",
				       p->profile[i].name);
	}
	gt_jw_close(&w, ']');
	gt_jw_close(&w, '}');
	gt_buf_str(out, "\n");
}

static int install(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e)
{
	struct gt_policy policy = {0};
	struct gt_buf out = {0};
	unsigned n = j->n_change;
	int r = gt_read_policy(j->root, NULL, &policy, e);

	if (r == 0) {
		spec(j, &policy, &out);
		r = out.error ? gt_err_set(e, out.error, "out of memory")
			      : gt_change_to(j, f, out.p, out.len, e);
	}
	if (r == 0 && j->n_change > n) {
		gt_engine_note(j, "Docker 25 to 28.1 needs \"features\": {\"cdi\": true} in "
				  "/etc/docker/daemon.json; from 28.2 on it is the default");
		gt_engine_note(j,
			       "Podman (3.2 and later) and CRI-O (1.24 and later) read it at once; "
			       "containerd 1.7 needs enable_cdi = true");
		gt_engine_note(j, "run gotune install cdi again when profiles come or go");
	}
	gt_policy_done(&policy);
	gt_buf_done(&out);
	return r;
}

static int run_cdi(struct gt_engine_job *j, struct gt_err *e)
{
	struct gt_file f;
	int r;

	(void)gt_copy_str(j->path, sizeof(j->path), SPEC); /* fits */
	r = gt_file_read(j->root, SPEC, &f, e);
	if (r == 0 && f.exists)
		gt_hook_path(f.text, f.len, j->target, sizeof(j->target));
	if (r == 0)
		r = j->install ? install(j, &f, e) : gt_change_remove(j, &f, e);
	gt_file_done(&f);
	return r;
}

const struct gt_engine_driver gt_engine_cdi = {
	.name = "cdi",
	.title = "CDI",
	.ways = GT_WAY_BIT(GT_WAY_DEVICE),
	.default_ways = GT_WAY_BIT(GT_WAY_DEVICE),
	.run = run_cdi,
};
