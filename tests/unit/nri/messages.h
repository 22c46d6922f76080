/* Messages as a runtime writes them, for the tests of the room. */
#ifndef GOTUNE_TEST_NRI_MESSAGES_H
#define GOTUNE_TEST_NRI_MESSAGES_H

#include "gotune/base.h"
#include "nri/pb.h"

static inline void add_message(struct gt_buf *b, uint32_t number, struct gt_buf *m)
{
	gt_pb_add_bytes(b, number, m->p ? m->p : "", m->len);
	gt_buf_done(m);
	*m = (struct gt_buf){0};
}

static inline void add_pair(struct gt_buf *b, uint32_t number, const char *key, const char *value)
{
	struct gt_buf m = {0};

	gt_pb_add_str(&m, 1, key);
	gt_pb_add_str(&m, 2, value);
	add_message(b, number, &m);
}

static inline void add_optional(struct gt_buf *b, uint32_t number, uint64_t v)
{
	struct gt_buf m = {0};

	if (v > 0)
		gt_pb_add_number(&m, 1, v);
	add_message(b, number, &m);
}

/* A ttrpc Request of METHOD with payload M. */
static inline void make_request(struct gt_buf *b, const char *method, struct gt_buf *m)
{
	gt_pb_add_str(b, 1, "nri.pkg.api.v1alpha1.Plugin");
	gt_pb_add_str(b, 2, method);
	add_message(b, 3, m);
}

static inline void add_mount(struct gt_buf *b, const char *to, const char *type, const char *from,
			     const char *option)
{
	struct gt_buf m = {0};

	gt_pb_add_str(&m, 1, to);
	gt_pb_add_str(&m, 2, type);
	gt_pb_add_str(&m, 3, from);
	gt_pb_add_str(&m, 4, option);
	add_message(b, 9, &m);
}

/* A container of half a CPU and 512 MiB, with PID (0: left out). */
static inline void make_container(struct gt_buf *c, const char *id, uint64_t pid)
{
	struct gt_buf linux_part = {0}, resources = {0}, memory = {0}, cpu = {0}, ns = {0},
		      limit = {0};

	gt_pb_add_str(c, 1, id);
	gt_pb_add_str(c, 3, "main");
	add_pair(c, 5, "io.gotune.gogc", "50");
	add_pair(c, 5, "app", "x");
	add_pair(c, 6, "io.kubernetes.cri.image-name", "docker.io/library/x:1");
	add_pair(c, 6, "io.gotune.profile", "container");
	gt_pb_add_str(c, 7, "/probe");
	gt_pb_add_str(c, 7, "-x");
	gt_pb_add_str(c, 8, "PATH=/bin");
	gt_pb_add_str(c, 8, "GOGC=77");
	gt_pb_add_str(c, 8, "GOTUNE_MODE=audit");
	add_mount(c, "/data", "bind", "/srv/data", "rbind");
	add_mount(c, "/proc", "proc", "proc", "nosuid");
	add_optional(&memory, 1, 512 << 20);
	add_optional(&memory, 6, 0);
	add_optional(&cpu, 1, 512);
	add_optional(&cpu, 2, 50000);
	add_optional(&cpu, 3, 100000);
	gt_pb_add_str(&cpu, 6, "0-1");
	add_message(&resources, 1, &memory);
	add_message(&resources, 2, &cpu);
	add_pair(&resources, 6, "memory.high", "400000000");
	gt_pb_add_str(&ns, 1, "network");
	gt_pb_add_str(&ns, 2, "/var/run/netns/x");
	add_message(&linux_part, 1, &ns);
	add_message(&linux_part, 3, &resources);
	gt_pb_add_str(&linux_part, 5, "kubepods.slice:cri-containerd:one");
	add_pair(&linux_part, 9, "net.core.somaxconn", "99");
	add_message(c, 11, &linux_part);
	if (pid)
		gt_pb_add_number(c, 12, pid);
	gt_pb_add_str(&limit, 1, "RLIMIT_NOFILE");
	gt_pb_add_number(&limit, 2, 9000);
	gt_pb_add_number(&limit, 3, 300);
	add_message(c, 13, &limit);
}

static inline void make_pod(struct gt_buf *p)
{
	gt_pb_add_str(p, 1, "pod");
	add_pair(p, 6, "io.gotune.profile", "pod");
	add_pair(p, 6, "io.gotune.gomaxprocs/main", "3");
	add_pair(p, 6, "other", "y");
}

/* CreateContainer, or with CONTAINER_FIELD 3 StateChange of EVENT. */
static inline void make_call(struct gt_buf *b, const char *method, uint32_t container_field,
			     uint64_t event, const char *id, uint64_t pid)
{
	struct gt_buf m = {0}, pod = {0}, c = {0};

	make_pod(&pod);
	make_container(&c, id, pid);
	if (event)
		gt_pb_add_number(&m, 1, event);
	add_message(&m, container_field - 1, &pod);
	add_message(&m, container_field, &c);
	make_request(b, method, &m);
}

#endif
