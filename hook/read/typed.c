/*
 * A bundle that is built from typed messages instead of config.json, entry by entry, by the same
 * rules. Pure; runs in the parser worker.
 */
#include "bundle.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

void gt_read_add_env(struct gt_bundle *b, const char *entry, size_t len)
{
	gt_bundle_take_env(b, entry, len);
}

void gt_read_add_mount(struct gt_bundle *b, const struct gt_read_mount *m)
{
	struct gt_bundle_item item = {.bind = m->bind, .recursive = m->recursive};
	bool bind = m->bind || strcmp(m->type, "bind") == 0;
	const char *source = bind ? m->source : "";

	(void)gt_copy_str(item.type, sizeof(item.type), m->type); /* same sizes */
	(void)gt_copy_str(item.source, sizeof(item.source), m->source);
	/* A bind mount without a source that fits must not read as one without a source. */
	if (m->destination[0] != '/' || (bind && !source[0]))
		b->mounts.dropped++;
	else
		(void)gt_strv_add_pair(&b->mounts, m->destination, strlen(m->destination), source,
				       strlen(source)); /* counted there */
	if (!gt_copy_str(item.destination, sizeof(item.destination), m->destination))
		item.destination[0] = '\0'; /* none that we look for */
	gt_bundle_view_mount(b, &item);
}

void gt_read_add_namespace(struct gt_bundle *b, const char *type, const char *path)
{
	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		if (strcmp(type, gt_bundle_ns_type[i]) != 0)
			continue;
		b->ns[i].present = true;
		b->ns[i].joined = b->ns[i].joined || *path;
		if (!gt_copy_str(b->ns[i].path, sizeof(b->ns[i].path), path))
			b->ns[i].path[0] = '\0';
	}
}
