/*
 * What a command prints: collected in a buffer, made plain, written at the end. Writes to the given
 * descriptor and to stderr; no privilege.
 *
 * Nearly every string that is printed came from an image. A terminal obeys control bytes, so none
 * gets through: ESC, C1 controls and everything else beyond printable ASCII is shown as '?'.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gotune/cli.h"
#include "gotune/file.h"

#define LABEL_WIDTH 12

/* The bytes of a UTF-8 character after its first: they belong to the '?' that the first became. */
static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static void plain(struct gt_buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len && s[i]; i++) {
		if (is_printable(s[i]))
			gt_buf_add(b, s + i, 1);
		else if (!is_continuation(s[i]) || i == 0 || !((unsigned char)s[i - 1] & 0x80))
			gt_buf_str(b, "?");
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

/*
 * Inside a JSON document these bytes can only stand in strings (RFC 8259, section 7, wants only
 * those below 0x20 escaped), and there an escape means the same.
 */
void gt_cli_json(struct gt_cli_out *o, const char *doc, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)doc[i];
		unsigned char d = i + 1 < len ? (unsigned char)doc[i + 1] : 0;

		if (c == 0x7f) {
			gt_buf_str(&o->buf, "\\u007f");
		} else if (c == 0xc2 && d >= 0x80 && d < 0xa0) {
			gt_buf_fmt(&o->buf, "\\u%04x", d);
			i++;
		} else {
			gt_buf_add(&o->buf, doc + i, 1);
		}
	}
	if (len == 0 || doc[len - 1] != '\n')
		gt_buf_str(&o->buf, "\n");
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
	(void)r; /* there is nowhere left to say it; the status stands */
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
