/*
 * What a log of Go's runtime says: lines of GODEBUG's gctrace, gcpacertrace, schedtrace,
 * scheddetail and http2debug become verdicts, each with its evidence. Pure: bytes in, a report out.
 * Memory is bounded, whatever the bytes.
 */
#ifndef GOTUNE_DIAGNOSE_H
#define GOTUNE_DIAGNOSE_H

#include "gotune/base.h"

#define GT_DIAGNOSIS_SCHEMA "gotune.diagnosis/1"

enum gt_diag_id {
#define X(id, word, area, level, meaning, advice, cost, against, surer) GT_V_##id,
#include "gotune/diagnose/verdicts.def"
	GT_V_COUNT,
};
enum gt_diag_area {
	GT_VA_ANY,
	GT_VA_LOG,
	GT_VA_GC,
	GT_VA_SCHED,
	GT_VA_CGROUP,
	GT_VA_H2,
	GT_VA_COUNT,
};
enum gt_diag_level {
	GT_VL_NOTE,   /* nothing is wrong */
	GT_VL_UNTOLD, /* the log does not say */
	GT_VL_WARN,
	GT_VL_FAULT,
	GT_VL_COUNT,
};

/* A row of the catalogue; "-" where there is nothing to say. */
struct gt_diag_text {
	const char *word;
	enum gt_diag_area area;
	enum gt_diag_level level;
	const char *meaning, *advice, *cost, *against, *surer;
};
extern const struct gt_diag_text gt_diag_texts[GT_V_COUNT];
extern const struct gt_words gt_diag_words, gt_diag_area_words, gt_diag_level_words;

/* What is known from elsewhere: the decision record, the cgroup, the command line. All zero:
 * nothing is. */
struct gt_diagnose_known {
	char name[128];	 /* of the container or the log; for people */
	char go[32];	 /* "go1.27.4" */
	char source[48]; /* where these are from: "record", "cgroup" */
	bool has_gogc, gogc_off;
	int64_t gogc;		      /* percent */
	uint64_t gomemlimit;	      /* bytes; 0: unknown or none */
	uint64_t memory_max;	      /* bytes; 0: unknown or none */
	uint64_t quota_us, period_us; /* 0: unknown or none */
	enum gt_tri asyncpreemptoff;
	bool has_cpu_stat; /* over the time that is looked at */
	uint64_t nr_periods, nr_throttled, throttled_us;
};

/* How the lines were wrapped. */
enum gt_log_form {
	GT_LF_RAW,
	GT_LF_DOCKER,
	GT_LF_CRI,
	GT_LF_JOURNAL,
	GT_LF_TIMED,
	GT_LF_JSON,
	GT_LF_COUNT
};
extern const struct gt_words gt_log_form_words;

#define GT_FIGURES_MAX	8
#define GT_EVIDENCE_MAX 8
struct gt_figure {
	char key[32]; /* ends in its unit */
	double value;
};
struct gt_diag_verdict {
	enum gt_diag_id id;
	enum gt_diag_area area; /* of healthy, not-enough and cannot-be-told: what about */
	int32_t process;	/* index; -1: of none */
	bool has_time;
	double since_s, until_s; /* since the program's start */
	char since[40];		 /* "": no wall clock in the log */
	char evidence[400];
	struct gt_figure figure[GT_FIGURES_MAX];
	uint32_t n_figure;
	uint64_t line[GT_EVIDENCE_MAX]; /* from 1 */
	uint32_t n_line;
};

/* A point of the plots: a stretch of the log. GC's CPU times are milliseconds, heaps MiB. */
enum gt_gc_who { GT_GC_STW1, GT_GC_ASSIST, GT_GC_BACKGROUND, GT_GC_IDLE, GT_GC_STW2, GT_GC_WHO };
struct gt_gc_point {
	double from_s, to_s;
	double live, peak, goal, stacks; /* the last cycle's, but for the peak */
	double pause_max_ms;
	double cpu_ms[GT_GC_WHO], have_ms; /* have: P x wall */
	uint32_t cycles;
};
struct gt_sched_point {
	double from_s, to_s;
	double runnable, idle, threads; /* means of its lines; runnable: the maximum */
	uint32_t lines;
};
#define GT_POINTS_MAX 256

/* Why a cycle began, for the decision path. */
enum gt_gc_cause {
	GT_GC_FIRST,
	GT_GC_FORCED,
	GT_GC_PERIODIC,
	GT_GC_ROOM_10,
	GT_GC_ROOM_25,
	GT_GC_ROOM_75,
	GT_GC_ROOM_150,
	GT_GC_ROOM_MORE,
	GT_GC_CAUSES,
};

struct gt_diagnosed_process {
	char stream[8]; /* "stderr", "stdout" or "" */
	uint64_t pid;	/* of journald; 0: unknown */
	uint64_t first_line, last_line;
	double from_s, to_s;
	uint32_t procs; /* GOMAXPROCS; 0: no line says so */
	/* gctrace; zeros when cycles is 0 */
	uint64_t cycles, first_gc, last_gc, forced, periodic, pacer;
	double pause_ms[2][3]; /* STW 1 and 2: p50, p99, max */
	double pause_total_ms;
	double gc_share;   /* of P x wall, without idle workers; -1: unknown */
	double room;	   /* effective GOGC, percent, median; -1: unknown */
	double goal_error; /* (end - goal)/goal, percent, median */
	double cpu_ms[GT_GC_WHO];
	double live_first, live_last, live_max; /* MiB */
	double path_us[GT_GC_CAUSES][GT_GC_WHO];
	struct gt_gc_point gc[GT_POINTS_MAX];
	uint32_t n_gc;
	/* schedtrace */
	uint64_t sched_lines;
	double interval_ms, interval_max_ms;
	bool has_ticks, has_detail;
	struct gt_sched_point sched[GT_POINTS_MAX];
	uint32_t n_sched;
};
#define GT_PROCESSES_MAX 8

