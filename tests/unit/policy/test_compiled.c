/*
 * The compiled policy: it says what the files say, the build has compiled the built-in one as we
 * would now, and whatever is wrong with a block is found before anybody uses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "policy/cache.h"
#include "policy/compiled.h"

/* A policy with all that a block can hold. */
static const char doc[] =
	"{\"profiles\": {\"mine\": {\"gogc\": 75, \"sysctl\": {\"net.core.somaxconn\": 5}}},"
	" \"rules\": ["
	"{\"name\": \"a\", \"match\": {\"image\": \"x/a*\", \"annotation\": {\"k\": \"v*\", \"l\": \"\"}},"
	" \"profile\": \"mine\"},"
	"{\"name\": \"b\", \"match\": {\"image\": \"x/a*\", \"command\": \"c\", \"cgroup\": \"d\","
	" \"engine\": \"docker\"}, \"profile\": \"mine\", \"mode\": \"audit\", \"rollout_percent\": 5},"
	"{\"name\": \"c\", \"match\": {\"annotation\": {\"m\": \"n\"}}}]}";

static void compile_layers(struct gt_policy *ret)
{
	struct gt_layer layer[2] = {{"built-in", false, ""}, {"/x", false, ""}};
	struct gt_draft d = {0};
	const char *text[] = {gt_policy_builtin_json, doc};

	for (uint8_t i = 0; i < 2; i++) {
		assert_int_equal(gt_policy_read_layer(&d, i, text[i], strlen(text[i]),
						      layer[i].error, sizeof(layer[i].error)),
				 0);
		assert_string_equal(layer[i].error, "");
	}
	assert_int_equal(gt_policy_resolve(&d, layer, 2, ret), 0);
	gt_draft_done(&d);
}

static void test_a_block_says_what_the_files_say(void **state)
{
	struct gt_policy p;
	const struct gt_rule *r;

	(void)state;
	compile_layers(&p);
	r = p.rule;
	assert_int_equal(p.n_rule, 3);
	assert_int_equal(p.n_layer, 2);
	assert_int_equal(p.n_annotation, 3);
	assert_string_equal(gt_rule_text(&p, r[0].image), "x/a*");
	assert_int_equal(r[1].image, r[0].image); /* the text is there once */
	assert_int_equal(r[1].profile, r[0].profile);
	assert_string_equal(gt_rule_text(&p, r[0].command), "");
	assert_string_equal(gt_rule_text(&p, r[1].command), "c");
	assert_string_equal(gt_rule_text(&p, r[1].cgroup), "d");
	assert_string_equal(gt_rule_text(&p, r[1].engine), "docker");
	assert_string_equal(gt_rule_text(&p, r[2].name), "c");
	assert_int_equal(r[0].n_annotation, 2);
	assert_int_equal(r[1].n_annotation, 0);
	assert_string_equal(gt_rule_text(&p, p.annotation[r[0].annotation + 1].key), "l");
	assert_string_equal(gt_rule_text(&p, p.annotation[r[0].annotation + 1].value), "");
	assert_string_equal(gt_rule_text(&p, p.annotation[r[2].annotation].key), "m");
	assert_true(!r[0].has_mode && r[1].has_mode && r[1].mode == GT_MODE_AUDIT);
	assert_int_equal(r[0].rollout_percent, 100);
	assert_int_equal(r[1].rollout_percent, 5);
	assert_int_equal(gt_policy_profile(&p, "mine")->gogc, 75);
	assert_string_equal(p.layer[1].path, "/x");
	gt_policy_done(&p);
}

/* Byte by byte: also what no reader looks at is the same in each build. */
static void test_builtin_is_compiled_as_it_is_read(void **state)
{
	const struct gt_compiled *built = gt_compiled_builtin();
	const struct gt_compiled *now;
	struct gt_policy p;

	(void)state;
	assert_int_equal(gt_policy_read_builtin_json(&p), 0);
	assert_true(gt_policy_is_valid(&p) && !p.broken);
	now = gt_compiled_block(&p);
	assert_int_equal(now->len, built->len);
	assert_memory_equal(now, built, built->len);
	assert_int_equal(gt_compiled_check(built, built->len), 0);
	gt_policy_done(&p);
}

/* A copy of the block of doc, at the end of a mapping: a read beyond it is a crash. */
static struct gt_compiled *copy_of_block(size_t *ret_len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room;
	struct gt_policy p;
	char *map, *at;

	compile_layers(&p);
	*ret_len = gt_compiled_block(&p)->len;
	room = (*ret_len + page - 1) / page * page;
	map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + room, page, PROT_NONE), 0);
	at = map + (room - *ret_len) / 8 * 8;
	memcpy(at, gt_compiled_block(&p), *ret_len);
	gt_policy_done(&p);
	return (void *)at; /* not unmapped: the test ends soon */
}

static struct gt_compiled *block;
static size_t block_len;

