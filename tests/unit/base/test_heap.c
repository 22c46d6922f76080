/*
 * The heap of a library that does not look whether it got memory: yajl's, in the walk over a
 * document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/heap.h"
#include "gotune/base.h"
#include "skip.h"

static int ignore(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)ev, (void)e;
	return 0;
}

/* Walks DOC in a child that may have EXTRA bytes more than it has; its exit status is the error's
 * number. */
static int walk_with_little_memory(const char *doc, size_t len, rlim_t extra)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		FILE *f = fopen("/proc/self/statm", "r");
		unsigned long pages = 0;
		struct rlimit l;

		if (!f || fscanf(f, "%lu", &pages) != 1)
			_exit(1);
		(void)fclose(f);
		l.rlim_cur = l.rlim_max = pages * (rlim_t)sysconf(_SC_PAGESIZE) + extra;
		if (setrlimit(RLIMIT_AS, &l) < 0)
			_exit(1);
		_exit(-gt_json_walk(doc, len, GT_JSON_KEYS, ignore, NULL, NULL, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* yajl writes through the NULL that malloc gives it: that ended the hook, and the container's
 * start.
 */
static void test_heap_is_empty(void **state)
{
	size_t len = 32u << 20;
	char *doc;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	SKIP("AddressSanitizer needs more memory than that");
#endif
	doc = malloc(len);
	assert_non_null(doc);
	memset(doc, 'x', len);
	memcpy(doc, "[\"\\n", 4); /* with an escape: yajl copies it */
	memcpy(doc + len - 2, "\"]", 2);
	assert_int_equal(walk_with_little_memory(doc, len, 256u << 20), 0);
	for (rlim_t extra = 0; extra <= 24u << 20; extra += 4u << 20)
		assert_int_equal(walk_with_little_memory(doc, len, extra), ENOMEM);
	free(doc);
}

/* What a jump leaves is given back by gt_heap_done: ASan's leak check sees what is not. */
static void test_heap_is_given_back(void **state)
{
	struct gt_heap h = {0};
	char *a = gt_heap_malloc(&h, 10), *b = gt_heap_realloc(&h, NULL, 20);

	(void)state;
	memset(a, 'a', 10);
	memset(b, 'b', 20);
	a = gt_heap_realloc(&h, a, 4000);
	assert_memory_equal(a, "aaaaaaaaaa", 10);
	gt_heap_free(&h, b);
	gt_heap_free(&h, NULL);
	assert_non_null(h.all);
	gt_heap_done(&h);
	assert_null(h.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_is_empty),
		cmocka_unit_test(test_heap_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