struct gt_diagnosed_h2 {
	uint64_t lines;
	uint64_t opened, closed, server_conns, requests, responses, cancels, goaways;
	bool framer; /* level 2 */
	bool has_dump;
	uint64_t read_loops, waiting, server_loops, oldest_min; /* of the dump */
	uint64_t known_loops;		/* readLoops whose connection the log opened */
	char addr[64];			/* that most connections go to */
	char holder[96];		/* the function that waits in most requests; "": unknown */
	uint64_t header_values, bodies; /* that were in the log in clear text */
};

#define GT_VERDICTS_MAX 48
struct gt_diagnosis {
	struct gt_diagnose_known known;
	enum gt_log_form form;
	uint64_t bytes, lines, ours;
	uint64_t torn, lost;   /* runtime's lines put together, and given up */
	uint64_t mixed;	       /* whole ones of two processes that cannot be told apart */
	uint64_t cut;	       /* lines that were too long */
	uint64_t ambiguous;    /* cycles that two processes could have written */
	bool clock_fell;       /* a restart, or a clock that went back */
	bool backward;	       /* its newest line comes first: it was read from its end */
	char from[40], to[40]; /* wall clock, of wrappers or log.Printf; "": none */
	struct gt_diagnosed_process process[GT_PROCESSES_MAX];
	uint32_t n_process;
	uint64_t restarts; /* processes that came one after another */
	uint64_t left_out; /* of them, those not shown */
	struct gt_diagnosed_h2 h2;
	struct gt_diag_verdict verdict[GT_VERDICTS_MAX];
	uint32_t n_verdict;
};

struct gt_diagnose; /* a log that is being read */

/* NULL: no memory. K (may be NULL) is copied. */
struct gt_diagnose *gt_diagnose_new(const struct gt_diagnose_known *k);
void gt_diagnose_free(struct gt_diagnose *d);
/* The next LEN bytes of the log, cut anywhere. */
void gt_diagnose_feed(struct gt_diagnose *d, const char *bytes, size_t len);
/*
 * A log whose newest line comes first is read from its end: the LEN bytes before those of the last
 * call, cut anywhere. All of a log is fed so, or none. Line numbers stay those of the file. A
 * journal export cannot be read so: its entries are no lines.
 */
void gt_diagnose_feed_back(struct gt_diagnose *d, const char *bytes, size_t len);
/* No more bytes come: what is left of a line counts. */
void gt_diagnose_close(struct gt_diagnose *d);
/* A goroutine dump (debug=2) of the same program, whole. -EINVAL: it is none. */
GT_MUST_CHECK int gt_diagnose_dump(struct gt_diagnose *d, const char *text, size_t len,
				   struct gt_err *e);
/* In which order the lines come, as far as that can be told. */
enum gt_log_order {
	GT_LO_FORWARD,	/* or nothing tells otherwise */
	GT_LO_BACKWARD, /* the newest line first */
	GT_LO_ENTRIES,	/* the newest entry of a journal export first */
	GT_LO_COUNT,
};
/* *RET_SURE: no line that follows would change it. */
enum gt_log_order gt_diagnose_order(const struct gt_diagnose *d, bool *ret_sure);
/*
 * What has been read so far, judged. May be called again after more bytes. RET is large: on the
 * heap. -ENODATA: no line of the runtime was in it (the message says what was looked for). -EILSEQ:
 * its newest line comes first (the message says what to do).
 */
GT_MUST_CHECK int gt_diagnose_judge(const struct gt_diagnose *d, struct gt_diagnosis *ret,
				    struct gt_err *e);

/*
 * What cpu.stat's text says, v1 or v2; of several copies after each other (a copy each few seconds)
 * the difference of last and first. -EINVAL. Fills K's cpu fields alone.
 */
GT_MUST_CHECK int gt_diagnose_cpu_stat(const char *text, size_t len, struct gt_diagnose_known *k);

/*
 * R was filled by a process that parsed hostile bytes: is each string ended and printable, each
 * number finite and not negative where it must not be, each index within its table?
 */
GT_MUST_CHECK bool gt_diagnosis_is_valid(const struct gt_diagnosis *r);
/* The highest level of the verdicts. */
enum gt_diag_level gt_diagnosis_level(const struct gt_diagnosis *r);
/* The document of config/diagnosis.schema.json. */
void gt_diagnosis_json(const struct gt_diagnosis *r, struct gt_buf *out);

enum gt_diagnosis_plot {
	GT_PLOT_HEAP,
	GT_PLOT_PAUSES,
	GT_PLOT_CPU,
	GT_PLOT_QUEUES,
	GT_PLOT_PATH, /* the flame graph */
	GT_PLOT_COUNT,
};
extern const char *const gt_diagnosis_plot_names[GT_PLOT_COUNT]; /* "gc-heap", ... */
/* Appends an SVG of process P. False: there is nothing to draw. */
bool gt_diagnosis_plot(const struct gt_diagnosis *r, uint32_t p, enum gt_diagnosis_plot plot,
		       struct gt_buf *out);
/* Folded stacks "cause;who;phase N", N microseconds of CPU. False: none. */
bool gt_diagnosis_folded(const struct gt_diagnosis *r, uint32_t p, struct gt_buf *out);
/* "room < 10 %", "assist", "mark". */
const char *gt_gc_cause_name(enum gt_gc_cause c);
const char *gt_gc_who_name(enum gt_gc_who w);
const char *gt_gc_phase_name(enum gt_gc_who w);

#endif
