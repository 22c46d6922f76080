/*
 * L4 doctor. Does the tool work on this machine, and with each engine found? Checks append rows to
 * one list; `gotune doctor` prints it. Everything is read below a root descriptor; with --sysroot
 * nothing is run, connected to or probed.
 */
#ifndef GOTUNE_DOCTOR_H
#define GOTUNE_DOCTOR_H

#include <signal.h>

#include "gotune/base.h"
#include "gotune/str.h"
#include "gotune/words.h"

#define GT_DOCTOR_SCHEMA "gotune.doctor/1"

enum gt_area {
	GT_AREA_KERNEL,
	GT_AREA_PRIVILEGE, /* capabilities and security modules */
	GT_AREA_INSTALL,   /* our own programs, policy and records */
	GT_AREA_RUNTIME,   /* runc, crun */
	GT_AREA_ENGINE,	   /* dockerd, podman, containerd, crio; what is registered and live */
	GT_AREA_CONFLICT,  /* others that set the same variables, or break every container */
	GT_AREA_HOST,	   /* settings of the host that bound what can be tuned */
	GT_AREA_SELFTEST,
	GT_AREA_COUNT,
};

enum gt_check_state {
	GT_CHECK_OK,
	GT_CHECK_INFO, /* worth knowing; nothing is amiss */
	GT_CHECK_WARN, /* something is not tuned, or will not be */
	GT_CHECK_BAD,  /* the tool, or containers, do not work */
	GT_CHECK_STATE_COUNT,
};

/* The words of --format json; gt_doctor_status_words: "healthy", "degraded", "broken". */
extern const struct gt_words gt_area_words, gt_check_state_words, gt_doctor_status_words;

enum gt_doctor_status {
	GT_DOCTOR_HEALTHY,
	GT_DOCTOR_DEGRADED, /* a warning */
	GT_DOCTOR_BROKEN,   /* a row that is bad */
	GT_DOCTOR_STATUS_COUNT,
};

/* Text that does not fit is cut: it is for reading. */
struct gt_check {
	enum gt_area area;
	enum gt_check_state state;
	char name[48];
	char found[512];
	char follows[384]; /* what that means for containers; "" where all is well */
	char mend[512];	   /* the command or step that mends it; "" when there is none */
};

#define GT_CHECKS_MAX 160

struct gt_policy;

/* Large: on the heap. All zero but for root and what the command line said. */
struct gt_doctor {
	int root;	     /* "/" or the sysroot; a root descriptor */
	const char *sysroot; /* NULL: this machine */
	bool no_selftest;
	int interrupt; /* readable: a signal asks for the end; -1: none is held back */
	const struct gt_policy *policy;
	struct gt_check check[GT_CHECKS_MAX];
	uint32_t n_check, dropped;
	struct gt_check spare; /* takes what does not fit */
};

/* --- the list (report/list.c) ----------------------------------------------------------------- */

/* Appends a row; FMT is what was found. The texts may quote any bytes of a file. */
void gt_doctor_say(struct gt_doctor *d, enum gt_area area, enum gt_check_state state,
		   const char *name, const char *fmt, ...) GT_PRINTF(5, 6);

/* Gives the last row what follows from it (may be ""), and the step that mends it. */
void gt_doctor_mend(struct gt_doctor *d, const char *follows, const char *fmt, ...) GT_PRINTF(3, 4);

/* As gt_doctor_mend, where no command mends it. */
void gt_doctor_follows(struct gt_doctor *d, const char *fmt, ...) GT_PRINTF(2, 3);

/* Broken when a row is bad, degraded when one warns. *ret_count (may be NULL) gets how many rows
 * have each state. Pure. */
enum gt_doctor_status gt_doctor_judge(const struct gt_doctor *d,
				      unsigned ret_count[GT_CHECK_STATE_COUNT]);

/* --- the checks, an area each; none fails, none writes outside a directory of its own ----------
 */

void gt_doctor_kernel(struct gt_doctor *d);
void gt_doctor_cgroups(struct gt_doctor *d);
void gt_doctor_privilege(struct gt_doctor *d);
void gt_doctor_install(struct gt_doctor *d);
void gt_doctor_runtimes(struct gt_doctor *d);
void gt_doctor_engines(struct gt_doctor *d);
void gt_doctor_conflicts(struct gt_doctor *d);
void gt_doctor_host(struct gt_doctor *d);
/* Runs real containers, in directories of its own that are gone afterwards. Needs root. */
void gt_doctor_selftest(struct gt_doctor *d);

/*
 * Holds SIGINT, SIGTERM and SIGHUP back, where they would end us, so that what a check has started
 * is ended first; *ret_before is for gt_doctor_release. Returns the descriptor that such a signal
 * makes readable, or -1: then time alone ends what runs.
 */
int gt_doctor_hold(sigset_t *ret_before);

/* Lets signals through again: one that came meanwhile ends us here. */
void gt_doctor_release(int *fd, const sigset_t *before);

/* The profile that containers get where nothing else is said: its RLIMIT_NOFILE; 0: none. */
uint64_t gt_doctor_nofile(const struct gt_doctor *d);

/* --- the table of phases (doctor/phases.c) ---------------------------------------------------- */

struct gt_jw;
/* An array: {"phase", "what", "capabilities": [{"name", "why", "have"}], "calls": [{"name",
 * "why"}]}. CAPS: the effective set of this process; CAPS_KNOWN false: "have" is null. */
void gt_doctor_phases_json(struct gt_jw *w, bool caps_known, uint64_t caps);

/* One phase, for the table: its name, what it is, and how many calls its filter passes (0: it has
 * no filter). */
extern const struct gt_words gt_phase_words;
const char *gt_doctor_phase_what(unsigned phase);
unsigned gt_doctor_phase_calls(unsigned phase);

#endif
