/*
 * Births and ends of our own, counted and timed: whether probes count exactly on this machine, and
 * what they cost a program. Effects: attaches probes to our own program's file for some
 * milliseconds.
 */
#include <link.h>
#include <sys/stat.h>
#include <time.h>

#include "internal.h"

#define ROUNDS 500

/*
 * A birth and an end as Go's code has them: a return instruction with the struct in AX, which the
 * kernel has to step over, and an entry that begins with a push. mark_both(G, N): N of each.
 */
__asm__(".text\n"
	".type mark_both, @function\n"
	"mark_both:\n"
	"1:	mov %rdi, %rax\n"
	"	call mark_birth\n"
	"	mov %rdi, %rax\n"
	"	call mark_end\n"
	"	dec %esi\n"
	"	jnz 1b\n"
	"	ret\n"
	".size mark_both, .-mark_both\n"
	"mark_birth:\n"
	"	ret\n"
	"mark_end:\n"
	"	push %rbp\n"
	"	pop %rbp\n"
	"	ret\n");
void mark_both(const void *g, int n);
extern const char mark_birth[], mark_end[];

/* What stands for a struct g. */
struct mark {
	uint64_t gopc, startpc;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* cannot fail: time(7) */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct place {
	uint64_t addr, offset; /* in memory; in the file */
};

/* The first object is the program itself: dl_iterate_phdr(3). */
static int find_offset(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct place *p = ctx;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uint64_t in = p->addr - info->dlpi_addr - h->p_vaddr;

		if (h->p_type == PT_LOAD && p->addr >= info->dlpi_addr + h->p_vaddr &&
		    in < h->p_filesz)
			p->offset = h->p_offset + in;
	}
	return 1;
}

static uint64_t offset_of(const char *code)
{
	struct place p = {.addr = (uintptr_t)code};

	(void)dl_iterate_phdr(find_offset, &p); /* 1: ended by us */
	return p.offset;
}

/* One read, before and after: how long ROUNDS births and ends take. */
static uint64_t time_rounds(const struct mark *g)
{
	uint64_t begin = now_ns();

	mark_both(g, ROUNDS);
	return now_ns() - begin;
}

static int make_ask(struct gt_uprobe_ask *ret)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0)
		return -errno;
	*ret = (struct gt_uprobe_ask){
		.ns_dev = st.st_dev,
		.ns_ino = st.st_ino,
		.tgid = (uint32_t)getpid(),
		.n_birth = 1,
		.birth = {offset_of(mark_birth)},
		.end = offset_of(mark_end),
		.gopc = offsetof(struct mark, gopc),
		.startpc = offsetof(struct mark, startpc),
		.ms = 1,
	};
	return 0;
}

static int check(const struct gt_uprobes *u, const struct mark *g, struct gt_err *e)
{
	_cleanup_free_ struct gt_uprobe_site *s = calloc(GT_UPROBE_SITES, sizeof(*s));
	struct gt_uprobe_done d = {0};
	int r;

	if (!s)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_uprobes_read(u, s, &d, e);
	if (r < 0)
		return r;
	if (d.n_site == 1 && s[0].gopc == g->gopc && s[0].startpc == g->startpc &&
	    s[0].born == ROUNDS && s[0].ended == ROUNDS && s[0].ended_old == 0)
		return 0;
	return gt_err_set(e, -EBADMSG,
			  "uprobes miscount on this machine: of %d births and ends of our own they "
			  "saw %llu and %llu",
			  ROUNDS, (unsigned long long)(d.n_site ? s[0].born : 0),
			  (unsigned long long)(d.n_site ? s[0].ended : 0));
}

int gt_uprobe_try(uint64_t *ret_cost_ns, struct gt_err *e)
{
	_cleanup_(gt_uprobes_done) struct gt_uprobes u = {0};
	const struct mark g = {0x1234, 0x5678};
	struct gt_uprobe_ask a;
	uint64_t without = time_rounds(&g), with;
	int r = make_ask(&a);

	if (r < 0)
		return gt_err_sys(e, r, "/proc/self/ns/pid");
	r = gt_uprobes_load(&u, e);
	if (r == 0)
		r = gt_uprobes_attach(&u, "/proc/self/exe", &a, e);
	if (r == 0)
		r = gt_uprobes_count(&u, &a, true, e);
	if (r < 0)
		return r;
	with = time_rounds(&g);
	r = check(&u, &g, e);
	if (r < 0)
		return r;
	*ret_cost_ns = with > without ? (with - without) / ROUNDS : 0;
	return 0;
}
