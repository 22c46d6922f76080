/*
 * How a sample is spelled: https://prometheus.io/docs/instrumenting/exposition_formats, and
 * https://prometheus.io/docs/specs/om/open_metrics_spec. Pure.
 */
#include "family.h"
#include "gotune/base.h"

static const char *const types[] = {"gauge", "counter", "histogram"};

/* In OpenMetrics a counter's family has no "_total", in the older format it has. */
void gt_family_head(const struct gt_family *f, enum gt_metrics_format format, struct gt_buf *out)
{
	bool total = f->type == GT_FAMILY_COUNTER && format == GT_METRICS_TEXT;
	const char *suffix = total ? "_total" : "";

	gt_buf_fmt(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", f->name, suffix, f->help, f->name,
		   suffix, types[f->type]);
}

void gt_family_open(const struct gt_family *f, const char *suffix, struct gt_buf *out)
{
	gt_buf_str(out, f->name);
	gt_buf_str(out, f->type == GT_FAMILY_COUNTER ? "_total" : suffix);
}

/* The label's first: '{', else ','. A name of ours ends in neither. */
static char separator(const struct gt_buf *out)
{
	return out->len > 0 && out->p[out->len - 1] == '"' ? ',' : '{';
}

/*
 * Two names must not become one: a series that is there twice makes Prometheus refuse all of them.
 * So what may not be shown is spelled %XX, byte by byte, and so is '%'.
 */
static void add_hex(struct gt_buf *out, const char *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		gt_buf_fmt(out, "%%%02X", (unsigned)(unsigned char)s[i]);
}

/* How many bytes at S need no spelling: most values are nothing else. */
static size_t plain_len(const char *s)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~' && s[n] != '%' && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void gt_family_label(struct gt_buf *out, const char *name, const char *value)
{
	size_t len = strlen(value), plain = plain_len(value);
	char sep = separator(out);

	gt_buf_add(out, &sep, 1);
	gt_buf_str(out, name);
	gt_buf_add(out, "=\"", 2);
	gt_buf_add(out, value, plain);
	for (size_t i = plain; i < len;) {
		unsigned n = gt_utf8_char(value + i, len - i);

		if (n == 0 || value[i] == '%' || gt_utf8_is_hidden(gt_utf8_code(value + i, n))) {
			n = n ? n : 1;
			add_hex(out, value + i, n);
		} else {
			if (value[i] == '"' || value[i] == '\\')
				gt_buf_str(out, "\\");
			gt_buf_add(out, value + i, n);
		}
		i += n;
	}
	gt_buf_add(out, "\"", 1);
}

static void end_labels(struct gt_buf *out)
{
	if (separator(out) == ',')
		gt_buf_str(out, "}");
}

void gt_family_u64(struct gt_buf *out, uint64_t v)
{
	char text[24] = " ";

	end_labels(out);
	(void)gt_append_u64(text, sizeof(text), v); /* both fit */
	(void)gt_append(text, sizeof(text), "\n");
	gt_buf_str(out, text);
}

void gt_family_micros(struct gt_buf *out, uint64_t v)
{
	char text[32] = " ", digits[] = ".000000\n";
	uint64_t rest = v % 1000000;

	for (unsigned i = 6; i > 0; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	end_labels(out);
	(void)gt_append_u64(text, sizeof(text), v / 1000000); /* both fit */
	(void)gt_append(text, sizeof(text), digits);
	gt_buf_str(out, text);
}
