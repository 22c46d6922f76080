/* For tests that not every machine can run: a test that is skipped says why. */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

#define SKIP(why)                                          \
	do {                                               \
		print_message("%s", "skipped: " why "\n"); \
		skip(); /* WHY was printed */              \
	} while (0)

#endif
