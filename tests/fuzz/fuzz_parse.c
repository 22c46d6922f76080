/*
 * Numbers, fields and globs: two texts, separated by a NUL. The C library is the oracle where it
 * has one.
 */
#include <fnmatch.h>

#include "fuzz.h"
#include "gotune/base.h"

static void numbers(const char *s)
{
	bool digits = *s && s[strspn(s, "0123456789")] == '\0';
	uint64_t u = 7, bytes = 0;
	uint32_t procs = 0;
	int64_t i = 7;
	bool b = false;
	int r = gt_parse_u64(s, &u);

	HOLDS((r == 0) == (digits && (errno = 0, strtoull(s, NULL, 10) == u) && errno == 0));
	HOLDS(r == 0 || (digits ? r == -ERANGE : r == -EINVAL));
	if (gt_parse_i64(s, &i) == 0)
		HOLDS((errno = 0, strtoll(s, NULL, 10) == i) && errno == 0);
	HOLDS(gt_parse_bool(s, &b) < 0 || strcmp(s, b ? "true" : "false") == 0 ||
	      strcmp(s, b ? "1" : "0") == 0);
	if (gt_parse_go_bytes(s, &bytes) == 0)
		HOLDS(bytes <= INT64_MAX && gt_go_check_gomemlimit(s) == 0);
	for (unsigned minor = 18; minor < 28; minor++)
		HOLDS(!gt_go_accepts_gomaxprocs(s, minor, &procs) ||
		      (procs > 0 && procs <= INT32_MAX));
}

/* fnmatch knows brackets and escapes, our globs do not; both take '*' and '?'. */
static void globs(const char *pattern, const char *s)
{
	if (pattern[strcspn(pattern, "[\\")] == '\0' && strlen(pattern) < 12 && strlen(s) < 40)
		HOLDS(gt_glob(pattern, s) == (fnmatch(pattern, s, 0) == 0));
	else
		(void)gt_glob(pattern, s);
}

/* Nothing that is obeyed or hidden is left, and what is many lines differs in nothing else. */
static void plain(char *s)
{
	struct gt_buf lines = {0};
	size_t len = strlen(s);

	HOLDS(gt_utf8_valid_len(s, len) <= len);
	gt_utf8_add_plain(&lines, s, len);
	gt_utf8_plain(s);
	HOLDS(gt_utf8_valid_len(s, strlen(s)) == strlen(s) && strlen(s) <= len);
	HOLDS(lines.error || lines.len == strlen(s));
	for (const char *p = s; *p; p += gt_utf8_char(p, strlen(p)))
		HOLDS(!gt_utf8_is_hidden(gt_utf8_code(p, gt_utf8_char(p, strlen(p)))));
	gt_buf_done(&lines);
	HOLDS(gt_err_set(&(struct gt_err){0}, -EINVAL, "%s", s) == -EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	char a[256], b[512], word[32];

	fuzz_text(&in, '\0', a, sizeof(a));
	fuzz_text(&in, '\0', b, sizeof(b));
	numbers(a);
	globs(a, b);
	if (gt_parse_field(b, a, word, sizeof(word)))
		HOLDS(strstr(b, word));
	HOLDS(gt_hash(a, 1) == gt_hash(a, 1));
	plain(b);
	return 0;
}
