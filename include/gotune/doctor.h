/*
 * Does the tool work on this machine, and with each engine found? Checks append rows to one list;
 * `gotune doctor` prints it. Everything is read below a root descriptor; with --sysroot nothing is
 * run, connected to or probed.
 */
#ifndef GOTUNE_DOCTOR_H
#define GOTUNE_DOCTOR_H

#include <signal.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/report.h"

#define GT_DOCTOR_SCHEMA "gotune.doctor/1"

struct gt_policy;

/* Large: on the heap. All zero but for root and what the command line said. */
struct gt_doctor {
	int root;	     /* "/" or the sysroot; a root descriptor */
	const char *sysroot; /* NULL: this machine */
	bool no_selftest;
	int interrupt; /* readable: a signal asks for the end; -1: none is held back */
	const struct gt_policy *policy;
	struct gt_report report;
};

/* --- the checks, an area each; none fails, none writes outside a directory of its own ----------
 */

void gt_doctor_kernel(struct gt_doctor *d);
void gt_doctor_cgroups(struct gt_doctor *d);
void gt_doctor_privilege(struct gt_doctor *d);
void gt_doctor_install(struct gt_doctor *d);
void gt_doctor_runtimes(struct gt_doctor *d);
void gt_doctor_engines(struct gt_doctor *d);
void gt_doctor_nri(struct gt_doctor *d);
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

/* Has a signal asked for the end? */
bool gt_is_interrupted(const struct gt_doctor *d);

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
