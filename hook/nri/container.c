/*
 * NRI's container and pod become what config.json would have said. Pure; runs in the parser worker.
 * Field numbers: containerd/nri pkg/api/api.proto, messages Container, PodSandbox and below.
 */
#include "gotune/read.h"
#include "pb.h"
#include "request.h"

/* A field of MSG's KIND, for each. -EBADMSG stops. */
typedef int (*take_fn)(struct gt_pb_field *f, void *ret);

static int each_field(struct gt_pb m, take_fn take, void *ret)
{
	struct gt_pb_field f;
	int r;

	for (r = gt_pb_next(&m, &f); r > 0; r = gt_pb_next(&m, &f)) {
		int t = take(&f, ret);

		if (t < 0)
			return t;
	}
	return r;
}

/* One entry of a map of strings. */
static void add_pair(struct gt_strv *v, struct gt_pb entry, const char *only, bool inverse)
{
	struct gt_pb key = gt_pb_find(entry, 1), value = gt_pb_find(entry, 2);
	size_t n = only ? strlen(only) : 0;
	bool ours = gt_pb_len(&key) >= n && (n == 0 || memcmp(key.p, only, n) == 0);

	if (ours == inverse || gt_pb_len(&key) == 0)
		return;
	(void)gt_strv_add_pair(v, (const char *)key.p, gt_pb_len(&key),
			       value.p ? (const char *)value.p : "",
			       gt_pb_len(&value)); /* counted there */
}

#define PREFIX "io.gotune."

/* The map FIELD of M: our own keys, or all the others. */
static void add_map(struct gt_strv *v, struct gt_pb m, uint32_t field, bool own)
{
	struct gt_pb_field f;

	while (gt_pb_next(&m, &f) > 0) {
		if (f.number == field && f.wire == GT_PB_BYTES)
			add_pair(v, f.text, PREFIX, !own);
	}
}

/* An OptionalInt64 and the like: {value 1}. False: it is not there. */
static bool optional(struct gt_pb m, uint32_t field, uint64_t *ret)
{
	struct gt_pb_field f;
	bool found = false;

	while (gt_pb_next(&m, &f) > 0) {
		if (f.number != field || f.wire != GT_PB_BYTES)
			continue;
		*ret = 0; /* protobuf leaves out a zero */
		(void)gt_pb_find_number(f.text, 1, ret);
		found = true;
	}
	return found;
}

static void read_memory(struct gt_pb m, struct gt_bundle_res *r)
{
	uint64_t v = 0;

	r->has_mem_limit = optional(m, 1, &v);
	if (r->has_mem_limit)
		r->mem_limit_bytes = (int64_t)v;
	r->has_swap = optional(m, 3, &v);
	if (r->has_swap)
		r->swap_bytes = (int64_t)v;
	r->has_swappiness = optional(m, 6, &v);
	if (r->has_swappiness)
		r->swappiness = v;
}

static void read_cpu(struct gt_pb m, struct gt_bundle_res *r)
{
	struct gt_pb cpus = gt_pb_find(m, 6), mems = gt_pb_find(m, 7);
	uint64_t v = 0;

	r->has_shares = optional(m, 1, &r->shares);
	r->has_quota = optional(m, 2, &v);
	if (r->has_quota)
		r->quota_us = (int64_t)v;
	r->has_period = optional(m, 3, &r->period_us);
	r->cpus_too_long = !gt_pb_copy(cpus, r->cpus, sizeof(r->cpus));
	r->has_cpus = gt_pb_len(&cpus) > 0;
	(void)gt_pb_copy(mems, r->mems, sizeof(r->mems)); /* only shown */
	r->has_mems = gt_pb_len(&mems) > 0;
}

static int take_linux(struct gt_pb_field *f, void *ret)
{
	struct gt_bundle *b = ret;
	char type[32], path[GT_PATH_CAP];

	if (f->wire != GT_PB_BYTES)
		return 0;
	if (f->number == 1 && gt_pb_copy(gt_pb_find(f->text, 1), type, sizeof(type))) {
		/* One whose path does not fit is still a joined one. */
		if (!gt_pb_copy(gt_pb_find(f->text, 2), path, sizeof(path)))
			path[0] = '?', path[1] = '\0';
		gt_read_add_namespace(b, type, path);
	}
	if (f->number == 3) {
		struct gt_pb all = f->text;
		struct gt_pb_field u;

		read_memory(gt_pb_find(f->text, 1), &b->res);
		read_cpu(gt_pb_find(f->text, 2), &b->res);
		while (gt_pb_next(&all, &u) > 0) {
			if (u.number == 6 && u.wire == GT_PB_BYTES)
				add_pair(&b->res.unified, u.text, NULL, false);
		}
	}
	if (f->number == 5)
		(void)gt_pb_copy(f->text, b->cgroups_path, sizeof(b->cgroups_path)); /* or "" */
	if (f->number == 9)
		add_pair(&b->sysctl, f->text, NULL, false);
	return 0;
}

