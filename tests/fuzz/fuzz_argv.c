/* The command line of the wrapper: words, separated by NULs. */
#include "fuzz.h"
#include "gotune/runtime.h"

#define WORDS_MAX 64

static char *word[WORDS_MAX + 2];
static char text[4096];
static int n_word;

/* What is found is one of the words, or lies in one behind its '=' or its "-b". */
static bool is_ours(const char *s)
{
	for (int i = 1; s && i < n_word; i++) {
		if (s >= word[i] && s <= word[i] + strlen(word[i]))
			return s == word[i] || s == word[i] + 2 || s[-1] == '=';
	}
	return !s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char self[] = "gotune-runtime";
	struct gt_runtime_argv a;
	size_t len = size < sizeof(text) - 1 ? size : sizeof(text) - 1;

	memcpy(text, data, len);
	text[len] = '\0';
	n_word = 0;
	word[n_word++] = self;
	for (size_t at = 0; at < len && n_word <= WORDS_MAX; at += strlen(text + at) + 1)
		word[n_word++] = text + at;
	word[n_word] = NULL;
	gt_runtime_argv_parse(n_word, word, &a);
	HOLDS(is_ours(a.verb) && is_ours(a.bundle) && is_ours(a.pid_file) && is_ours(a.config));
	HOLDS(is_ours(a.process) && is_ours(a.id));
	HOLDS(a.verb || (!a.bundle && !a.process && !a.id));
	return 0;
}
