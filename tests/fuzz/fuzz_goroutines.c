/*
 * A running Go program that lies. The first byte says which version and how many goroutines; then
 * come changes to its file and memory: three bytes of address, one of length (1 to 8), the bytes.
 * If the first byte is 0xff, the rest is the beginning of its ELF file, and its only segment.
 */
#include "fuzz.h"

#define assert_true(c)	       ((c) ? (void)0 : abort())
#define assert_non_null(p)     ((p) ? (void)0 : abort())
#define assert_int_equal(a, b) ((a) == (b) ? (void)0 : abort())
#define fail_msg(...)	       abort()
#include "../unit/goroutines/fake.h"

static struct fake fake;
static struct gt_gor_answer answer;

static int ignore_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)ev, (void)e;
	return 0;
}

static void write_all(const struct gt_gor_snapshot *s)
{
	static struct gt_gor_history h;
	struct gt_gor_target t = {.pid = 1};
	struct gt_buf out = {0};
	struct gt_err e;

	for (int i = 0; i < 3; i++)
		HOLDS(gt_gor_history_add(&h, s, 500) == 0);
	gt_gor_write_folded(s, &out);
	HOLDS(gt_gor_write_flame(s, &out) == 0);
	gt_gor_write_heat(&h, &out);
	gt_gor_write_heat_text(&h, 80, &out);
	HOLDS(out.error == 0);
	gt_buf_done(&out);
	gt_gor_write_json(&t, s, &h, &out);
	HOLDS(gt_json_walk(out.p, out.len, 0, ignore_event, NULL, NULL, &e) == 0);
	gt_buf_done(&out);
	gt_gor_history_done(&h);
}

/* Nothing that is accepted has a name that is not there, or more goroutines than the list. */
static void check(int r)
{
	struct gt_gor_snapshot s = {0};

	if (r < 0)
		return;
	r = gt_gor_answer_check(&answer, 1000, &s);
	HOLDS(r == 0 || r == -EBADMSG); /* two goroutines of one number */
	if (r < 0)
		return;
	HOLDS(s.n_gor <= GS_MAX);
	for (uint32_t i = 0; i < s.n_kind; i++) {
		HOLDS(gt_utf8_valid_len(s.text + s.kind[i].by, strlen(s.text + s.kind[i].by)) ==
		      strlen(s.text + s.kind[i].by));
		HOLDS(s.kind[i].n_read <= GT_GOR_STACKS);
	}
	write_all(&s);
}

/* Where probes would go: at a return, each of them, and in the code. */
static void find_probes(void)
{
	struct gt_sym_mem file = {.read = fake_read_file, .ctx = &fake, .budget = 1u << 20};
	struct gt_gor_probes p;
	struct gt_err e = {0};

	if (fuzz_answer(gt_gor_probes_find(&fake.rt, &file, &p, &e), &e) != 0)
		return;
	HOLDS(p.n_birth > 0 && p.n_birth <= GT_UPROBE_RETS && p.end > 0 && p.end < TEXT_LEN);
	for (uint32_t i = 0; i < p.n_birth; i++)
		HOLDS(p.birth[i] < TEXT_LEN && fake.b[p.birth[i]] == 0xc3);
}

static void run_program(struct fuzz_in *in)
{
	struct gt_err e = {0};
	uint8_t first = fuzz_byte(in);
	int r;

	fake_make(&fake, 19 + first % 9, 1 + first / 9);
	while (in->n > 0) {
		uint32_t at = (uint32_t)fuzz_byte(in) << 16;
		unsigned n;

		at |= (uint32_t)fuzz_byte(in) << 8;
		at |= fuzz_byte(in);
		n = 1 + fuzz_byte(in) % 8;
		for (unsigned i = 0; i < n && at + i < FAKE_LEN; i++)
			fake.b[at + i] = fuzz_byte(in);
	}
	if (gt_sym_names_find(&fake.rt.image, &fake.rt.names) != 0)
		return;
	r = fuzz_answer(gt_gor_locate(&fake.rt, &fake.mem, &e), &e);
	if (r == 0)
		find_probes();
	memset(&answer, 0, offsetof(struct gt_gor_answer, arena.room));
	if (r == 0)
		r = fuzz_answer(gt_gor_collect(&fake.rt, &fake.mem, &answer, &e), &e);
	check(r);
}

static void run_file(const uint8_t *data, size_t size)
{
	struct gt_sym_image im;
	struct gt_sym_names t;

	if (gt_sym_image_parse(data, size, &im) == 0) {
		HOLDS(im.n_seg <= GT_SYM_SEGS);
		if (gt_sym_image_place(&im, data, size) == 0)
			(void)gt_sym_image_has(&im, 0x400000, true);
	}
	im = (struct gt_sym_image){.n_seg = 1,
				   .seg[0] = {.bytes = data, .filesz = size, .memsz = size}};
	if (gt_sym_names_find(&im, &t) != 0)
		return;
	t.text = 0;
	t.etext = UINT64_MAX;
	for (uint32_t i = 0; i < t.n_func && i < 100; i++) {
		char place[64];
		size_t len;
		const char *s = gt_sym_names_name(&t, i, &len);

		HOLDS(len <= 512 && (len == 0 || s[0] || len == 1));
		gt_sym_names_place(&t, i, gt_sym_names_entry(&t, i), place, sizeof(place));
		HOLDS(memchr(place, '\0', sizeof(place)) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};

	if (size > 0 && data[0] == 0xff)
		run_file(data + 1, size - 1);
	else
		run_program(&in);
	return 0;
}
