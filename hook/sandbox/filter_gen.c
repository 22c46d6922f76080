/*
 * A program of the build: writes the filters of all phases to standard output, as a C header for
 * sandbox/filter.c.
 */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "gotune/sandbox.h"

static int print_filter(enum gt_phase phase)
{
	struct sock_filter *code;
	void *p = NULL;
	size_t len = 0;
	int r = gt_filter_compile(phase, &p, &len);

	if (r < 0) {
		fprintf(stderr, "filters: phase %d: %s\n", (int)phase, strerror(-r));
		return r;
	}
	code = p;
	printf("static const struct sock_filter filter_%d[] = {\n", (int)phase);
	for (size_t i = 0; i < len / sizeof(*code); i++)
		printf("\t{0x%x, %u, %u, 0x%x},\n", code[i].code, code[i].jt, code[i].jf,
		       code[i].k);
	puts("};\n");
	free(p);
	return 0;
}

int main(void)
{
	puts("/* Written by sandbox/filter_gen.c from the table in sandbox/calls.c. */");
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		if (print_filter(p) < 0)
			return 1;
	}
	puts("static const struct filter filters[] = {");
	for (unsigned p = 0; p < GT_PHASE_COUNT; p++)
		printf("\t{filter_%u, sizeof(filter_%u) / sizeof(filter_%u[0])},\n", p, p, p);
	puts("};");
	return fflush(stdout) == 0 ? 0 : 1;
}
