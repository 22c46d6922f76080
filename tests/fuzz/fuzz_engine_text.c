/*
 * An engine's file as text: its encoding, and a config.toml that another tool wrote anew. The
 * document, a byte 0, the copy of before.
 */
#include "engine/containerd.h"
#include "engine/encoding.h"
#include "engine/unit.h"
#include "fuzz.h"
#include "gotune/base.h"

/* What was decoded is written again as it was. */
static void check_encoding(const struct fuzz_in *in)
{
	struct gt_buf text = {0}, back = {0};
	enum gt_encoding as;

	if (gt_text_decode((const char *)in->p, in->n, &text, &as) == 0) {
		HOLDS(gt_text_encode(text.p ? text.p : "", text.len, as, &back) == 0);
		HOLDS(back.len == in->n && (in->n == 0 || memcmp(back.p, in->p, in->n) == 0));
	}
	gt_buf_done(&text);
	gt_buf_done(&back);
}

/* What is left has nothing of ours: taken out again it stays as it is. */
static void check_rewritten(const struct fuzz_in *in, const struct fuzz_in *copy)
{
	struct gt_buf once = {0}, twice = {0};
	struct gt_err e = {0};

	if (fuzz_answer(gt_containerd_take_out((const char *)in->p, in->n, (const char *)copy->p,
					       copy->n, &once, &e),
			&e) == 0) {
		HOLDS(gt_containerd_take_out(once.p ? once.p : "", once.len, (const char *)copy->p,
					     copy->n, &twice, &e) == 0);
		HOLDS(gt_buf_is(&twice, once.p ? once.p : "", once.len));
	}
	gt_buf_done(&once);
	gt_buf_done(&twice);
}

/* Each word is a piece of the text without blanks and quotes. */
static void check_words(const struct fuzz_in *in)
{
	static struct gt_list words;
	struct gt_flag f = {0};
	char text[4096];
	struct fuzz_in rest = *in;
	const char *where, *word;

	fuzz_text(&rest, '\0', text, sizeof(text));
	gt_list_init(&words);
	gt_words_split(&words.v, "w", text);
	for (where = gt_strv_next(&words.v, NULL); where; where = gt_strv_next(&words.v, word)) {
		word = gt_strv_next(&words.v, where);
		HOLDS(word && *word && !strpbrk(word, " \t\r\n\"'") && strstr(text, word));
	}
	while (gt_words_next_flag(&words.v, "--config", "-c", &f))
		HOLDS(f.value && f.where);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in copy = {data, size}, doc = fuzz_until(&copy, '\0');
	const struct fuzz_in all = {data, size};

	check_encoding(&all);
	check_words(&doc);
	check_rewritten(&doc, &copy);
	return 0;
}
