/*
 * TOML to JSON: the one file of C++, around toml++, which is header-only. Neither exceptions nor
 * C++ types leave it. Pure but for the heap; only files of the host's administrator come here.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define TOML_HEADER_ONLY		1
#define TOML_EXCEPTIONS			0
#define TOML_ENABLE_FORMATTERS		0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

extern "C" {
#include "gotune/json.h"
#include "gotune/toml.h"
}

namespace
{

int refuse(const toml::parse_error &err, struct gt_err *e)
{
	const auto &at = err.source().begin;
	const std::string_view what = err.description();

	return gt_err_set(e, -EINVAL, "%u:%u: %.*s", at.line, at.column,
			  static_cast<int>(what.size()), what.data());
}

/*
 * The number of the first line whose key has too many parts, 0 when there is none. Each part is a
 * table inside a table, which toml++ builds and frees by recursion; it bounds values, but not
 * these.
 */
constexpr unsigned KEY_PARTS_MAX = 100;
unsigned deep_key_line(std::string_view text)
{
	unsigned line = 1, dots = 0;
	bool in_key = true;
	char quote = 0;

	for (const char c : text) {
		if (c == '\n') {
			line++;
			dots = 0;
			quote = 0;
			in_key = true;
		} else if (!in_key) {
			continue;
		} else if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '=' || c == '#') {
			in_key = false;
		} else if (c == '.' && ++dots >= KEY_PARTS_MAX) {
			return line;
		}
	}
	return 0;
}

/* -EINVAL for what must not reach toml++. */
int check_depth(std::string_view text, struct gt_err *e)
{
	const unsigned line = deep_key_line(text);

	return line ? gt_err_set(e, -EINVAL, "%u:1: a key of more than %u parts", line,
				 KEY_PARTS_MAX)
		    : 0;
}

void write_float(struct gt_jw *w, double v)
{
	char text[40];

	if (v != v || v - v != 0) { /* JSON has no NaN and no infinity */
		gt_jw_str(w, v != v ? "nan" : v > 0 ? "inf" : "-inf");
		return;
	}
	/* A string, since the writer has no floats: they are compared and never used. */
	(void)snprintf(text, sizeof(text), "%.17g", v);
	gt_jw_str(w, text);
}

void write_time(struct gt_jw *w, const toml::date *d, const toml::time *t, const int *offset)
{
	char text[96] = "", part[48];

	if (d) {
		(void)snprintf(part, sizeof(part), "%04u-%02u-%02u", static_cast<unsigned>(d->year),
			       static_cast<unsigned>(d->month), static_cast<unsigned>(d->day));
		(void)gt_append(text, sizeof(text), part);
	}
	if (t) {
		(void)snprintf(part, sizeof(part), "T%02u:%02u:%02u.%09u",
			       static_cast<unsigned>(t->hour), static_cast<unsigned>(t->minute),
			       static_cast<unsigned>(t->second), t->nanosecond);
		(void)gt_append(text, sizeof(text), part);
	}
	if (offset) {
		(void)snprintf(part, sizeof(part), "%+dmin", *offset);
		(void)gt_append(text, sizeof(text), part);
	}
	gt_jw_str(w, text);
}

void write_date_time(struct gt_jw *w, const toml::date_time &v)
{
	const int minutes = v.offset ? v.offset->minutes : 0;

	write_time(w, &v.date, &v.time, v.offset ? &minutes : nullptr);
}

/* toml++ bounds how deep values nest (TOML_MAX_NESTED_VALUES), and so this recursion. */
void write_node(struct gt_jw *w, const toml::node &n)
{
	if (const auto *tbl = n.as_table()) {
		gt_jw_open(w, '{');
		for (const auto &[key, value] : *tbl) {
			gt_jw_key(w, std::string(key.str()).c_str());
			write_node(w, value);
		}
		gt_jw_close(w, '}');
	} else if (const auto *arr = n.as_array()) {
		gt_jw_open(w, '[');
		for (const auto &value : *arr)
			write_node(w, value);
		gt_jw_close(w, ']');
	} else if (const auto *str = n.as_string()) {
		gt_jw_strn(w, str->get().data(), str->get().size());
	} else if (const auto *num = n.as_integer()) {
		gt_jw_i64(w, num->get());
	} else if (const auto *yes = n.as_boolean()) {
		gt_jw_bool(w, yes->get());
	} else if (const auto *flt = n.as_floating_point()) {
		write_float(w, flt->get());
	} else if (const auto *date = n.as_date()) {
		write_time(w, &date->get(), nullptr, nullptr);
	} else if (const auto *time = n.as_time()) {
		write_time(w, nullptr, &time->get(), nullptr);
	} else if (const auto *both = n.as_date_time()) {
		write_date_time(w, both->get());
	} else {
		gt_jw_null(w);
	}
}

/* toml++ counts columns in code points; *line and *column count from 1. */
size_t offset_of(const char *text, size_t len, const toml::source_position &at)
{
	size_t i = 0;

	for (unsigned line = 1; line < at.line && i < len; i++)
		line += text[i] == '\n';
	for (unsigned column = 1; column < at.column && i < len; column++) {
		i++;
		while (i < len && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80)
			i++;
	}
	return i;
}

} // namespace

extern "C" int gt_toml_to_json(const char *text, size_t len, struct gt_buf *out, struct gt_err *e)
{
	const std::string_view view(text, len);
	const int r = check_depth(view, e);
	struct gt_jw w;

	if (r < 0)
		return r;
	const toml::parse_result doc = toml::parse(view);
	if (!doc)
		return refuse(doc.error(), e);
	gt_jw_init(&w, out, false);
	write_node(&w, doc.table());
	return out->error ? gt_err_set(e, out->error, "out of memory") : 0;
}

extern "C" int gt_toml_find(const char *text, size_t len, const char *const *path, unsigned n,
			    struct gt_toml_region *ret, struct gt_err *e)
{
	const std::string_view view(text, len);
	const int r = check_depth(view, e);
	const toml::node *node;

	if (r < 0)
		return r;
	const toml::parse_result doc = toml::parse(view);
	if (!doc)
		return refuse(doc.error(), e);
	node = &doc.table();
	for (unsigned i = 0; node && i < n; i++)
		node = node->as_table() ? node->as_table()->get(path[i]) : nullptr;
	*ret = {};
	if (!node || !node->source().begin)
		return 0;
	ret->found = true;
	ret->begin = offset_of(text, len, node->source().begin);
	ret->end = offset_of(text, len, node->source().end);
	return 0;
}
