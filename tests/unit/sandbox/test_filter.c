/*
 * The filters that the programs carry are those that libseccomp compiles from the table, here and
 * now. What they allow and deny is seen in test_priv_caps.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "sandbox/filter.h"

static void test_filter_embedded_is_what_libseccomp_compiles(void **state)
{
	(void)state;
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		_cleanup_free_ void *compiled = NULL;
		size_t len = 0, embedded_len = 0;
		const void *embedded = gt_filter_embedded(p, &embedded_len);

		assert_int_equal(gt_filter_compile(p, &compiled, &len), 0);
		assert_true(len > 4 * sizeof(struct sock_filter));
		if (len != embedded_len || memcmp(compiled, embedded, len) != 0)
			fail_msg("phase %d: %zu bytes are embedded, %zu compiled", (int)p,
				 embedded_len, len);
	}
}

/* Where the kernel, or a filter above, refuses it the caller is told. */
static void test_filter_load_says_that_it_failed(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct sock_filter deny = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES);
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_seccomp, 0, 1),
			deny,
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog prog = {GT_ARRAY_LEN(code), code};

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
			_exit(1);
		_exit(gt_filter_load(GT_PHASE_PARSE) == -EACCES ? 7 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_embedded_is_what_libseccomp_compiles),
		cmocka_unit_test(test_filter_load_says_that_it_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
