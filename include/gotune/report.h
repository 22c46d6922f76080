/* A list of findings, for a person or as JSON. */
#ifndef GOTUNE_REPORT_H
#define GOTUNE_REPORT_H

#include "gotune/base.h"

enum gt_area {
	GT_AREA_KERNEL,
	GT_AREA_PRIVILEGE, /* capabilities and security modules */
	GT_AREA_INSTALL,   /* our own programs, policy and records */
	GT_AREA_RUNTIME,   /* runc, crun */
	GT_AREA_ENGINE,	   /* dockerd, podman, containerd, crio; what is registered and live */
	GT_AREA_NRI,	   /* the Node Resource Interface, and our plugin of it */
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
	char fix[512];	   /* the command or step that fixes it; "" when there is none */
};

#define GT_CHECKS_MAX 160

/* All zero at first. Large: on the heap. */
struct gt_report {
	struct gt_check check[GT_CHECKS_MAX];
	uint32_t n_check, dropped;
	struct gt_check spare; /* takes what does not fit */
};

/* Appends a row; FMT is what was found. The texts may quote any bytes of a file. */
void gt_report_say(struct gt_report *r, enum gt_area area, enum gt_check_state state,
		   const char *name, const char *fmt, ...) GT_PRINTF(5, 6);

/* Gives the last row what follows from it (may be ""), and the step that fixes it. */
void gt_report_fix(struct gt_report *r, const char *follows, const char *fmt, ...) GT_PRINTF(3, 4);

/* As gt_report_fix, where no command fixes it. */
void gt_report_follows(struct gt_report *r, const char *fmt, ...) GT_PRINTF(2, 3);

/* Broken when a row is bad, degraded when one warns. *ret_count (may be NULL) gets how many rows
 * have each state. Pure. */
enum gt_doctor_status gt_report_judge(const struct gt_report *r,
				      unsigned ret_count[GT_CHECK_STATE_COUNT]);

#endif
