/*
 * The first stack of a program: what it says, and what a job makes of it. Input: how, patches, then
 * strings: arguments up to an empty one, variables up to an empty one, and the job's entries
 * (NAME=VALUE, or NAME=VALUE<0x01>EXPECTED). By HOW the bytes are the stack themselves, or a
 * builder's answer.
 *
 * A stack that was built is read again: what the job says is there, and all else is as it was.
 */
#include <elf.h>

#include "fuzz.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define SP	  0x7ffc00000000ULL
#define IMAGE_MAX (256u << 10)
#define STRINGS	  48

struct strings {
	char text[STRINGS][640];
	size_t n;
};

static unsigned char image[IMAGE_MAX];

static void take_strings(struct fuzz_in *in, struct strings *ret)
{
	for (ret->n = 0; ret->n < STRINGS && in->n > 0; ret->n++) {
		fuzz_text(in, '\0', ret->text[ret->n], sizeof(ret->text[0]));
		if (!ret->text[ret->n][0])
			break;
	}
}

static void put_word(size_t *off, uint64_t v)
{
	memcpy(image + *off, &v, sizeof(v));
	*off += sizeof(v);
}

static void put_strings(size_t *off, size_t *text, uint64_t sp, const struct strings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		put_word(off, sp + *text);
		strcpy((char *)image + *text, s->text[i]);
		*text += strlen(s->text[i]) + 1;
	}
	put_word(off, 0);
}

/* As the kernel lays it out. */
static struct gt_stack lay_out(uint64_t sp, const struct strings *argv, const struct strings *env)
{
	size_t off = 0, text = 8 * (1 + argv->n + 1 + env->n + 1 + 4) + 16;

	memset(image, 0, sizeof(image));
	put_word(&off, argv->n);
	put_strings(&off, &text, sp, argv);
	put_strings(&off, &text, sp, env);
	put_word(&off, AT_RANDOM);
	put_word(&off, sp + text);
	put_word(&off, AT_NULL);
	put_word(&off, 0);
	return (struct gt_stack){.image = image, .len = text, .sp = sp, .entry = 0x401000};
}

static void take_job(struct fuzz_in *in, struct gt_barrier_job *ret)
{
	struct strings s;

	memset(ret, 0, sizeof(*ret));
	take_strings(in, &s);
	for (size_t i = 0; i < s.n && ret->n_env < GT_VAR_COUNT; i++) {
		struct gt_barrier_env *e = &ret->env[ret->n_env];
		char *eq = strchr(s.text[i], '='), *expect = strchr(s.text[i], 1);

		e->has_expect = expect != NULL;
		if (expect)
			*expect++ = '\0';
		if (!eq || (expect && eq > expect))
			continue;
		*eq++ = '\0';
		if (gt_copy_str(e->name, sizeof(e->name), s.text[i]) &&
		    gt_copy_str(e->value, sizeof(e->value), eq) &&
		    gt_copy_str(e->expect, sizeof(e->expect), expect ? expect : ""))
			ret->n_env++;
	}
}

/* ---- what a stack says ---- */

static int read_vars(const struct gt_stack *s, struct gt_env_var var[GT_VAR_COUNT])
{
	int r = gt_stack_vars(s, var);

	HOLDS(r == 0 || r == -EINVAL);
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		HOLDS(gt_env_var_valid(&var[v]));
		HOLDS(var[v].present == (var[v].count > 0) &&
		      !(var[v].too_long && var[v].value[0]));
	}
	return r;
}

static void check_args(const struct gt_stack *s)
{
	for (unsigned i = 0; i < 4; i++) {
		const char *a = gt_stack_arg(s, i);

		HOLDS(!a || (a >= (const char *)s->image && a < (const char *)s->image + s->len &&
			     memchr(a, 0, s->len - (size_t)(a - (const char *)s->image))));
	}
	HOLDS(!gt_stack_arg(s, UINT32_MAX));
}

/* The first of a name counts, and a value that does not fit is none. */
static void check_against(const struct strings *env, const struct gt_env_var var[GT_VAR_COUNT])
{
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		size_t len = strlen(gt_var_name[v]);
		const char *first = NULL;
		uint32_t n = 0;

		for (size_t i = 0; i < env->n; i++) {
			if (strncmp(env->text[i], gt_var_name[v], len) != 0 ||
			    env->text[i][len] != '=')
				continue;
			first = first ? first : env->text[i] + len + 1;
			n++;
		}
		HOLDS(var[v].count == n && var[v].present == (n > 0));
		HOLDS(!first || var[v].too_long == (strlen(first) >= sizeof(var[v].value)));
		HOLDS(!first || var[v].too_long || strcmp(first, var[v].value) == 0);
	}
}

/* ---- what is built ---- */

/* The new stack above the old one, as the program finds it. */
static struct gt_stack join(const struct gt_stack *s, const struct gt_stack_new *n,
			    unsigned char **mem)
{
	size_t len = (size_t)(s->sp + s->len - n->sp);

	*mem = calloc(1, len);
	HOLDS(*mem);
	memcpy(*mem, n->image + (n->sp - n->addr), n->len - (size_t)(n->sp - n->addr));
	memcpy(*mem + (s->sp - n->sp), s->image, s->len);
	return (struct gt_stack){.image = *mem, .len = len, .sp = n->sp};
}

