/*
 * Writes the built-in policy, compiled, as a header for policy/embedded.c. Runs when the programs
 * are built, with the sum of the sources as its argument: a policy that other sources compiled must
 * not be taken for one of ours.
 */
#include <stdio.h>

#include "cache.h"
#include "compiled.h"
#include "gotune/base.h"

int main(int argc, char **argv)
{
	struct gt_policy p;
	const unsigned char *bytes;
	const struct gt_compiled *block;
	uint64_t build;

	if (argc != 2 || gt_policy_read_builtin_json(&p) < 0 || !gt_policy_is_valid(&p))
		return 1;
	block = gt_compiled_block(&p);
	bytes = (const void *)block;
	/* The sizes are in it by the block's bytes, where each array's place depends on them. */
	build = gt_hash(GT_VERSION, gt_hash(argv[1], block->len + sizeof(struct gt_rule)));
	printf("#define BUILD UINT64_C(%llu)\n", (unsigned long long)build);
	printf("static const _Alignas(struct gt_compiled) unsigned char builtin[] = {");
	for (uint64_t i = 0; i < block->len; i++)
		printf("%s%u,", i % 32 ? "" : "\n", bytes[i]);
	printf("\n};\n");
	gt_policy_done(&p);
	return ferror(stdout) ? 1 : 0;
}
