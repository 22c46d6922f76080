/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the BPF programs and gotune-trace share: the maps' contents. Under either licence, as
 * goroutines.c beside it: it becomes a part of what the kernel loads.
 */
#ifndef GOTUNE_UPROBE_COUNTED_H
#define GOTUNE_UPROBE_COUNTED_H

#include <linux/types.h>

#define COUNTED_SITES	4096
#define COUNTED_LIVES	262144
#define COUNTED_BUCKETS 32

/* The map "control", written from outside. */
struct control {
	__u64 ns_dev, ns_ino; /* as the kernel has them */
	__u32 tgid, on;
	__u32 gopc, startpc;
};

/* The map "sites". */
struct counted_key {
	__u64 gopc, startpc;
};
struct counted {
	__u64 born, ended, ended_old, total_us;
	__u64 age[COUNTED_BUCKETS];
};

/* The map "lives", by the address of the struct g. */
struct life {
	__u64 at_ns;
	struct counted_key site;
};

/* The map "lost". */
struct lost {
	__u64 not_followed, no_site, not_read;
};

#endif
