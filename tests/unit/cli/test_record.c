/*
 * The page of a record: what stands on it, and that nothing in a record breaks its form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

static struct gt_record_view *new_view(void)
{
	struct gt_record_view *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	return v;
}

static void fill(char *s, size_t cap, char c)
{
	memset(s, c, cap - 1);
	s[cap - 1] = '\0';
}
#define FILL(field, c) fill(field, sizeof(field), c)

/* Every line is at most 80 bytes of printable ASCII. */
static void check_form(const char *name, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > GT_CLI_WIDTH)
			fail_msg("%s: a line of %zu: %.*s", name, len, (int)len, text);
		for (size_t i = 0; i < len; i++) {
			if (text[i] < 0x20 || text[i] > 0x7e)
				fail_msg("%s: byte 0x%02x", name, (unsigned char)text[i]);
		}
		text += len + (text[len] == '\n');
	}
}

static void test_gt_cli_record_says_what_is_in_it(void **state)
{
	static const char *const want[] = {
		"Container   web-1\n",
		"            go1.24.4, cgo off, main x/srv\n",
		"Profile     balanced, by rule canary\n",
		"Decided     2026-01-02T03:04:05Z, in 1.2 ms, stage prestart\n",
		"GOMAXPROCS  applied  2      -       cpu-quota\n    because\n",
		"GOGC        keep     -      50      already-set\n"
		"GODEBUG     keep     -      -       already-set\n    the same\n",
		"SOMETHING   failed   1      -       profile\n    Not applied: no room\n",
		"mem.memory   512MiB  config.json\n",
		"cpus_online  0-7     /sys/x\n",
		"Not known: shares, quota\n",
		"WARNINGS\n  careful\n",
		"3 more entries; see --format json\n",
	};
	struct gt_record_view *v = new_view();
	struct gt_cli_out o = {0};

	(void)state;
	*v = (struct gt_record_view){
		.id = "web-1",
		.profile = "balanced",
		.rule = "canary",
		.stage = "prestart",
		.go = "go1.24.4",
		.main_path = "x/srv",
		.cgo = GT_NO,
		.started_at = "2026-01-02T03:04:05Z",
		.duration_us = 1234,
		.n_setting = 4,
		.setting = {{.name = "GOMAXPROCS",
			     .verdict = "set",
			     .value = "2",
			     .reason = "cpu-quota",
			     .why = "because",
			     .applied = GT_YES},
			    {.name = "GOGC",
			     .verdict = "keep",
			     .has_before = true,
			     .before = "50",
			     .reason = "already-set",
			     .why = "the same"},
			    {.name = "GODEBUG",
			     .verdict = "keep",
			     .reason = "already-set",
			     .why = "the same"},
			    {.name = "SOMETHING",
			     .verdict = "set",
			     .value = "1",
			     .reason = "profile",
			     .error = "no room",
			     .applied = GT_NO}},
		.n_fact = 5,
		.fact = {{.key = "shares"},
			 {.key = "quota"},
			 {.key = "levels.0.quota"},
			 {.key = "mem.memory", .value = "536870912", .source = "config.json"},
			 {.key = "cpus_online", .value = "0-7", .source = "/sys/x"}},
		.n_warning = 1,
		.warning = {"careful"},
		.dropped = 3,
	};
	gt_cli_record(&o, v);
	for (size_t i = 0; i < GT_ARRAY_LEN(want); i++) {
		if (!strstr(o.buf.p, want[i]))
			fail_msg("lacks \"%s\":\n%s", want[i], o.buf.p);
	}
	gt_buf_done(&o.buf);
	free(v);
}

/* Every field as long as it gets, of each kind of byte that could break a line. */
static void test_gt_cli_record_keeps_its_form(void **state)
{
	static const char bytes[] = {'x', '\033', '\n', ' ', '\x9b', '%'};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		struct gt_record_view *v = new_view();
		struct gt_cli_out o = {0};
		char name[16], c = bytes[i];

		memset(v, c, sizeof(*v));
		FILL(v->id, c), FILL(v->bundle, c), FILL(v->engine, c), FILL(v->runtime, c);
		FILL(v->stage, c), FILL(v->mode, c), FILL(v->profile, c), FILL(v->rule, c);
		FILL(v->image, c), FILL(v->path, c), FILL(v->program_kind, c), FILL(v->go, c);
		FILL(v->main_path, c), FILL(v->via, c), FILL(v->note, c);
		FILL(v->automaxprocs, c), FILL(v->automemlimit, c), FILL(v->started_at, c);
		FILL(v->message, c);
		v->cgo = GT_YES;
		v->n_setting = GT_SETTINGS_MAX;
		v->n_fact = GT_VIEW_FACTS_MAX;
		v->n_warning = GT_WARNINGS_MAX;
		for (unsigned k = 0; k < GT_SETTINGS_MAX; k++) {
			struct gt_view_setting *s = &v->setting[k];

			FILL(s->name, c), FILL(s->kind, c), FILL(s->verdict, c);
			FILL(s->reason, c), FILL(s->value, c), FILL(s->before, c);
			FILL(s->why, c), FILL(s->error, c);
			s->has_before = true;
			s->applied = GT_NO;
		}
		for (unsigned k = 0; k < GT_VIEW_FACTS_MAX; k++) {
			FILL(v->fact[k].key, c), FILL(v->fact[k].value, c);
			FILL(v->fact[k].source, c);
		}
		for (unsigned k = 0; k < GT_WARNINGS_MAX; k++)
			FILL(v->warning[k], c);
		gt_cli_record(&o, v);
		assert_int_equal(o.buf.error, 0);
		(void)snprintf(name, sizeof(name), "byte 0x%02x", (unsigned char)c);
		check_form(name, o.buf.p);
		gt_buf_done(&o.buf);
		free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_cli_record_says_what_is_in_it),
		cmocka_unit_test(test_gt_cli_record_keeps_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
