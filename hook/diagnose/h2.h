/* http2debug's lines, and what a goroutine dump adds. Header values and bodies are counted, never
 * kept. */
#ifndef GOTUNE_DIAGNOSE_H2_H
#define GOTUNE_DIAGNOSE_H2_H

#include "gotune/diagnose.h"

#define GT_H2_CONNS   4096
#define GT_H2_STREAMS 4096
#define GT_H2_ADDRS   64

struct gt_h2_conn {
	uint64_t key; /* the pointer; 0: free */
	uint64_t line;
	uint32_t addr;
	bool closed, in_dump;
};
struct gt_h2_stream { /* of the client side, by its number alone: level 1 does not name the
			 connection */
	uint32_t id;
	bool answered, ended, updated;
	uint64_t bytes, line;
};

struct gt_h2 {
	uint64_t lines, first_line, last_line;
	uint64_t opened, closed, server_conns, requests, responses, cancels, goaways, updates;
	uint64_t client_cancels;
	uint64_t header_values, bodies;
	uint64_t cancel_line, request_line, server_line;
	bool framer;
	uint64_t window;	 /* the client's INITIAL_WINDOW_SIZE; 0: not seen */
	int64_t first_s, last_s; /* log.Printf's clock; 0: none */
	struct gt_h2_conn conn[GT_H2_CONNS];
	uint32_t n_conn;
	struct gt_h2_stream stream[GT_H2_STREAMS];
	char addr[GT_H2_ADDRS][64];
	uint32_t addr_opened[GT_H2_ADDRS], addr_closed[GT_H2_ADDRS], n_addr;
	/* the dump */
	bool has_dump;
	uint64_t read_loops, waiting, server_loops, oldest_min, known_loops, goroutines;
	char holder[96];
	uint64_t holder_n;
};

/* P begins behind "http2: "; BEFORE: the N_BEFORE bytes before that. */
void gt_h2_add(struct gt_h2 *h, const char *before, size_t n_before, const char *p, size_t n,
	       uint64_t line);
GT_MUST_CHECK int gt_h2_dump(struct gt_h2 *h, const char *text, size_t len, struct gt_err *e);

#endif