static void read_mount(struct gt_pb m, struct gt_bundle *b)
{
	struct gt_read_mount mount = {0};
	struct gt_pb_field f;

	(void)gt_pb_copy(gt_pb_find(m, 1), mount.destination, sizeof(mount.destination));
	(void)gt_pb_copy(gt_pb_find(m, 2), mount.type, sizeof(mount.type));
	(void)gt_pb_copy(gt_pb_find(m, 3), mount.source, sizeof(mount.source)); /* "": counted */
	while (gt_pb_next(&m, &f) > 0) {
		if (f.number != 4 || f.wire != GT_PB_BYTES)
			continue;
		mount.recursive = mount.recursive || gt_pb_is(f.text, "rbind");
		mount.bind = mount.bind || mount.recursive || gt_pb_is(f.text, "bind");
	}
	gt_read_add_mount(b, &mount);
}

static void read_rlimit(struct gt_pb m, struct gt_bundle *b)
{
	uint64_t hard = 0, soft = 0;

	if (!gt_pb_is(gt_pb_find(m, 1), "RLIMIT_NOFILE"))
		return;
	(void)gt_pb_find_number(m, 2, &hard);
	(void)gt_pb_find_number(m, 3, &soft);
	b->has_nofile = true;
	b->nofile_hard = hard;
	b->nofile_soft = soft;
}

static void add_arg(struct gt_strv *args, struct gt_pb text)
{
	/* After one that does not fit the rest would be in wrong places: drop it, too. */
	if (args->dropped)
		args->dropped++;
	else
		(void)gt_strv_add(args, gt_pb_len(&text) ? (const char *)text.p : "",
				  gt_pb_len(&text)); /* counted there */
}

static int take_container(struct gt_pb_field *f, void *ret)
{
	struct gt_typed *t = ret;
	struct gt_bundle *b = &t->bundle;

	if (f->number == 12 && f->wire == GT_PB_VARINT) {
		t->pid = f->v <= INT32_MAX ? (int64_t)f->v : 0;
		return 0;
	}
	if (f->wire != GT_PB_BYTES)
		return 0;
	switch (f->number) {
	case 1:
		return gt_pb_copy(f->text, t->id, sizeof(t->id)) ? 0 : -EBADMSG;
	case 3:
		(void)gt_pb_copy(f->text, t->name, sizeof(t->name)); /* or none */
		return 0;
	case 7:
		add_arg(&b->args, f->text);
		return 0;
	case 8:
		gt_read_add_env(b, gt_pb_len(&f->text) ? (const char *)f->text.p : "",
				gt_pb_len(&f->text));
		return 0;
	case 9:
		read_mount(f->text, b);
		return 0;
	case 11:
		b->has_linux = true;
		return each_field(f->text, take_linux, b);
	case 13:
		read_rlimit(f->text, b);
		return 0;
	default:
		return 0;
	}
}

int gt_nri_read_container(const struct gt_pb *pod, const struct gt_pb *container,
			  struct gt_typed *ret)
{
	struct gt_strv *annotations = &ret->bundle.annotations;
	int r;

	gt_typed_init(ret);
	/* Ours first: another's that is long must not take their room. Of two equal keys the later
	 * counts: the container's. */
	add_map(annotations, *pod, 6, true);
	add_map(annotations, *container, 6, true);
	add_map(&ret->labels, *container, 5, true);
	r = each_field(*container, take_container, ret);
	if (r < 0)
		return r;
	add_map(annotations, *pod, 6, false);
	add_map(annotations, *container, 6, false);
	if (!gt_id_ok(ret->id))
		return -EBADMSG;
	ret->bundle.has_process = ret->bundle.args.n > 0;
	/* No message tells of seccomp: whether a profile lets everything through is not known. */
	ret->bundle.has_seccomp = true;
	return 0;
}
