/*
 * What the files that write a record share. All pure but for the heap of buffers.
 */
#ifndef GOTUNE_RECORD_TEXT_H
#define GOTUNE_RECORD_TEXT_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* A sentence that grows in a buffer of fixed size, and is cut at its end. */
struct gt_text {
	char *buf;
	size_t cap, len;
};
void gt_text_add(struct gt_text *t, const char *fmt, ...) GT_PRINTF(2, 3);

/* Where the planner found a limit: "config.json", or "cgroup PATH". */
#define GT_PLACE_CAP (GT_WHERE_CAP + 32)
void gt_record_quota_place(const struct gt_record *r, char ret[GT_PLACE_CAP]);
/* ... memory.max, or with HIGH memory.high. */
void gt_record_memory_place(const struct gt_record *r, bool high, char ret[GT_PLACE_CAP]);

/* 1610612736 -> "1.5 GiB", 460 << 20 -> "460 MiB". */
void gt_record_bytes(uint64_t bytes, char *buf, size_t cap);

/* A moment as RFC 3339 writes it: in UTC, to the millisecond; "" for a year that is out of range.
 */
#define GT_TIME_CAP 64
void gt_record_time_text(int64_t seconds, uint32_t ns, char ret[GT_TIME_CAP]);

/* The record's `facts` object. */
void gt_record_facts(const struct gt_record *r, struct gt_jw *w);

/* The record as a JSON object, to a writer of text or of events. */
void gt_record_write(const struct gt_record *r, struct gt_jw *w);

#endif
