/*
 * Reads a copy of a program's first stack: argc, argv, envp and auxv, from the stack pointer up.
 * Pure; runs in the sandboxed parser. Source: System V AMD64 ABI 3.4.1, and AAPCS64.
 */
#include <elf.h>
#include <string.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "layout.h"

#define ENV_MAX (1u << 20) /* entries; the kernel's own bound on their bytes is 6 MiB */

bool gt_stack_word(const struct gt_stack *s, size_t off, uint64_t *ret)
{
	if (off > s->len || s->len - off < GT_STACK_WORD)
		return false;
	memcpy(ret, s->image + off, GT_STACK_WORD);
	return true;
}

int gt_stack_find(const struct gt_stack *s, struct gt_stack_layout *ret)
{
	uint64_t v;
	size_t off;

	if (!gt_stack_word(s, 0, &ret->argc) || ret->argc > s->len / GT_STACK_WORD)
		return -EINVAL;
	off = GT_STACK_WORD * (size_t)(ret->argc + 2);
	ret->envp = off;
	for (ret->n_env = 0;; ret->n_env++, off += GT_STACK_WORD) {
		if (!gt_stack_word(s, off, &v) || ret->n_env > ENV_MAX)
			return -EINVAL;
		if (v == 0)
			break;
	}
	off += GT_STACK_WORD;
	ret->auxv = off;
	for (ret->n_aux = 2;; ret->n_aux += 2, off += 2 * GT_STACK_WORD) {
		if (!gt_stack_word(s, off, &v))
			return -EINVAL;
		if (v == AT_NULL)
			break;
	}
	return s->len - ret->auxv < ret->n_aux * GT_STACK_WORD ? -EINVAL : 0;
}

/* The string that address P points to, or NULL when it is not wholly inside the image. */
const char *gt_stack_string(const struct gt_stack *s, uint64_t p)
{
	uint64_t off = p - s->sp;

	if (p < s->sp || off >= s->len || !memchr(s->image + off, '\0', s->len - (size_t)off))
		return NULL;
	return (const char *)s->image + off;
}

const char *gt_stack_env(const struct gt_stack *s, const struct gt_stack_layout *l, size_t i)
{
	uint64_t p;

	return gt_stack_word(s, l->envp + i * GT_STACK_WORD, &p) ? gt_stack_string(s, p) : NULL;
}

bool gt_stack_is_name(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

const char *gt_stack_arg(const struct gt_stack *stack, unsigned i)
{
	struct gt_stack_layout l = {0};
	uint64_t p;

	if (gt_stack_find(stack, &l) < 0 || i >= l.argc ||
	    !gt_stack_word(stack, (1 + i) * GT_STACK_WORD, &p))
		return NULL;
	return gt_stack_string(stack, p);
}

/* The first entry of a name counts, as in Go. */
static void take_var(struct gt_env_var *v, const char *value)
{
	v->count++;
	if (v->present)
		return;
	v->present = true;
	v->too_long = !gt_copy_str(v->value, sizeof(v->value), value);
	if (v->too_long)
		v->value[0] = '\0';
}

int gt_stack_vars(const struct gt_stack *stack, struct gt_env_var ret[GT_VAR_COUNT])
{
	struct gt_stack_layout l = {0};
	int r = gt_stack_find(stack, &l);

	memset(ret, 0, GT_VAR_COUNT * sizeof(*ret));
	for (size_t i = 0; r == 0 && i < l.n_env; i++) {
		const char *have = gt_stack_env(stack, &l, i);

		if (!have)
			return -EINVAL;
		for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
			if (gt_stack_is_name(have, gt_var_name[v]))
				take_var(&ret[v], have + strlen(gt_var_name[v]) + 1);
		}
	}
	return r;
}