/* NAME's first value, or NULL. */
static const char *env_of(const struct gt_stack *s, const char *name)
{
	uint64_t argc, p;

	memcpy(&argc, s->image, 8);
	for (size_t off = (size_t)(argc + 2) * 8;; off += 8) {
		const char *text;

		memcpy(&p, s->image + off, 8);
		if (p == 0)
			return NULL;
		HOLDS(p >= s->sp && p < s->sp + s->len);
		text = (const char *)s->image + (p - s->sp);
		if (strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '=')
			return text + strlen(name) + 1;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Two entries of one name: the planner makes none, and what becomes of them is the builder's. */
static bool has_doubles(const struct gt_barrier_job *job)
{
	for (uint32_t i = 0; i < job->n_env; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (strcmp(job->env[i].name, job->env[j].name) == 0)
				return true;
		}
	}
	return false;
}

/* The new stack has what was asked for where there is no error, and else what was there. */
static void check_new(const struct gt_stack *s, const struct gt_barrier_job *job,
		      const struct gt_stack_new *n)
{
	struct gt_env_var before[GT_VAR_COUNT], after[GT_VAR_COUNT];
	unsigned char *mem;
	struct gt_stack now = join(s, n, &mem);

	HOLDS(read_vars(s, before) == 0 && read_vars(&now, after) == 0);
	for (unsigned i = 0; i < 8; i++)
		HOLDS(same_text(gt_stack_arg(s, i), gt_stack_arg(&now, i)));
	for (uint32_t i = 0; i < job->n_env && !has_doubles(job); i++) {
		const char *name = job->env[i].name, *is = env_of(&now, name);

		HOLDS(strchr(name, '=') ||
		      same_text(is, n->env_error[i] == 0 ? job->env[i].value : env_of(s, name)));
	}
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		bool asked = false;

		for (uint32_t i = 0; i < job->n_env; i++)
			asked = asked || strcmp(job->env[i].name, gt_var_name[v]) == 0;
		HOLDS(asked || memcmp(&before[v], &after[v], sizeof(before[v])) == 0);
	}
	free(mem);
}

static void check_build(const struct gt_stack *s, const struct gt_barrier_job *job, bool compact)
{
	size_t cap = gt_stack_room(s->len);
	unsigned char *room = malloc(cap);
	struct gt_stack_new n;
	int r;

	HOLDS(room);
	r = gt_stack_build(s, job, compact, room, cap, &n);
	HOLDS(r == 0 || r == -EINVAL || r == -E2BIG || r == -ENOSPC);
	HOLDS(r == 0 || (!n.changed && !n.image));
	HOLDS(gt_stack_new_valid(&n, s, cap));
	if (n.changed) {
		HOLDS(n.image == room && n.addr + n.len == (s->sp & ~15ULL));
		HOLDS(compact == (n.map_addr == 0));
		check_new(s, job, &n);
		/* In a room of just that size, and in none that is smaller. */
		HOLDS(gt_stack_build(s, job, compact, room, n.len, &n) == 0);
		HOLDS(gt_stack_build(s, job, compact, room, n.len - 1, &n) == -E2BIG);
	}
	free(room);
}

/* ---- what a builder that was taken over answers ---- */

static void check_lie(struct fuzz_in *in, const struct gt_stack *s)
{
	struct gt_stack_new n = {0};
	size_t cap = (size_t)(fuzz_u64(in) % (32u << 20));
	uint64_t top = s->sp & ~15ULL;

	if (fuzz_byte(in) & 1) { /* near what is right */
		n.len = (size_t)fuzz_u64(in);
		n.addr = n.ret_slot = top - n.len + fuzz_byte(in) % 3;
		n.sp = n.addr + 8 + fuzz_byte(in) % 3;
		n.map_addr = fuzz_u64(in) + n.addr;
		n.changed = true;
	} else if (in->n >= sizeof(n)) {
		memcpy(&n, in->p, sizeof(n));
	}
	if (!gt_stack_new_valid(&n, s, cap))
		return;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++)
		HOLDS(n.env_error[i] <= 0 && n.env_error[i] > -4096);
	if (!n.changed)
		return;
	HOLDS(n.len <= cap && n.addr < s->sp && n.addr + n.len <= s->sp);
	HOLDS(n.sp % 16 == 0 && n.sp > n.addr && n.sp + 8 <= s->sp);
	HOLDS(n.map_addr == 0 ||
	      (n.map_addr > n.addr && n.map_addr + sizeof(struct prctl_mm_map) <= n.addr + n.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t limits[] = {UINT64_MAX, 8 << 20, 1 << 20, 256 << 10, 0};
	static struct strings argv, env;
	struct fuzz_in in = {data, size};
	unsigned how = fuzz_byte(&in), n_patches = fuzz_byte(&in) % 4;
	struct gt_env_var var[GT_VAR_COUNT];
	struct {
		size_t off;
		uint64_t value;
	} patch[3];
	struct gt_barrier_job job;
	struct gt_stack s;

	for (unsigned i = 0; i < n_patches; i++) {
		patch[i].off = fuzz_byte(&in) * 8u;
		patch[i].value = fuzz_u64(&in);
	}
	take_strings(&in, &argv);
	take_strings(&in, &env);
	take_job(&in, &job);
	s = lay_out(SP + how % 16, &argv, &env);
	s.limit = limits[how / 16 % GT_ARRAY_LEN(limits)];
	if (how >= 0xf0) { /* any bytes */
		s.image = data;
		s.len = size;
	}
	for (unsigned i = 0; i < n_patches && how < 0xf0; i++) {
		patch[i].value += patch[i].value & 1 ? 0 : s.sp;
		memcpy(image + patch[i].off, &patch[i].value, 8);
	}
	check_args(&s);
	if (read_vars(&s, var) == 0 && n_patches == 0 && how < 0xf0)
		check_against(&env, var);
	check_build(&s, &job, false);
	check_build(&s, &job, true);
	check_lie(&in, &s);
	return 0;
}
