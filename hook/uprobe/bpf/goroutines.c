/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two programs that the kernel runs: one where a goroutine is born, one where it ends. The kernel
 * lets only programs under a licence that goes with its own read a process's memory, so this
 * directory is under BSD-2-Clause or GPL-2.0-only, as you choose; all else of gotune is under
 * Apache-2.0.
 *
 * Birth: a return instruction of runtime.newproc1, with the new struct g in AX, which nobody else
 * knows yet. End: the entry of runtime.gdestroy, before Go 1.22 of runtime.goexit0: AX is the g
 * that ends. Its address is used again, but not before that. Source: Go src/runtime/proc.go.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "counted.h"

/* struct pt_regs of x86-64, src arch/x86/include/asm/ptrace.h: AX is the eleventh. */
#define AX 10

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lost);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNTED_SITES);
	__type(key, struct counted_key);
	__type(value, struct counted);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, COUNTED_LIVES);
	__type(key, __u64);
	__type(value, struct life);
} lives SEC(".maps");

static const __u32 first = 0;

#define ADD(p, n) ((void)__sync_fetch_and_add((p), (n)))

/* The file's other processes come here, too. NULL: this is one of them, or nothing is counted now.
 */
static __always_inline struct control *ours(void)
{
	struct control *c = bpf_map_lookup_elem(&control, &first);
	struct bpf_pidns_info who = {};

	if (!c || !c->on ||
	    bpf_get_ns_current_pid_tgid(c->ns_dev, c->ns_ino, &who, sizeof(who)) != 0)
		return NULL;
	return who.tgid == c->tgid ? c : NULL;
}

static __always_inline int read_key(const struct control *c, __u64 g, struct counted_key *ret)
{
	long r = bpf_probe_read_user(&ret->gopc, sizeof(ret->gopc), (void *)(g + c->gopc));

	r |= bpf_probe_read_user(&ret->startpc, sizeof(ret->startpc), (void *)(g + c->startpc));
	if (r != 0) {
		struct lost *l = bpf_map_lookup_elem(&lost, &first);

		if (l)
			ADD(&l->not_read, 1);
	}
	return r == 0;
}

static __always_inline struct counted *site_of(const struct counted_key *k)
{
	struct counted none = {}, *s = bpf_map_lookup_elem(&sites, k);
	struct lost *l;

	if (s)
		return s;
	/* Another CPU may make it at this moment: then theirs is found. */
	(void)bpf_map_update_elem(&sites, k, &none, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&sites, k);
	if (s)
		return s;
	l = bpf_map_lookup_elem(&lost, &first);
	if (l)
		ADD(&l->no_site, 1);
	return NULL;
}

/* How many bits US has: the number of its bucket. */
static __always_inline __u32 bucket_of(__u64 us)
{
	__u32 n = 0;

	if (us >> 32)
		return COUNTED_BUCKETS - 1;
#pragma unroll
	for (__u32 step = 16; step > 0; step /= 2) {
		if (us >> step) {
			n += step;
			us >>= step;
		}
	}
	n += us != 0;
	return n < COUNTED_BUCKETS ? n : COUNTED_BUCKETS - 1;
}

SEC("uprobe")
int birth(const __u64 *regs)
{
	struct control *c = ours();
	struct life life = {};
	struct counted *s;
	__u64 g = regs[AX];

	if (!c || !read_key(c, g, &life.site))
		return 0;
	s = site_of(&life.site);
	if (s)
		ADD(&s->born, 1);
	life.at_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&lives, &g, &life, BPF_ANY) != 0) {
		struct lost *l = bpf_map_lookup_elem(&lost, &first);

		if (l)
			ADD(&l->not_followed, 1);
	}
	return 0;
}

static __always_inline int end_old(const struct control *c, __u64 g)
{
	struct counted_key k = {};
	struct counted *s = read_key(c, g, &k) ? site_of(&k) : NULL;

	if (s)
		ADD(&s->ended_old, 1);
	return 0;
}

SEC("uprobe")
int end(const __u64 *regs)
{
	struct control *c = ours();
	__u64 g = regs[AX], us;
	struct counted_key k;
	struct life *life;
	struct counted *s;

	if (!c)
		return 0;
	life = bpf_map_lookup_elem(&lives, &g);
	if (!life)
		return end_old(c, g);
	k = life->site;
	us = (bpf_ktime_get_ns() - life->at_ns) / 1000;
	(void)bpf_map_delete_elem(&lives, &g); /* it is there */
	s = site_of(&k);
	if (!s)
		return 0;
	ADD(&s->ended, 1);
	ADD(&s->total_us, us);
	ADD(&s->age[bucket_of(us) % COUNTED_BUCKETS], 1);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
