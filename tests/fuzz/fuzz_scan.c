/*
 * What gotune scan reads of a process, separated by lines of "%%": its environment, its cgroup's
 * path, proc/PID/cgroup, proc/PID/net/netstat. The first byte says where the environment is cut.
 */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/scan.h"

static bool same_var(const struct gt_env_var *a, const struct gt_env_var *b)
{
	return a->present == b->present && a->count == b->count && a->too_long == b->too_long &&
	       strcmp(a->value, b->value) == 0;
}

/* The first entry of NAME in TEXT; what follows the last NUL is none yet. */
static const char *first_of(struct fuzz_in text, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	while (text.n > 0 && memchr(text.p, '\0', text.n)) {
		struct fuzz_in entry = fuzz_until(&text, '\0');

		if (entry.n > n && memcmp(entry.p, name, n) == 0 && entry.p[n] == '=') {
			*ret_len = entry.n - n - 1;
			return (const char *)entry.p + n + 1;
		}
	}
	return NULL;
}

/* Where it is cut makes no difference, and the first of each name counts. */
static void check_env(struct fuzz_in text, size_t cut)
{
	struct gt_scan_env whole = {0}, pieces = {0};

	cut = cut < text.n ? cut : text.n;
	gt_scan_env_feed(&whole, (const char *)text.p, text.n);
	gt_scan_env_feed(&pieces, (const char *)text.p, cut);
	gt_scan_env_feed(&pieces, (const char *)text.p + cut, text.n - cut);
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		const struct gt_env_var *var = &whole.var[v];
		size_t len = 0;
		const char *want = first_of(text, gt_var_name[v], &len);

		HOLDS(same_var(var, &pieces.var[v]) && gt_env_var_valid(var));
		HOLDS(var->present == (want != NULL));
		HOLDS(!want || var->too_long ||
		      (strlen(var->value) == len && memcmp(var->value, want, len) == 0));
	}
}

/* The name is a piece of the path, and whole components of it are the unit's. */
static void check_unit(const char *cgroup)
{
	struct gt_unit_name u;

	gt_scan_unit_name(cgroup, &u);
	HOLDS(u.kind <= GT_UNIT_SERVICE && memchr(u.id, '\0', sizeof(u.id)));
	HOLDS((u.kind == GT_UNIT_NONE) == (u.id[0] == '\0'));
	HOLDS(u.len <= strlen(cgroup) && (u.len > 0) == (u.kind != GT_UNIT_NONE));
	HOLDS(u.kind == GT_UNIT_NONE || cgroup[u.len] == '/' || cgroup[u.len] == '\0');
	HOLDS(u.kind != GT_UNIT_CONTAINER || gt_id_ok(u.id));
	HOLDS(strstr(cgroup, u.id));
}

static bool is_end_of_line(const char *text, const char *path)
{
	size_t n = strlen(path);

	for (const char *at = text; (at = strstr(at, path)); at++) {
		if (at[n] == '\n' || at[n] == '\0')
			return true;
	}
	return false;
}

static void check_path(const char *text)
{
	char path[GT_PATH_CAP] = "untouched";

	if (!gt_scan_cgroup_path(text, path)) {
		HOLDS(strcmp(path, "untouched") == 0);
		return;
	}
	HOLDS(path[0] == '/' && !strchr(path, '\n') && is_end_of_line(text, path));
}

static void check_overflows(const char *text)
{
	struct gt_scan_number n = {.known = true, .v = 7};

	gt_scan_listen_overflows(text, &n);
	HOLDS(n.known || n.v == 7);
	HOLDS(!n.known || strstr(text, "ListenOverflows") || n.v == 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, part;
	size_t cut = fuzz_byte(&in);
	char text[12288];

	if (size == 0)
		return 0;
	check_env(fuzz_file_of(&in), cut);
	part = fuzz_file_of(&in);
	if (gt_copy(text, sizeof(text), (const char *)part.p, part.n))
		check_unit(text);
	part = fuzz_file_of(&in);
	if (gt_copy(text, sizeof(text), (const char *)part.p, part.n))
		check_path(text);
	if (gt_copy(text, sizeof(text), (const char *)in.p, in.n))
		check_overflows(text);
	return 0;
}
