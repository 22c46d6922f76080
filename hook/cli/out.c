/*
 * What a command prints: collected in a buffer, made plain, written at the end. Writes to the given
 * descriptor and to stderr; no privilege.
 *
 * Nearly every string that is printed came from an image. A terminal obeys control bytes, so none
 * gets through, and no character that hides or reorders others: all that is not printable ASCII is
 * shown as '?', one a character. That is stricter than gt_utf8_plain, since columns are counted.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"

#define LABEL_WIDTH 12

static bool is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static void plain(struct gt_buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len && s[i];) {
		unsigned n = gt_utf8_char(s + i, len - i);

		gt_buf_add(b, is_printable(s[i]) ? s + i : "?", 1);
		i += n ? n : 1;
	}
}

void gt_cli_plain(struct gt_buf *b, const char *s)
{
	plain(b, s, strlen(s));
}

void gt_cli_styled(struct gt_cli_out *o, enum gt_style style, const char *s, size_t len)
{
	bool color = o->color && style != GT_STYLE_PLAIN && len > 0;

	if (color)
		gt_buf_str(&o->buf, gt_cli_color_on(style));
	plain(&o->buf, s, len);
	if (color)
		gt_buf_str(&o->buf, GT_CLI_COLOR_OFF);
}

void gt_cli_heading(struct gt_cli_out *o, const char *title)
{
	if (o->buf.len > 0)
		gt_buf_str(&o->buf, "\n");
	gt_cli_styled(o, GT_STYLE_BOLD, title, strlen(title));
	gt_buf_str(&o->buf, "\n");
}

/* TEXT on as many lines as it needs; the first starts where the caller has left off. */
static void wrapped(struct gt_cli_out *o, unsigned indent, enum gt_style style, const char *text)
{
	struct gt_buf clean = {0};
	const char *s, *next;
	size_t n;

	gt_cli_plain(&clean, text);
	s = clean.p ? clean.p : "";
	do {
		n = gt_cli_wrap(s, GT_CLI_WIDTH - indent, &next);
		gt_cli_styled(o, style, s, n);
		gt_buf_str(&o->buf, "\n");
		s = next;
		if (*s)
			gt_buf_fmt(&o->buf, "%*s", (int)indent, "");
	} while (*s);
	if (clean.error)
		o->buf.error = clean.error;
	gt_buf_done(&clean);
}

void gt_cli_field(struct gt_cli_out *o, const char *label, enum gt_style style, const char *value)
{
	size_t len = strlen(label);

	gt_cli_styled(o, GT_STYLE_DIM, label, len);
	gt_buf_fmt(&o->buf, "%*s", len < LABEL_WIDTH ? (int)(LABEL_WIDTH - len) : 1, "");
	wrapped(o, LABEL_WIDTH, style, *value ? value : "-");
}

void gt_cli_para(struct gt_cli_out *o, unsigned indent, enum gt_style style, const char *text)
{
	gt_buf_fmt(&o->buf, "%*s", (int)indent, "");
	wrapped(o, indent, style, text);
}

/* CODE as JSON escapes it: beyond 16 bits as two surrogates (RFC 8259, section 7). */
static void add_escape(struct gt_buf *b, uint32_t code)
{
	if (code > 0xffff) {
		gt_buf_fmt(b, "\\u%04x", 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	gt_buf_fmt(b, "\\u%04x", code);
}

/*
 * Below 0x20 a document has nothing but the white space between tokens; what else may not be shown
 * is in a string, where an escape means the same (RFC 8259, sections 2 and 7).
 */
void gt_cli_json(struct gt_cli_out *o, const char *doc, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned n = gt_utf8_char(doc + i, len - i);
		uint32_t code =
			n ? gt_utf8_code(doc + i, n) : 0xfffd; /* no JSON: not to be shown */

		if (n == 0 || (code >= 0x20 && gt_utf8_is_hidden(code)))
			add_escape(&o->buf, code);
		else
			gt_buf_add(&o->buf, doc + i, n);
		i += n ? n : 1;
	}
	if (len == 0 || doc[len - 1] != '\n')
		gt_buf_str(&o->buf, "\n");
}

void gt_cli_json_doc(struct gt_cli_out *o, struct gt_buf *doc)
{
	if (doc->error)
		o->buf.error = doc->error;
	else
		gt_cli_json(o, doc->p ? doc->p : "", doc->len);
	gt_buf_done(doc);
}

int gt_cli_fail(const struct gt_cli_out *o, enum gt_exit status, const char *fmt, ...)
{
	struct gt_buf line = {0};
	char text[1024];
	va_list ap;
	int r;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut at the end: it is for reading */
	va_end(ap);
	gt_buf_fmt(&line, "gotune%s%s: ", o->command ? " " : "", o->command ? o->command : "");
	gt_cli_plain(&line, text);
	gt_buf_str(&line, "\n");
	r = line.error ? line.error : gt_write_all(STDERR_FILENO, line.p, line.len);
	(void)r; /* there is nowhere left to say it; the status stays */
	gt_buf_done(&line);
	return (int)status;
}

int gt_cli_flush(struct gt_cli_out *o, int fd)
{
	int r = o->buf.error;

	if (r == 0 && o->buf.len > 0)
		r = gt_write_all(fd, o->buf.p, o->buf.len);
	gt_buf_done(&o->buf);
	return r;
}

int gt_cli_write_file(const char *path, const struct gt_buf *text)
{
	_cleanup_free_ char *parent = strdup(path);
	_cleanup_close_ int dir = -1;
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (!parent)
		return -ENOMEM;
	if (slash)
		*slash = '\0';
	dir = open(!slash	     ? "."
		   : slash == parent ? "/"
				     : parent,
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	/* A collector, or a web server, is another user. */
	return gt_write_atomic(dir, gt_basename(path), text->p, text->len, 0644);
}