#define IN(c, place, type, i) ((type *)((char *)(c) + (c)->place) + (i))

/* What is done to a block, and its name. */
struct broken {
	const char *name;
	void (*spoil)(struct gt_compiled *c);
};

#define SPOIL(name, ...)                                \
	static void spoil_##name(struct gt_compiled *c) \
	{                                               \
		__VA_ARGS__;                            \
	}
#define RULE(i)	   IN(c, rule, struct gt_rule, i)
#define PROFILE(i) IN(c, profile, struct gt_profile, i)
#define LAYER(i)   IN(c, layer, struct gt_layer, i)
#define PAIR(i)	   IN(c, annotation, struct gt_rule_pair, i)
#define FILL(a)	   memset(a, 'x', sizeof(a))
#define BYTE(x)	   (*(unsigned char *)&(x))

SPOIL(len, c->len = 7)
SPOIL(len_beyond, c->len += 8)
SPOIL(profile_place, c->profile = (uint32_t)c->len - 8)
SPOIL(rule_place, c->rule += 4)
SPOIL(annotation_place, c->annotation = UINT32_MAX - 7)
SPOIL(layer_place, c->layer = (uint32_t)c->len + 8)
SPOIL(text_place, c->text += 8)
SPOIL(n_profile, c->top.n_profile = GT_PROFILES_MAX + 1)
SPOIL(n_rule, c->top.n_rule = GT_RULES_MAX + 1)
SPOIL(n_rule_beyond, c->top.n_rule = GT_RULES_MAX)
SPOIL(n_layer, c->top.n_layer = GT_LAYERS_MAX + 1)
SPOIL(no_layer, c->top.n_layer = 0)
SPOIL(n_annotation, c->top.n_annotation = UINT32_MAX)
SPOIL(text_len, c->top.text_len += 9)
SPOIL(no_text, c->top.text_len = 0)
SPOIL(text_end, c->top.text_len -= 1)
SPOIL(text_begin, *IN(c, text, char, 0) = 'x')
SPOIL(mode, c->top.mode = GT_MODE_COUNT)
SPOIL(select, c->top.select = GT_SELECT_COUNT)
SPOIL(on_error, c->top.on_error = GT_ON_ERROR_COUNT)
SPOIL(flag, BYTE(c->top.broken) = 2)
SPOIL(source, c->top.from.mode = 2)
SPOIL(default_profile, FILL(c->top.default_profile))
SPOIL(godebug_allow, FILL(c->top.godebug_allow))
SPOIL(n_allow_sysctl, c->top.n_allow_sysctl = GT_SYSCTL_MAX + 1)
SPOIL(allow_sysctl, FILL(c->top.allow_sysctl[0]))
SPOIL(n_runtimes, c->top.n_runtimes = GT_ARRAY_LEN(c->top.runtimes) + 1)
SPOIL(runtimes, FILL(c->top.runtimes[1]))
SPOIL(profile_name, FILL(PROFILE(0)->name))
SPOIL(profile_inherits, FILL(PROFILE(1)->inherits))
SPOIL(description, FILL(PROFILE(2)->description))
SPOIL(godebug, FILL(PROFILE(0)->godebug))
SPOIL(profile_flag, BYTE(PROFILE(0)->broken) = 2)
SPOIL(gomaxprocs, BYTE(PROFILE(0)->gomaxprocs) = 2)
SPOIL(round_word, PROFILE(0)->round = GT_ROUND_COUNT)
SPOIL(numa, PROFILE(0)->numa = GT_NUMA_COUNT)
SPOIL(min, PROFILE(0)->min = 0)
SPOIL(max, PROFILE(0)->max = GT_CPUS_MAX + 1)
SPOIL(ratio, PROFILE(0)->ratio_permille = 1001)
SPOIL(gogc, PROFILE(0)->gogc = 1001)
SPOIL(nofile, PROFILE(0)->nofile = 63)
SPOIL(swappiness, PROFILE(0)->swappiness = -2)
SPOIL(n_sysctl, PROFILE(0)->n_sysctl = GT_SYSCTL_MAX + 1)
SPOIL(sysctl_name, FILL(PROFILE(0)->sysctl[0].name))
SPOIL(sysctl_value, FILL(PROFILE(0)->sysctl[0].value))
SPOIL(sysctl_layer, PROFILE(0)->sysctl[0].layer = 2)
SPOIL(profile_layer, PROFILE(0)->layer[GT_PK_MIN] = 2)
SPOIL(rule_name, RULE(0)->name = c->top.text_len)
SPOIL(rule_image, RULE(1)->image = UINT32_MAX)
SPOIL(rule_profile, RULE(2)->profile = c->top.text_len)
SPOIL(rule_annotations, RULE(0)->n_annotation = 9)
SPOIL(rule_annotation_beyond, RULE(2)->annotation = 3)
SPOIL(rule_annotation, RULE(1)->annotation = UINT32_MAX)
SPOIL(rollout, RULE(1)->rollout_percent = 101)
SPOIL(rule_mode, RULE(1)->mode = GT_MODE_COUNT)
SPOIL(rule_has_mode, BYTE(RULE(1)->has_mode) = 255)
SPOIL(rule_broken, BYTE(RULE(1)->broken) = 2)
SPOIL(rule_layer, RULE(1)->layer = 2)
SPOIL(pair_key, PAIR(0)->key = c->top.text_len)
SPOIL(pair_value, PAIR(2)->value = c->top.text_len)
SPOIL(layer_path, FILL(LAYER(1)->path))
SPOIL(layer_error, FILL(LAYER(1)->error))
SPOIL(layer_flag, BYTE(LAYER(1)->broken) = 2)

