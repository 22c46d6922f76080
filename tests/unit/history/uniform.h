/* The same numbers in each run: splitmix64, Steele et al. 2014. */
#ifndef TESTS_UNIFORM_H
#define TESTS_UNIFORM_H

#include <stdint.h>

static uint64_t seed;

/* From 0 up to 1. */
static double uniform(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

#endif
