/*
 * Linked into a test build of the hook, of gotune-runtime and of gotune-nri in place of their
 * tables of jobs: each job is the real one, but for the one that GOTUNE_HOSTILE=JOB/VARIANT names.
 * That one runs where the real one does, in the sandboxed child, and answers as if whoever wrote
 * the bytes that it parses had taken it over. The program is the product's own in all else.
 *
 * GOTUNE_HOSTILE=list:SEEDS prints the variants, with "own" behind those that may harm the
 * container itself. GOTUNE_BYSTANDER="PID ID BUNDLE CGROUP" is a container to be named instead.
 * GOTUNE_HOSTILE_HITS is a file in which the answers are counted. Privilege: that of the job.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"
#include "hostile.h"
#include "nri/request.h"

/* decide/jobs.c, sysctl/jobs.c and nri/jobs.c once more, with other names for their tables:
 * Makefile. */
extern const struct gt_job real_parse_jobs[GT_JOB_COUNT];
extern const struct gt_job real_sysctl_jobs[GT_JOB_SYSCTL_COUNT];
extern const struct gt_job real_nri_jobs[GT_NRI_JOB_COUNT];

const char *const target_name[TARGET_COUNT] = {
	"state",       "bundle",       "look",	       "edits",	   "exec",
	"image",       "sysctl-read",  "sysctl-write", "newcomer", "stack",
	"nri-request", "nri-response", "nri-mounts",
};
struct bystander bystander;

static char job[32], variant[96];
/* What the driver is told: answers that were given, files of the host's that were seen. */
static struct hits {
	uint32_t answers, secrets;
} * hits;

/* ---- the jobs ---- */

static const struct attack *find_attack(enum target t)
{
	struct attacks all = attacks_on(t);

	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.attack[i].name, variant) == 0)
			return &all.attack[i];
	}
	return NULL;
}

/* A file that no container has: the driver has written it. */
static void look_for_secret(int fd)
{
	static const char secret[] = "SECRET OF THE HOST";
	char buf[sizeof(secret) - 1];

	if (hits && fd >= 0 && pread(fd, buf, sizeof(buf), 0) == (ssize_t)sizeof(buf) &&
	    memcmp(buf, secret, sizeof(buf)) == 0)
		hits->secrets++;
}

/* What is sent of an answer; that of a new stack has room for the largest there may be. */
static size_t sent(enum target t, const struct ask *q)
{
	const struct gt_stack_answer *a = q->ret;

	return t == TARGET_STACK ? offsetof(struct gt_stack_answer, arena.room) + a->arena.a.used
				 : q->ret_len;
}

static int answer(enum target t, gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	const struct attack *a;
	int r;

	look_for_secret(q->fd);
	if (strcmp(job, target_name[t]) != 0)
		return real(q->fd, q->in, q->in_len, q->ret, q->ret_len, e);
	hits->answers++;
	if (misbehave(variant, e, &r))
		return r;
	a = find_attack(t);
	if (a && a->instead)
		return a->instead(real, q, e);
	r = real(q->fd, q->in, q->in_len, q->ret, q->ret_len, e);
	if (a)
		a->change(q->ret);
	else if (!change_bytes(variant, q->ret, sent(t, q)))
		(void)change_field(t, variant, q->ret); /* the list has no other */
	return r;
}

#define JOB(name, target, real)                                                              \
	static int name(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,    \
			struct gt_err *e)                                                    \
	{                                                                                    \
		return answer(target, real, &(struct ask){fd, in, in_len, ret, ret_len}, e); \
	}