#define ROW(name)                   \
	{                           \
#name, spoil_##name \
	}
static const struct broken broken[] = {
	ROW(len),
	ROW(len_beyond),
	ROW(profile_place),
	ROW(rule_place),
	ROW(annotation_place),
	ROW(layer_place),
	ROW(text_place),
	ROW(n_profile),
	ROW(n_rule),
	ROW(n_rule_beyond),
	ROW(n_layer),
	ROW(no_layer),
	ROW(n_annotation),
	ROW(text_len),
	ROW(no_text),
	ROW(text_end),
	ROW(text_begin),
	ROW(mode),
	ROW(select),
	ROW(on_error),
	ROW(flag),
	ROW(source),
	ROW(default_profile),
	ROW(godebug_allow),
	ROW(n_allow_sysctl),
	ROW(allow_sysctl),
	ROW(n_runtimes),
	ROW(runtimes),
	ROW(profile_name),
	ROW(profile_inherits),
	ROW(description),
	ROW(godebug),
	ROW(profile_flag),
	ROW(gomaxprocs),
	ROW(round_word),
	ROW(numa),
	ROW(min),
	ROW(max),
	ROW(ratio),
	ROW(gogc),
	ROW(nofile),
	ROW(swappiness),
	ROW(n_sysctl),
	ROW(sysctl_name),
	ROW(sysctl_value),
	ROW(sysctl_layer),
	ROW(profile_layer),
	ROW(rule_name),
	ROW(rule_image),
	ROW(rule_profile),
	ROW(rule_annotations),
	ROW(rule_annotation_beyond),
	ROW(rule_annotation),
	ROW(rollout),
	ROW(rule_mode),
	ROW(rule_has_mode),
	ROW(rule_broken),
	ROW(rule_layer),
	ROW(pair_key),
	ROW(pair_value),
	ROW(layer_path),
	ROW(layer_error),
	ROW(layer_flag),
};

static void test_what_is_wrong_with_a_block_is_found(void **state)
{
	_cleanup_free_ char *whole = NULL;

	(void)state;
	block = copy_of_block(&block_len);
	whole = malloc(block_len);
	assert_non_null(whole);
	memcpy(whole, block, block_len);
	assert_int_equal(gt_compiled_check(block, block_len), 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(broken); i++) {
		broken[i].spoil(block);
		if (gt_compiled_check(block, block_len) != -EBADMSG)
			fail_msg("%s: not found", broken[i].name);
		memcpy(block, whole, block_len);
	}
	for (size_t cut = 0; cut < block_len; cut += 8) {
		if (gt_compiled_check(block, cut) != -EBADMSG)
			fail_msg("%zu bytes of it: not found", cut);
	}
	assert_int_equal(gt_compiled_check(block, block_len), 0);
}

static void count_row(void *ctx, const char *key, const char *value, const char *source)
{
	*(size_t *)ctx += strlen(key) + strlen(value) + strlen(source);
}

/* Any byte may be any other: what passes can be used. The sanitizers watch, and the page behind. */
static void test_any_byte_may_be_wrong(void **state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	unsigned char *bytes;
	size_t n = 0, passed = 0;

	(void)state;
	block = copy_of_block(&block_len);
	bytes = (void *)block;
	for (size_t i = 0; i < block_len; i++) {
		unsigned char was = bytes[i];

		/* The rooms of texts are many bytes of one kind. */
		if (i > sizeof(*block) && i < block->rule && i % 7)
			continue;
		for (size_t v = 0; v < sizeof(values); v++) {
			struct gt_policy p;

			bytes[i] = values[v];
			if (gt_compiled_check(block, block_len) < 0)
				continue;
			passed++;
			gt_compiled_view(block, &p);
			gt_policy_rows(&p, count_row, &n);
		}
		bytes[i] = was;
	}
	assert_true(n > 0 && passed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_block_says_what_the_files_say),
		cmocka_unit_test(test_builtin_is_compiled_as_it_is_read),
		cmocka_unit_test(test_what_is_wrong_with_a_block_is_found),
		cmocka_unit_test(test_any_byte_may_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
