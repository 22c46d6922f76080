/*
 * A captured machine of tests/fixtures/sysroot.
 */
#ifndef TESTS_UNIT_INSPECT_MACHINE_H
#define TESTS_UNIT_INSPECT_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "gotune/base.h"

/* Its root, which the caller closes. */
static int machine(const char *name)
{
	char dir[256];
	int fd;

	(void)snprintf(dir, sizeof(dir), "%s/sysroot/%s", GT_FIXTURES, name);
	fd = gt_root_open(dir, NULL);
	assert_true(fd >= 0);
	return fd;
}

#endif