JOB(state, TARGET_STATE, real_parse_jobs[GT_JOB_STATE].fn)
JOB(bundle, TARGET_BUNDLE, real_parse_jobs[GT_JOB_BUNDLE].fn)
JOB(look, TARGET_LOOK, real_parse_jobs[GT_JOB_LOOK].fn)
JOB(edits, TARGET_EDITS, real_parse_jobs[GT_JOB_EDITS].fn)
JOB(exec, TARGET_EXEC, real_parse_jobs[GT_JOB_EXEC].fn)
JOB(image, TARGET_IMAGE, real_parse_jobs[GT_JOB_IMAGE].fn)
JOB(newcomer, TARGET_NEWCOMER, real_parse_jobs[GT_JOB_NEWCOMER].fn)
JOB(stack, TARGET_STACK, real_parse_jobs[GT_JOB_STACK].fn)
JOB(sysctl_read, TARGET_SYSCTL_READ, real_sysctl_jobs[GT_JOB_SYSCTL_READ].fn)
JOB(sysctl_write, TARGET_SYSCTL_WRITE, real_sysctl_jobs[GT_JOB_SYSCTL_WRITE].fn)
JOB(nri_request, TARGET_NRI_REQUEST, real_nri_jobs[GT_NRI_JOB_REQUEST].fn)
JOB(nri_response, TARGET_NRI_RESPONSE, real_nri_jobs[GT_NRI_JOB_RESPONSE].fn)
JOB(nri_mounts, TARGET_NRI_MOUNTS, real_nri_jobs[GT_NRI_JOB_MOUNTS].fn)

/* The product's tables are constant; these are filled before main. */
static struct gt_job parse_jobs[GT_JOB_COUNT], sysctl_jobs[GT_JOB_SYSCTL_COUNT],
	nri_jobs[GT_NRI_JOB_COUNT];
extern const struct gt_job gt_nri_jobs[GT_NRI_JOB_COUNT] __attribute__((alias("nri_jobs")));
extern const struct gt_job gt_parse_jobs[GT_JOB_COUNT] __attribute__((alias("parse_jobs")));
extern const struct gt_job gt_sysctl_jobs[GT_JOB_SYSCTL_COUNT]
	__attribute__((alias("sysctl_jobs")));

static void fill_tables(void)
{
	static const gt_job_fn parse[GT_JOB_COUNT] = {
		[GT_JOB_STATE] = state,	      [GT_JOB_BUNDLE] = bundle, [GT_JOB_LOOK] = look,
		[GT_JOB_EDITS] = edits,	      [GT_JOB_EXEC] = exec,	[GT_JOB_IMAGE] = image,
		[GT_JOB_NEWCOMER] = newcomer, [GT_JOB_STACK] = stack,
	};

	memcpy(nri_jobs, real_nri_jobs, sizeof(nri_jobs));
	nri_jobs[GT_NRI_JOB_REQUEST].fn = nri_request;
	nri_jobs[GT_NRI_JOB_RESPONSE].fn = nri_response;
	nri_jobs[GT_NRI_JOB_MOUNTS].fn = nri_mounts;
	memcpy(parse_jobs, real_parse_jobs, sizeof(parse_jobs));
	memcpy(sysctl_jobs, real_sysctl_jobs, sizeof(sysctl_jobs));
	for (unsigned i = 0; i < GT_JOB_COUNT; i++)
		parse_jobs[i].fn = parse[i];
	sysctl_jobs[GT_JOB_SYSCTL_READ].fn = sysctl_read;
	sysctl_jobs[GT_JOB_SYSCTL_WRITE].fn = sysctl_write;
}

/* ---- what is asked of us ---- */

static bool may_open(enum target t)
{
	return t == TARGET_SYSCTL_READ || t == TARGET_SYSCTL_WRITE;
}

static void list(unsigned seeds)
{
	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		list_misbehaviour(target_name[t], may_open(t));
		list_bytes(target_name[t], seeds);
		list_fields(t);
		for (size_t i = 0; i < attacks_on(t).n; i++)
			printf("%s/%s%s\n", target_name[t], attacks_on(t).attack[i].name,
			       attacks_on(t).attack[i].own ? " own" : "");
	}
	exit(0);
}

static void map_hits(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0 || ftruncate(fd, sizeof(*hits)) < 0)
		exit(125);
	hits = mmap(NULL, sizeof(*hits), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (hits == MAP_FAILED)
		exit(125);
	close(fd);
}

__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("GOTUNE_HOSTILE"), *who = getenv("GOTUNE_BYSTANDER");
	unsigned seeds;

	fill_tables();
	if (!what)
		return;
	if (sscanf(what, "list:%u", &seeds) == 1)
		list(seeds);
	if (sscanf(what, "%31[^/]/%95s", job, variant) != 2)
		exit(125);
	if (who && sscanf(who, "%d %127s %255s %255s", &bystander.pid, bystander.id,
			  bystander.bundle, bystander.cgroup) != 4)
		exit(125);
	map_hits(getenv("GOTUNE_HOSTILE_HITS"));
}
