/*
 * containerd's config.toml as text: a block at the end, and one value in place. Both can be taken
 * out again to the byte, also when others have changed the rest. Pure but for the heap.
 */
#include "containerd.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "json.h"

#define NAME  "gotune"
#define BEGIN "# >>> gotune install containerd; gotune uninstall containerd takes this block out\n"
#define BEGIN_NOEOL \
	"# >>> gotune install containerd (the line before had no end); uninstall takes this block out\n"
#define END "# <<< gotune install containerd\n"
/* The edit of default_runtime_name, on one line. */
#define VALUE	 "\"" NAME "\""
#define WAS	 VALUE " # was "
#define WAS_END	 " (gotune install)"
#define NEW_LINE "default_runtime_name = " VALUE " #" WAS_END "\n"

static const char *find(const char *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what));
}

/* One line without our edit of the default. */
static void strip_line(const char *line, size_t len, struct gt_buf *out)
{
	size_t indent = strspn(line, " \t");
	const char *was = find(line, len, WAS), *old, *end;

	if (len == indent + strlen(NEW_LINE) && memcmp(line + indent, NEW_LINE, len - indent) == 0)
		return;
	old = was ? was + strlen(WAS) : NULL;
	end = old ? find(old, len - (size_t)(old - line), WAS_END) : NULL;
	if (!end) {
		gt_buf_add(out, line, len);
		return;
	}
	gt_buf_add(out, line, (size_t)(was - line));
	gt_buf_add(out, old, (size_t)(end - old));
	end += strlen(WAS_END);
	gt_buf_add(out, end, len - (size_t)(end - line));
}

static void strip_lines(const char *text, size_t len, struct gt_buf *out)
{
	for (size_t i = 0; i < len;) {
		const char *nl = memchr(text + i, '\n', len - i);
		size_t n = nl ? (size_t)(nl - text) + 1 - i : len - i;

		strip_line(text + i, n, out);
		i += n;
	}
}

int gt_containerd_strip(const char *text, size_t len, struct gt_buf *out, struct gt_err *e)
{
	const char *begin = find(text, len, BEGIN), *noeol = find(text, len, BEGIN_NOEOL);
	const char *from = begin ? begin : noeol;
	const char *to = find(text, len, END);
	size_t before;

	if (!from != !to || (to && to < from))
		return gt_err_set(e, -EBADMSG,
				  "our block has lost its begin or its end: take it out by hand, "
				  "from \"# >>> gotune\" to \"# <<< gotune\"");
	before = from ? (size_t)(from - text) : len;
	if (noeol && from == noeol && before > 0)
		before--; /* the newline that we gave to the line before */
	strip_lines(text, before, out);
	if (to) {
		to += strlen(END);
		strip_lines(to, len - (size_t)(to - text), out);
	}
	return out->error;
}

int gt_containerd_drop(struct gt_buf *json, const struct gt_buf *base, const char *const *path,
		       unsigned n, struct gt_err *e)
{
	for (; n > 0; n--) {
		struct gt_json_spot now = {0}, old = {0};
		struct gt_buf out = {0};
		int r = gt_json_drop(json->p, json->len, path, n, &out, e);

		gt_buf_done(json);
		*json = out;
		if (r == 0 && n > 1)
			r = gt_json_find(json->p, json->len, path, n - 1, &now, e);
		if (r == 0 && n > 1)
			r = gt_json_find(base->p, base->len, path, n - 1, &old, e);
		if (r < 0 || n == 1 || !now.found || now.n_children > 0 || old.found)
			return r;
	}
	return 0;
}

/* Gives JSON the default that BASE has. */
static int reset_default(struct gt_buf *json, const struct gt_buf *base, const char *const *path,
			 struct gt_err *e)
{
	struct gt_json_spot old;
	struct gt_buf out = {0};
	char *value;
	int r = gt_json_find(base->p, base->len, path, 4, &old, e);

	if (r < 0 || !old.found)
		return r < 0 ? r : gt_containerd_drop(json, base, path, 4, e);
	value = strndup(base->p + old.begin, old.end - old.begin);
	r = value ? gt_json_put(json->p, json->len, path, 4, value, &out, e) : -ENOMEM;
	free(value);
	gt_buf_done(json);
	*json = out;
	return r;
}

