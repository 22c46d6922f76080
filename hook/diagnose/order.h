/* In which order the lines of a log come: some tools give the newest first. */
#ifndef GOTUNE_DIAGNOSE_ORDER_H
#define GOTUNE_DIAGNOSE_ORDER_H

#include "gotune/base.h"

#define GT_ORDER_LAST 16u

/* Whose clock a time is. */
enum gt_order_clock { GT_ORDER_WRAPPER, GT_ORDER_PROGRAM, GT_ORDER_CLOCKS };

/* A number that its process counts up. */
struct gt_order_mark {
	uint32_t stream, of; /* of: 0: a cycle; else a SCHED line of so many Ps */
	double n, at;	     /* at: seconds since the program's start */
};

struct gt_order {
	struct gt_order_mark last[GT_ORDER_LAST]; /* a ring */
	uint64_t marks;
	char time[GT_ORDER_CLOCKS][40];
	uint64_t up, down;	     /* marks that follow, or precede, the one that is nearest */
	uint64_t most_up, most_down; /* SCHED lines: or most of the last ones */
	unsigned pseudo;	     /* the last header of HTTP/2 that began with a colon, from 1 */
	uint64_t frame[2]; /* the last stream that a client, and a server, got headers on */
	uint64_t time_up, time_down; /* the same of wall clocks */
};

/* Cycle N began AT seconds after the program's start. */
void gt_order_gc(struct gt_order *o, uint32_t stream, double n, double at);
/* A SCHED line of a program with PROCS Ps. */
void gt_order_sched(struct gt_order *o, uint32_t stream, double ms, double procs);
/* TEXT behind "http2: ". */
void gt_order_h2(struct gt_order *o, const char *text, size_t n);
/* TIME as "2026-11-28T18:50:29.156Z" or "2026/11/28 18:50:29"; "": there is none. */
void gt_order_time(struct gt_order *o, enum gt_order_clock c, const char *time);

/* 1: the oldest line first, -1: the newest, 0: cannot be told. */
int gt_order_of(const struct gt_order *o);
/* Is that -1, whatever follows? */
bool gt_order_is_surely_backward(const struct gt_order *o);

#endif
