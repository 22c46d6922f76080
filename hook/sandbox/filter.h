/*
 * The filters of system calls, compiled by libseccomp when the programs are built.
 */
#ifndef GOTUNE_SANDBOX_FILTER_H
#define GOTUNE_SANDBOX_FILTER_H

#include "gotune/base.h"
#include "gotune/sandbox.h"

/*
 * Loads the filter of PHASE for good: what gt_phase_calls does not list kills this process, or, in
 * the tracer and the daemon, fails with EPERM (a tracer's death would leave a record that says
 * nothing). no_new_privs must be set. 0 or -errno.
 */
GT_MUST_CHECK int gt_filter_load(enum gt_phase phase);

/*
 * For the build and for tests: the filter of PHASE as libseccomp compiles it, an array of struct
 * sock_filter in *RET (freed by the caller) of *RET_LEN bytes. 0 or -errno. Effects: a memfd.
 */
GT_MUST_CHECK int gt_filter_compile(enum gt_phase phase, void **ret, size_t *ret_len);

/* For tests: the filter that gt_filter_load loads, and its length in bytes. */
const void *gt_filter_embedded(enum gt_phase phase, size_t *ret_len);

#endif