/* Is the tree of TEXT that of BASE and ours, no more and no less? */
static int check_tree(const struct gt_buf *text, const struct gt_buf *base,
		      const struct gt_containerd_want *w, struct gt_err *e)
{
	const char *const ours[] = {"plugins", w->plugin, "containerd", "runtimes", NAME},
			  *const program[] = {"plugins", w->plugin, "containerd", "runtimes",
					      NAME,	 "options", "BinaryName"},
			  *const def[] = {"plugins", w->plugin, "containerd",
					  "default_runtime_name"},
			  *const version[] = {"version"},
			  *const runc[] = {"plugins", w->plugin, "containerd", "runtimes", "runc"};
	struct gt_buf now = {0}, old = {0};
	char value[GT_PATH_CAP];
	int r = gt_toml_to_json(base->p ? base->p : "", base->len, &old, e);

	if (r == 0)
		r = gt_toml_to_json(text->p, text->len, &now, e);
	if (r == 0 && w->runtime) {
		gt_toml_string(&now, program, 7, value, sizeof(value));
		r = strcmp(value, w->runtime) == 0 ? gt_containerd_drop(&now, &old, ours, 5, e)
						   : -EBADMSG;
	}
	if (r == 0 && w->add_runc)
		r = gt_containerd_drop(&now, &old, runc, 5, e);
	if (r == 0 && w->make_default) {
		gt_toml_string(&now, def, 4, value, sizeof(value));
		r = strcmp(value, NAME) == 0 ? reset_default(&now, &old, def, e) : -EBADMSG;
	}
	if (r == 0 && w->add_version)
		r = gt_containerd_drop(&now, &old, version, 1, e);
	if (r == 0 && (now.len != old.len || memcmp(now.p, old.p, old.len) != 0))
		r = -EBADMSG;
	gt_buf_done(&now);
	gt_buf_done(&old);
	return r;
}

/* The value replaced in place, if there is one. */
static int replace_default(const struct gt_buf *base, const char *const *path, struct gt_buf *out,
			   struct gt_err *e)
{
	struct gt_toml_region at;
	int r = gt_toml_find(base->p, base->len, path, 4, &at, e);

	if (r < 0)
		return r;
	if (!at.found || memchr(base->p + at.begin, '\n', at.end - at.begin))
		return -ENOENT;
	gt_buf_add(out, base->p, at.begin);
	gt_buf_str(out, WAS);
	gt_buf_add(out, base->p + at.begin, at.end - at.begin);
	gt_buf_str(out, WAS_END);
	gt_buf_add(out, base->p + at.end, base->len - at.end);
	return out->error;
}

/* A line after the header of the table, if it has one. */
static int insert_default(const struct gt_buf *base, const char *const *path, struct gt_buf *out,
			  struct gt_err *e)
{
	struct gt_toml_region at;
	const char *nl, *line;
	int r = gt_toml_find(base->p, base->len, path, 3, &at, e);

	if (r < 0)
		return r;
	nl = at.found ? memchr(base->p + at.begin, '\n', base->len - at.begin) : NULL;
	if (!nl)
		return -ENOENT;
	line = base->p + at.begin;
	while (line > base->p && line[-1] != '\n')
		line--;
	gt_buf_add(out, base->p, (size_t)(nl + 1 - base->p));
	gt_buf_add(out, line, strspn(line, " \t"));
	gt_buf_str(out, "  " NEW_LINE);
	gt_buf_add(out, nl + 1, base->len - (size_t)(nl + 1 - base->p));
	return out->error;
}

/*
 * BASE with our default in place; -ENOENT when it has to go into the block. Whether a place is
 * right is told by the tree that comes out of it.
 */
static int default_in_place(const struct gt_buf *base, const struct gt_containerd_want *w,
			    struct gt_buf *out, struct gt_err *e)
{
	static int (*const tries[])(const struct gt_buf *, const char *const *, struct gt_buf *,
				    struct gt_err *) = {replace_default, insert_default};
	const char *const path[] = {"plugins", w->plugin, "containerd", "default_runtime_name"};
	const struct gt_containerd_want only = {.plugin = w->plugin, .make_default = true};

	for (unsigned i = 0; base->len > 0 && i < GT_ARRAY_LEN(tries); i++) {
		struct gt_buf trial = {0};
		int r = tries[i](base, path, &trial, e);

		if (r == 0 && check_tree(&trial, base, &only, e) == 0) {
			gt_buf_done(out);
			*out = trial;
			return 0;
		}
		gt_buf_done(&trial);
		if (r == -ENOMEM)
			return r;
	}
	return -ENOENT;
}

int gt_containerd_add(const struct gt_buf *base, const struct gt_buf *tables,
		      const struct gt_containerd_want *w, struct gt_buf *out, struct gt_err *e)
{
	bool no_eol = base->len > 0 && base->p[base->len - 1] != '\n';
	int r = w->make_default ? default_in_place(base, w, out, e) : -ENOENT;
	bool in_block = r == -ENOENT && w->make_default;

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT)
		gt_buf_add(out, base->p ? base->p : "", base->len);
	gt_buf_str(out, no_eol ? "\n" BEGIN_NOEOL : BEGIN);
	if (w->add_version)
		gt_buf_fmt(out, "version = %u\n\n", w->add_version);
	if (in_block)
		gt_buf_fmt(out,
			   "[plugins.\"%s\".containerd]\n  default_runtime_name = " VALUE "\n\n",
			   w->plugin);
	gt_buf_add(out, tables->p ? tables->p : "", tables->len);
	gt_buf_str(out, END);
	if (out->error)
		return gt_err_set(e, out->error, "out of memory");
	r = check_tree(out, base, w, e);
	if (r == -EBADMSG || r == -EINVAL)
		return gt_err_set(
			e, -EBADMSG,
			"a block for the handler gotune does not fit to this file: it has "
			"one already, or writes its tables inline; add it by hand, as "
			"gotune's contrib/engines/containerd has it");
	return r;
}
