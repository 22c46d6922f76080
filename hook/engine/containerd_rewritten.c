/*
 * A config.toml that another tool has parsed and written anew: our comments are gone, the handler
 * is not. Its tables are taken out by their headers. Pure but for the heap.
 */
#include "containerd.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "json.h"

#define NAME "gotune"

static const char *const plugins[] = {GT_CRI_V2, GT_CRI_V3};

static bool has(const struct gt_buf *json, const char *const *path, unsigned n)
{
	struct gt_json_spot spot = {0};

	return gt_json_find(json->p, json->len, path, n, &spot, NULL) == 0 && spot.found;
}

/* What of the tree is ours, in the section of one plugin. */
struct ours {
	const char *handler[5], *program[7], *def[4];
	bool has_handler, is_default;
};

static struct ours look(const struct gt_buf *json, const char *plugin)
{
	struct ours o = {.handler = {"plugins", plugin, "containerd", "runtimes", NAME},
			 .program = {"plugins", plugin, "containerd", "runtimes", NAME, "options",
				     "BinaryName"},
			 .def = {"plugins", plugin, "containerd", "default_runtime_name"}};
	char text[GT_PATH_CAP];
	bool foreign;

	gt_toml_string(json, o.program, 7, text, sizeof(text));
	o.has_handler = gt_is_our_runtime(text);
	foreign = !o.has_handler && has(json, o.handler, 5);
	gt_toml_string(json, o.def, 4, text, sizeof(text));
	o.is_default = !foreign && strcmp(text, NAME) == 0;
	return o;
}

/* Is LINE the header of a table at or below PATH? Unknown: it is none of a table. */
static enum gt_tri is_header_of(const char *line, size_t len, const char *const *path, unsigned n)
{
	struct gt_buf json = {0};
	struct gt_err ignored;
	enum gt_tri is = GT_UNKNOWN;

	if (len > 0 && line[strspn(line, " \t")] == '[' &&
	    gt_toml_to_json(line, len, &json, &ignored) == 0)
		is = has(&json, path, n) ? GT_YES : GT_NO;
	gt_buf_done(&json);
	return is;
}

static void drop_tables(const char *text, size_t len, const char *const *path, unsigned n,
			struct gt_buf *out)
{
	bool ours = false;

	for (size_t i = 0; text && i < len;) {
		const char *nl = memchr(text + i, '\n', len - i);
		size_t k = nl ? (size_t)(nl - text) + 1 - i : len - i;
		enum gt_tri header = is_header_of(text + i, k, path, n);

		if (header != GT_UNKNOWN)
			ours = header == GT_YES;
		if (!ours || text[i + strspn(text + i, " \t")] == '#')
			gt_buf_add(out, text + i, k);
		i += k;
	}
}

/* The text of BACKUP's default, if the tree still has it; a NUL-terminated string or NULL. */
static char *old_default(const struct gt_buf *json, const struct ours *o, const char *backup,
			 size_t len)
{
	struct gt_buf old = {0};
	struct gt_err ignored;
	char name[256] = "";
	const char *const table[] = {o->def[0], o->def[1], o->def[2], "runtimes", name};
	char *value = NULL;

	if (backup && gt_toml_to_json(backup, len, &old, &ignored) == 0)
		gt_toml_string(&old, o->def, 4, name, sizeof(name));
	gt_buf_done(&old);
	if (name[0] && strcmp(name, NAME) != 0 &&
	    (has(json, table, 5) || strcmp(name, "runc") == 0)) {
		struct gt_buf quoted = {0};

		gt_toml_quote(&quoted, name);
		value = quoted.p;
	}
	return value;
}

/* TEXT with VALUE as its default; NULL: without the line that has one. */
static int set_default(const struct gt_buf *text, const struct ours *o, const char *value,
		       struct gt_buf *out, struct gt_err *e)
{
	struct gt_toml_region at;
	size_t begin, end;
	int r = gt_toml_find(text->p ? text->p : "", text->len, o->def, 4, &at, e);

	if (r < 0 || !at.found || !text->p)
		return r < 0 ? r : -EBADMSG;
	begin = at.begin;
	end = at.end;
	if (!value) {
		const char *nl = memchr(text->p + end, '\n', text->len - end);

		while (begin > 0 && text->p[begin - 1] != '\n')
			begin--;
		end = nl ? (size_t)(nl - text->p) + 1 : text->len;
	}
	gt_buf_add(out, text->p, begin);
	gt_buf_str(out, value ? value : "");
	gt_buf_add(out, text->p + end, text->len - end);
	return out->error;
}

/* Is the tree of TEXT that of BEFORE without ours, and the default VALUE (NULL: none)? */
static int check(const struct gt_buf *text, const struct gt_buf *before, const struct ours *o,
		 const char *value, struct gt_err *e)
{
	struct gt_buf now = {0}, want = {0};
	int r = gt_toml_to_json(text->p ? text->p : "", text->len, &now, e);

	gt_buf_add(&want, before->p, before->len);
	if (r == 0 && o->has_handler)
		r = gt_containerd_drop(&want, &now, o->handler, 5, e);
	if (r == 0 && o->is_default && !value)
		r = gt_containerd_drop(&want, &now, o->def, 4, e);
	if (r == 0 && o->is_default && value) {
		struct gt_buf with = {0};

		r = gt_json_put(want.p, want.len, o->def, 4, value, &with, e);
		gt_buf_done(&want);
		want = with;
	}
	if (r == 0 && !gt_buf_is(&want, now.p, now.len))
		r = -EBADMSG;
	gt_buf_done(&now);
	gt_buf_done(&want);
	return r;
}

static int take_out(struct gt_buf *text, const struct gt_buf *json, const struct ours *o,
		    const char *backup, size_t backup_len, struct gt_err *e)
{
	_cleanup_free_ char *value =
		o->is_default ? old_default(json, o, backup, backup_len) : NULL;
	struct gt_buf a = {0}, b = {0};
	int r = 0;

	if (o->has_handler)
		drop_tables(text->p, text->len, o->handler, 5, &a);
	else
		gt_buf_add(&a, text->p, text->len);
	if (o->is_default)
		r = set_default(&a, o, value, &b, e);
	else
		gt_buf_add(&b, a.p ? a.p : "", a.len);
	if (r == 0)
		r = a.error ? a.error : check(&b, json, o, value, e);
	gt_buf_done(&a);
	if (r < 0) {
		gt_buf_done(&b);
		return r == -ENOMEM
			       ? r
			       : gt_err_set(e, -EBADMSG,
					    "the handler gotune is here in a form that cannot "
					    "be taken out safely: take runtimes.gotune out by "
					    "hand, and give default_runtime_name another value");
	}
	gt_buf_done(text);
	*text = b;
	return 0;
}

int gt_containerd_take_out(const char *text, size_t len, const char *backup, size_t backup_len,
			   struct gt_buf *out, struct gt_err *e)
{
	struct gt_buf now = {0};
	int r = 0;

	gt_buf_add(&now, text, len);
	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(plugins); i++) {
		struct gt_buf json = {0};
		struct ours o;

		r = gt_toml_to_json(now.p ? now.p : "", now.len, &json, e);
		if (r == 0) {
			o = look(&json, plugins[i]);
			if (o.has_handler || o.is_default)
				r = take_out(&now, &json, &o, backup, backup_len, e);
		}
		gt_buf_done(&json);
	}
	if (r == 0)
		gt_buf_add(out, now.p ? now.p : "", now.len);
	gt_buf_done(&now);
	return r < 0 ? r : out->error;
}
