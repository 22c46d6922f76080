/* CPU lists: what is read is written again, and reads the same. */
#include "fuzz.h"
#include "gotune/base.h"

/* A number alone is that CPU, or beyond all that there can be. */
static void check_single(const char *text, int r, const struct gt_cpus *cpus)
{
	unsigned long long v = strtoull(text, NULL, 10); /* ULLONG_MAX when there are more digits */

	if (!*text || text[strspn(text, "0123456789")])
		return;
	HOLDS(r == (v < GT_CPUS_MAX ? 0 : -E2BIG));
	HOLDS(r < 0 || (gt_cpus_has(cpus, (unsigned)v) && gt_cpus_count(cpus) == 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	static char again[24 * 1024];
	char text[512], small[16];
	struct gt_cpus a, b, c;
	unsigned n = 0;
	int r;

	fuzz_text(&in, '\0', text, sizeof(text));
	memset(&a, 0xa5, sizeof(a));
	b = a;
	r = gt_cpus_parse(text, &a);
	HOLDS(r == 0 || r == -EINVAL || r == -E2BIG);
	check_single(text, r, &a);
	if (r < 0) {
		HOLDS(memcmp(&a, &b, sizeof(a)) == 0);
		return 0;
	}
	HOLDS(gt_cpus_format(&a, again, sizeof(again)));
	HOLDS(gt_cpus_parse(again, &b) == 0 && memcmp(&a, &b, sizeof(a)) == 0);
	for (const char *p = again; *p; n++, p += strcspn(p, ","), p += *p == ',')
		HOLDS(gt_cpus_has(&a, (unsigned)atoi(p))); /* of each range, the first */
	HOLDS(n <= gt_cpus_count(&a));
	c = a;
	gt_cpus_and(&c, &b);
	HOLDS(memcmp(&a, &c, sizeof(a)) == 0);
	/* One that does not fit says so, and ends in dots. */
	if (!gt_cpus_format(&a, small, sizeof(small)))
		HOLDS(strlen(small) < sizeof(small) && strstr(small, "..."));
	else
		HOLDS(strcmp(small, again) == 0);
	return 0;
}
