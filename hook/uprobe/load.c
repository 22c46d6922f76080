/*
 * The BPF programs of bpf/goroutines.c, by libbpf: loaded, attached, read. Effects: bpf(2),
 * perf_event_open(2). Needs CAP_BPF and CAP_PERFMON.
 *
 * A probe on one process would miss the threads that it starts later, so it is attached for all
 * processes (-1), with the file as the filter, and the program in the kernel looks who it is. A
 * uretprobe is never used: it puts an address on the stack that Go walks, and Go dies of it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/sysmacros.h>

#include "goroutines_bpf.h" /* made by the build: gt_goroutines_bpf */
#include "internal.h"

_Static_assert(GT_UPROBE_SITES == COUNTED_SITES && GT_UPROBE_LIVES == COUNTED_LIVES &&
		       GT_UPROBE_BUCKETS == COUNTED_BUCKETS,
	       "what the kernel counts is what we say");

static int refused(int code, const char *what, struct gt_err *e)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);

	return gt_uprobes_refused(root, code, what, e);
}

/* It is there, for it is ours: -ENOENT would be a bug, and is said as an error. */
static int find_map(const struct bpf_object *o, const char *name, int *ret)
{
	*ret = bpf_object__find_map_fd_by_name(o, name);
	return *ret < 0 ? -ENOENT : 0;
}

static int load(struct gt_uprobes *u, int root, struct gt_err *e)
{
	int r;

	(void)libbpf_set_print(NULL); /* it would write to standard error */
	u->object = bpf_object__open_mem(gt_goroutines_bpf, sizeof(gt_goroutines_bpf), NULL);
	if (!u->object)
		return gt_err_sys(e, -errno, "its own BPF programs cannot be read");
	r = bpf_object__load(u->object);
	if (r < 0)
		return gt_uprobes_refused(root, r, "load BPF programs", e);
	r = find_map(u->object, "control", &u->control);
	if (r == 0)
		r = find_map(u->object, "sites", &u->sites);
	if (r == 0)
		r = find_map(u->object, "lost", &u->lost);
	return r < 0 ? gt_err_sys(e, r, "its own BPF programs have no maps") : 0;
}

int gt_uprobes_load(struct gt_uprobes *ret, struct gt_err *e)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	struct gt_uprobes u = {0};
	int r = gt_uprobes_exist(root, e);

	if (r == 0)
		r = load(&u, root, e);
	if (r < 0)
		gt_uprobes_done(&u);
	else
		*ret = u;
	return r;
}

static int attach_one(struct gt_uprobes *u, const char *program, const char *path, uint64_t offset,
		      struct gt_err *e)
{
	struct bpf_program *p = bpf_object__find_program_by_name(u->object, program);
	const struct bpf_uprobe_opts o = {.sz = sizeof(o), .retprobe = false};
	struct bpf_link *link;

	if (!p)
		return gt_err_set(e, -ENOENT, "its own BPF programs have no %s", program);
	link = bpf_program__attach_uprobe_opts(p, -1, path, offset, &o);
	if (!link)
		return refused(-errno, "attach a uprobe", e);
	u->link[u->n_link++] = link;
	return 0;
}

int gt_uprobes_attach(struct gt_uprobes *u, const char *path, const struct gt_uprobe_ask *a,
		      struct gt_err *e)
{
	int r = attach_one(u, "end", path, a->end, e);

	for (uint32_t i = 0; r == 0 && i < a->n_birth; i++)
		r = attach_one(u, "birth", path, a->birth[i], e);
	return r;
}

int gt_uprobes_count(struct gt_uprobes *u, const struct gt_uprobe_ask *a, bool on, struct gt_err *e)
{
	const uint32_t first = 0;
	/* The kernel's dev_t has the minor number in its lower 20 bits; stat(2) splits it. */
	struct control c = {
		.ns_dev = (uint64_t)major(a->ns_dev) << 20 | minor(a->ns_dev),
		.ns_ino = a->ns_ino,
		.tgid = a->tgid,
		.on = on,
		.gopc = a->gopc,
		.startpc = a->startpc,
	};
	int r = bpf_map_update_elem(u->control, &first, &c, BPF_ANY);

	return r < 0 ? gt_err_sys(e, r, "cannot write to a BPF map") : 0;
}

static void take_site(struct gt_uprobe_site *ret, const struct counted_key *k,
		      const struct counted *c)
{
	*ret = (struct gt_uprobe_site){
		.gopc = k->gopc,
		.startpc = k->startpc,
		.born = c->born,
		.ended = c->ended,
		.ended_old = c->ended_old,
		.total_us = c->total_us,
	};
	for (unsigned i = 0; i < GT_UPROBE_BUCKETS; i++)
		ret->age[i] = c->age[i];
}

int gt_uprobes_read(const struct gt_uprobes *u, struct gt_uprobe_site *ret,
		    struct gt_uprobe_done *d, struct gt_err *e)
{
	struct counted_key key, next, *before = NULL;
	const uint32_t first = 0;
	struct lost lost;
	int r = bpf_map_lookup_elem(u->lost, &first, &lost);

	if (r < 0)
		return gt_err_sys(e, r, "cannot read a BPF map");
	d->not_followed = lost.not_followed;
	d->no_site = lost.no_site;
	d->not_read = lost.not_read;
	d->n_site = 0;
	while (d->n_site < GT_UPROBE_SITES && bpf_map_get_next_key(u->sites, before, &next) == 0) {
		struct counted c;

		key = next;
		before = &key;
		r = bpf_map_lookup_elem(u->sites, &key, &c);
		if (r < 0)
			return gt_err_sys(e, r, "cannot read a BPF map");
		take_site(&ret[d->n_site++], &key, &c);
	}
	return 0;
}

void gt_uprobes_done(struct gt_uprobes *u)
{
	for (unsigned i = 0; i < u->n_link; i++)
		(void)bpf_link__destroy(u->link[i]); /* closed in any case */
	bpf_object__close(u->object);
	*u = (struct gt_uprobes){0};
}
