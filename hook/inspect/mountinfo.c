/*
 * Takes lines of mountinfo apart (Documentation/filesystems/proc.rst 3.5). Pure.
 */
#include "mountinfo.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define FIELDS_MAX 32

bool gt_list_has_word(const char *list, const char *seps, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, seps);

		if (n == len && memcmp(list, word, n) == 0)
			return true;
		list += n;
		list += *list != '\0';
	}
	return false;
}

bool gt_path_is_within(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* mountinfo writes space, tab, newline, backslash and '#' as \ooo. Decodes S in place. */
static void unescape_field(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Cuts LINE at its spaces. Returns how many fields there are, FIELDS_MAX at most. */
static unsigned split_fields(char *line, char *field[FIELDS_MAX])
{
	char *save = NULL;
	unsigned n = 0;

	for (char *f = strtok_r(line, " ", &save); f && n < FIELDS_MAX;
	     f = strtok_r(NULL, " ", &save))
		field[n++] = f;
	return n;
}

bool gt_parse_mountinfo(char *line, struct gt_mountinfo *ret)
{
	char *field[FIELDS_MAX];
	unsigned n = split_fields(line, field), dash = 6;

	while (dash < n && strcmp(field[dash], "-") != 0)
		dash++;
	if (dash + 3 >= n)
		return false;
	if (strcmp(field[dash + 1], "cgroup2") == 0)
		ret->version = GT_CGROUP_V2;
	else if (strcmp(field[dash + 1], "cgroup") == 0)
		ret->version = GT_CGROUP_V1;
	else
		return false;
	unescape_field(field[3]);
	unescape_field(field[4]);
	ret->root = field[3];
	ret->point = field[4];
	ret->options = field[dash + 3];
	return ret->root[0] == '/' && ret->point[0] == '/';
}
