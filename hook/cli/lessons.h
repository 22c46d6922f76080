/*
 * What gotuned has learned, as commands print it.
 */
#ifndef GOTUNE_CLI_LESSONS_H
#define GOTUNE_CLI_LESSONS_H

#include "cli.h"
#include "gotune/lessons.h"

/* The rule that is rolled back in slot I, below GT_LESSONS_RULES; NULL: none. */
const struct gt_lesson *gt_cli_rolled_back_at(const struct gt_pages *lessons, uint32_t i);

/* One sentence: "rule web was rolled back at ...: oom-killed: 9 of 12 canaries, ...". */
void gt_cli_rolled_back_text(const struct gt_lesson *l, char *buf, size_t cap);

/* A paragraph for each rule that is rolled back; nothing where there is none. */
void gt_cli_rolled_back(const struct gt_pages *lessons, struct gt_cli_out *out);

/* The same as the member "rolled_back", an array. */
void gt_cli_rolled_back_json(const struct gt_pages *lessons, struct gt_jw *w);

#endif
