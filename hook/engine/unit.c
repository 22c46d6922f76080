/*
 * Reading systemd units as far as it takes to know an engine's arguments (systemd.unit(5),
 * systemd.service(5), systemd.exec(5)). Reads below a root, and nothing else.
 */
#include <ctype.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"
#include "sheets.h"
#include "unit.h"

/* The first that has a file of a name wins. */
static const char *const unit_dir[] = {"/etc/systemd/system", "/run/systemd/system",
				       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
				       "/lib/systemd/system"};

/* One unit while it is read. */
struct unit {
	int root;
	struct gt_list exec;  /* pairs: place, ExecStart */
	struct gt_list value; /* pairs: variable, value */
	struct gt_list place; /* pairs: variable, place */
};

void gt_words_split(struct gt_strv *ret, const char *where, const char *text)
{
	static const char between[] = " \t\r\n\"'";

	for (const char *p = text + strspn(text, between); *p; p += strspn(p, between)) {
		size_t len = strcspn(p, between);

		/* A word that does not fit is counted as dropped. */
		(void)gt_strv_add_pair(ret, where, strlen(where), p, len);
		p += len;
	}
}

/* ---- lines ---- */

/* The next line of *p without what continues it, comments left out; false at the end. */
static bool next_line(const char **p, struct gt_buf *line)
{
	bool more = true;

	line->len = 0;
	while (more && **p) {
		const char *begin = *p + strspn(*p, " \t");
		size_t len = strcspn(begin, "\n"), cut;

		*p = begin + len + (begin[len] == '\n');
		if (*begin == '#' || *begin == ';')
			continue;
		cut = len > 0 && begin[len - 1] == '\r' ? len - 1 : len;
		more = cut > 0 && begin[cut - 1] == '\\';
		gt_buf_add(line, begin, more ? cut - 1 : cut);
		gt_buf_str(line, more ? " " : "");
		if (!more)
			return true;
	}
	return line->len > 0;
}

/* Is LINE "KEY = value"? The value, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);
	const char *p = line + n;

	if (strncmp(line, key, n) != 0)
		return NULL;
	p += strspn(p, " \t");
	return *p == '=' ? p + 1 + strspn(p + 1, " \t") : NULL;
}

static void set_variable(struct unit *u, const char *name, size_t len, const char *value,
			 const char *place)
{
	size_t n = strlen(value);

	if (n > 1 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0]) {
		value++;
		n -= 2;
	}
	(void)gt_strv_add_pair(&u->value.v, name, len, value, n); /* dropped: not known */
	(void)gt_strv_add_pair(&u->place.v, name, len, place, strlen(place));
}

/* A file of lines NAME=VALUE. */
static void read_variables(struct unit *u, const char *path)
{
	struct gt_buf line = {0};
	struct gt_file f;
	struct gt_err ignored;

	if (gt_file_read_linked(u->root, path, &f, &ignored) == 0 && f.text) {
		for (const char *p = f.text; next_line(&p, &line);) {
			const char *s = line.p ? line.p : "";
			size_t name = strcspn(s, "= \t");

			if (s[name] == '=' && name > 0)
				set_variable(u, s, name, s + name + 1, path);
		}
	}
	gt_file_done(&f);
	gt_buf_done(&line);
}

/* Environment="A=b c" D=e */
static void read_environment(struct unit *u, const char *text, const char *place)
{
	for (const char *p = text; *p;) {
		char quote = *p == '"' || *p == '\'' ? *p : '\0';
		char word[1024];
		const char *begin = p + (quote != '\0');
		size_t len =
			quote ? strcspn(begin, quote == '"' ? "\"" : "'") : strcspn(begin, " \t");
		size_t name;

		p = begin + len;
		p += quote != '\0' && *p == quote;
		p += strspn(p, " \t");
		if (!gt_copy(word, sizeof(word), begin, len))
			continue;
		name = strcspn(word, "=");
		if (word[name] == '=' && name > 0)
			set_variable(u, word, name, word + name + 1, place);
	}
}

static void read_line(struct unit *u, const char *line, const char *place)
{
	const char *exec = value_of(line, "ExecStart"), *env = value_of(line, "Environment"),
		   *file = value_of(line, "EnvironmentFile");

	if (exec && *exec == '\0')
		gt_list_init(&u->exec); /* an empty one forgets those before it */
	else if (exec)
		(void)gt_strv_add_pair(&u->exec.v, place, strlen(place), exec, strlen(exec));
	if (env)
		read_environment(u, env, place);
	if (file && file[*file == '-'] == '/')
		read_variables(u, file + (*file == '-'));
}

static bool read_unit_file(struct unit *u, const char *path)
{
	struct gt_buf line = {0};
	struct gt_file f;
	struct gt_err ignored;
	bool is = gt_file_read_linked(u->root, path, &f, &ignored) == 0 && f.exists;

	for (const char *p = is ? f.text : ""; next_line(&p, &line);)
		read_line(u, line.p ? line.p : "", path);
	gt_file_done(&f);
	gt_buf_done(&line);
	return is;
}

/* ---- drop-ins: by name, whatever directory; of one name, the first directory's ---- */

