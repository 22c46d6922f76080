/*
 * What the pictures share: their frame, and text in XML. Pure.
 */
#include <string.h>

#include "internal.h"

void gt_gor_xml(struct gt_buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '&':
			gt_buf_str(out, "&amp;");
			break;
		case '<':
			gt_buf_str(out, "&lt;");
			break;
		case '>':
			gt_buf_str(out, "&gt;");
			break;
		case '"':
			gt_buf_str(out, "&quot;");
			break;
		default:
			gt_buf_add(out, s + i, 1);
		}
	}
}

void gt_gor_svg_begin(struct gt_buf *out, unsigned width, unsigned height, const char *title)
{
	gt_buf_fmt(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		   "viewBox=\"0 0 %u %u\" font-family=\"monospace\" font-size=\"12\">\n"
		   "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		   "<text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">",
		   width, height, width, height);
	gt_gor_xml(out, title, strlen(title));
	gt_buf_str(out, "</text>\n");
}

void gt_gor_svg_end(struct gt_buf *out)
{
	gt_buf_str(out, "</svg>\n");
}
