/*
 * Requests: a container's name, then NAME=VALUE lines of annotations, of GOTUNE_* variables, of
 * --set and of labels, an empty line between each.
 */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_bundle b;
static struct gt_list set, labels;
static struct gt_requests req, again;

static void take_pairs(struct fuzz_in *in, struct gt_strv *ret)
{
	gt_strv_clear(ret);
	for (struct fuzz_in line = fuzz_until(in, '\n'); line.n > 0; line = fuzz_until(in, '\n')) {
		struct fuzz_in k = fuzz_until(&line, '=');

		(void)gt_strv_add_pair(ret, (const char *)k.p, k.n, (const char *)line.p, line.n);
	}
}

static void check(const struct gt_requests *r)
{
	HOLDS(r->n_sysctl <= GT_SYSCTL_MAX && r->n_unknown <= GT_UNKNOWN_KEYS_MAX);
	for (unsigned i = 0; i < GT_KEY_COUNT; i++) {
		HOLDS(r->key[i].origin < GT_ORIGIN_COUNT);
		HOLDS(memchr(r->key[i].value, '\0', sizeof(r->key[i].value)));
	}
	for (uint32_t i = 0; i < r->n_sysctl; i++) {
		HOLDS(r->sysctl[i].origin > GT_ORIGIN_NONE && r->sysctl[i].name[0]);
		for (uint32_t j = 0; j < i; j++)
			HOLDS(strcmp(r->sysctl[i].name, r->sysctl[j].name) != 0);
	}
	for (uint32_t i = 0; i < r->n_unknown; i++)
		HOLDS(memchr(r->unknown[i], '\0', sizeof(r->unknown[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	char name[128];

	gt_bundle_init(&b);
	gt_list_init(&set);
	gt_list_init(&labels);
	fuzz_text(&in, '\n', name, sizeof(name));
	take_pairs(&in, &b.annotations);
	take_pairs(&in, &b.gotune_env);
	take_pairs(&in, &set.v);
	take_pairs(&in, &labels.v);
	gt_read_requests(&b, name, &set.v, &req);
	check(&req);
	/* Labels rank below all others: they change nothing that was asked for. */
	again = req;
	gt_read_labels(&labels.v, &again);
	check(&again);
	for (unsigned i = 0; i < GT_KEY_COUNT; i++) {
		HOLDS(req.key[i].origin == GT_ORIGIN_NONE ||
		      memcmp(&req.key[i], &again.key[i], sizeof(req.key[i])) == 0);
	}
	HOLDS(memcmp(req.sysctl, again.sysctl, req.n_sysctl * sizeof(req.sysctl[0])) == 0 ||
	      labels.v.n > 0);
	return 0;
}