/* The first name of all directories behind LAST. */
static bool next_drop_in(int root, const char *unit, const char *last, char *ret_name,
			 char *ret_path)
{
	struct gt_view v = {.root = root};
	struct gt_list *names = malloc(sizeof(*names));
	char dir[GT_PATH_CAP];
	struct gt_err ignored;

	ret_name[0] = '\0';
	for (unsigned i = 0; names && i < GT_ARRAY_LEN(unit_dir); i++) {
		if (!gt_path_join(dir, unit_dir[i], unit) || !gt_append(dir, sizeof(dir), ".d") ||
		    gt_view_names(&v, dir, "*.conf", names, &ignored) < 0)
			continue;
		for (const char *s = gt_strv_next(&names->v, NULL); s;
		     s = gt_strv_next(&names->v, s)) {
			if (strcmp(s, last) > 0 && (!*ret_name || strcmp(s, ret_name) < 0) &&
			    gt_path_join(ret_path, dir, s))
				(void)gt_copy_str(ret_name, 256, s); /* NAME_MAX */
		}
	}
	free(names);
	return ret_name[0] != '\0';
}

static void read_unit(struct unit *u, const char *unit)
{
	char path[GT_PATH_CAP], name[256], last[256] = "";
	bool found = false;

	for (unsigned i = 0; !found && i < GT_ARRAY_LEN(unit_dir); i++)
		found = gt_path_join(path, unit_dir[i], unit) && read_unit_file(u, path);
	while (next_drop_in(u->root, unit, last, name, path)) {
		(void)read_unit_file(u, path); /* gone since: none */
		(void)gt_copy_str(last, sizeof(last), name);
	}
}

/* ---- variables ---- */

static size_t name_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* At "$NAME" or "${NAME}": its length, and the name; 0 when it is none. */
static size_t variable_at(const char *s, char *name, size_t cap)
{
	bool braced = s[0] == '$' && s[1] == '{';
	size_t n = s[0] == '$' ? name_len(s + 1 + braced) : 0;

	if (n == 0 || !gt_copy(name, cap, s + 1 + braced, n) || (braced && s[2 + n] != '}'))
		return 0;
	return n + (braced ? 3 : 1);
}

/* A word of ExecStart with its variables. One that is nothing but a variable becomes its words. */
static void expand(const struct unit *u, const char *where, const char *word, struct gt_strv *ret)
{
	char name[128], text[4096];
	size_t n = variable_at(word, name, sizeof(name));
	const char *value;

	if (n > 0 && word[n] == '\0') {
		value = gt_strv_pair(&u->value.v, name);
		where = gt_strv_pair(&u->place.v, name);
		if (value && where)
			gt_words_split(ret, where, value);
		return;
	}
	text[0] = '\0';
	for (const char *p = word; *p;) {
		size_t used = strlen(text);

		n = variable_at(p, name, sizeof(name));
		value = n > 0 ? gt_strv_pair(&u->value.v, name) : NULL;
		if (n > 0)
			(void)gt_append(text, sizeof(text), value ? value : "");
		else
			(void)gt_copy(text + used, sizeof(text) - used, p, 1);
		p += n > 0 ? n : 1;
	}
	(void)gt_strv_add_pair(ret, where, strlen(where), text, strlen(text));
}

static struct unit *new_unit(int root)
{
	struct unit *u = malloc(sizeof(*u));

	if (!u)
		return NULL;
	u->root = root;
	gt_list_init(&u->exec);
	gt_list_init(&u->value);
	gt_list_init(&u->place);
	return u;
}

int gt_unit_words(int root, const char *unit, struct gt_strv *ret)
{
	struct unit *u = new_unit(root);
	struct gt_list *raw = malloc(sizeof(*raw));
	const char *where, *word;

	if (u && raw) {
		read_unit(u, unit);
		gt_list_init(raw);
		for (where = gt_strv_next(&u->exec.v, NULL); where;
		     where = gt_strv_next(&u->exec.v, word)) {
			word = gt_strv_next(&u->exec.v, where);
			gt_words_split(&raw->v, where, word);
		}
		for (where = gt_strv_next(&raw->v, NULL); where;
		     where = gt_strv_next(&raw->v, word)) {
			word = gt_strv_next(&raw->v, where);
			expand(u, where, word, ret);
		}
	}
	free(raw);
	free(u);
	return raw && u ? 0 : -ENOMEM;
}

int gt_variables_words(int root, const char *path, struct gt_strv *ret)
{
	struct unit *u = new_unit(root);
	const char *name, *value;

	if (!u)
		return -ENOMEM;
	read_variables(u, path);
	for (name = gt_strv_next(&u->value.v, NULL); name;
	     name = gt_strv_next(&u->value.v, value)) {
		value = gt_strv_next(&u->value.v, name);
		gt_words_split(ret, path, value);
	}
	free(u);
	return 0;
}

/* What follows FLAG in WORD: "" when it is all of it, NULL when it is another. */
static const char *behind_flag(const char *word, const char *flag)
{
	size_t n = flag ? strlen(flag) : 0;

	if (!flag || strncmp(word, flag, n) != 0)
		return NULL;
	return word[n] == '=' ? word + n + 1 : word[n] == '\0' ? word + n : NULL;
}

bool gt_words_next_flag(const struct gt_strv *words, const char *flag, const char *alias,
			struct gt_flag *f)
{
	const char *where = gt_strv_next(words, f->at), *word, *value;

	for (; where; where = gt_strv_next(words, word)) {
		word = gt_strv_next(words, where);
		value = behind_flag(word, flag);
		value = value ? value : behind_flag(word, alias);
		if (!value)
			continue;
		*f = (struct gt_flag){.at = word, .where = where, .value = value};
		if (*value == '\0' && (where = gt_strv_next(words, word)) != NULL)
			f->value = gt_strv_next(words, where);
		return true;
	}
	return false;
}

bool gt_words_last_flag(const struct gt_strv *words, const char *flag, const char *alias,
			struct gt_flag *ret)
{
	struct gt_flag f = {0};
	bool found = false;

	while (gt_words_next_flag(words, flag, alias, &f)) {
		*ret = f;
		found = true;
	}
	return found;
}
