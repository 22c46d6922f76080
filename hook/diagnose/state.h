/* A log that is being read. */
#ifndef GOTUNE_DIAGNOSE_STATE_H
#define GOTUNE_DIAGNOSE_STATE_H

#include "cycle.h"
#include "form.h"
#include "gotune/diagnose.h"
#include "h2.h"
#include "item.h"
#include "knot.h"
#include "order.h"
#include "sched.h"

#define GT_LINE_MAX    65536 /* of a longer line the rest is skipped */
#define GT_STREAMS_MAX 16

/* A writer: a stream of a container, or a process of the journal. */
struct gt_stream {
	char name[8];
	uint64_t pid;
	struct gt_tear tear;
	struct gt_knot *knot; /* lines that lie mixed; NULL: there were none yet */
	char *part;	      /* of a line in pieces: GT_LINE_MAX bytes */
	size_t part_len;
	uint64_t part_line;
	bool has_pacer;
	struct gt_rt_line pacer; /* waits for its gc line */
	int sched;		 /* the process of the last SCHED line, for its detail; -1 */
};

struct gt_process {
	uint32_t stream;
	uint64_t first_line, last_line;
	struct gt_cycles gc;
	struct gt_sched sched;
};

/* The reader of a journal export: fields of an entry, ended by an empty line. */
struct gt_journal {
	bool on;
	uint64_t binary; /* bytes of a binary field that are still to come */
	uint8_t size_left;
	uint64_t size;
	bool is_message, skip_newline;
	char *message; /* GT_LINE_MAX bytes */
	size_t len;
	uint64_t pid, line;
	bool partial;
};

struct gt_diagnose {
	struct gt_diagnose_known known;
	uint64_t bytes, lines, ours, torn, lost, mixed, cut, ambiguous, form_lines[GT_LF_COUNT];
	bool clock_fell;
	struct gt_order order;
	bool backward;	 /* it is read from its end: see gt_diagnose_feed_back */
	bool back_begun; /* a line's end was met */
	char from[40], to[40];
	char *carry; /* a line that is not whole: GT_LINE_MAX bytes */
	size_t carry_len;
	bool too_long;
	char *scratch; /* GT_LINE_MAX bytes */
	struct gt_journal journal;
	struct gt_stream stream[GT_STREAMS_MAX];
	uint32_t n_stream;
	struct gt_process *process[GT_PROCESSES_MAX];
	uint32_t n_process;
	uint64_t left_out;
	uint64_t deadlock_line;
	struct gt_h2 *h2; /* NULL: no line of http2 yet */
	bool no_memory;
};

/* A whole line of stream I, without its wrapper (lines.c). */
void gt_lines_add(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line);
/* What is still open counts, as far as it is whole. */
void gt_lines_end(struct gt_diagnose *d);
/* A complete line of the runtime finds its process (process.c). */
void gt_process_gc(struct gt_diagnose *d, uint32_t s, const struct gt_rt_line *l);
void gt_process_sched(struct gt_diagnose *d, uint32_t s, const struct gt_rt_line *l);

/* The rules: each file fills RET's verdicts (rules.c has what they share). */
struct gt_judge {
	const struct gt_diagnose *d;
	struct gt_diagnosis *ret;
	int32_t process; /* -1: of none */
};
struct gt_diag_verdict *gt_say(struct gt_judge *j, enum gt_diag_id id, const char *fmt, ...)
	GT_PRINTF(3, 4);
void gt_say_figure(struct gt_diag_verdict *v, const char *key, double value);
void gt_say_line(struct gt_diag_verdict *v, uint64_t line);
void gt_say_time(struct gt_diag_verdict *v, double since_s, double until_s);
bool gt_said(const struct gt_judge *j, enum gt_diag_id id);
void gt_rules_gc(struct gt_judge *j, const struct gt_process *p);
void gt_rules_sched(struct gt_judge *j, const struct gt_process *p);
void gt_rules_h2(struct gt_judge *j, const struct gt_h2 *h);
void gt_rules_cgroup(struct gt_judge *j);

#endif
