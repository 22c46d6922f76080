/*
 * Docker: what is done to the text of daemon.json, and what else has a say.
 */
#ifndef GOTUNE_ENGINE_DOCKER_H
#define GOTUNE_ENGINE_DOCKER_H

#include "gotune/base.h"
#include "gotune/engine.h"
#include "job.h"

/*
 * Appends to OUT the daemon.json TEXT with the runtime "gotune", whose path is RUNTIME, and with
 * MAKE_DEFAULT also as default-runtime. An empty text is an empty object. Pure but for the heap.
 * -EINVAL or -EBADMSG for an invalid document, "LINE:COLUMN: ..."; -EEXIST for a foreign "gotune".
 */
GT_MUST_CHECK int gt_docker_add(const char *text, size_t len, const char *runtime,
				bool make_default, struct gt_buf *out, struct gt_err *e);

/*
 * Appends to OUT the text without what gt_docker_add put there: BACKUP (NULL: there was no file)
 * when nobody else has changed it since, otherwise TEXT without our keys and with the default
 * runtime of BACKUP. *ret_remove: nothing is left, the file goes. Pure but for the heap.
 */
GT_MUST_CHECK int gt_docker_remove(const char *text, size_t len, const char *backup,
				   size_t backup_len, struct gt_buf *out, bool *ret_remove,
				   struct gt_err *e);

/*
 * Appends dockerd's arguments, pairs as unit.h has them: of its unit, of /etc/default/docker and
 * /etc/sysconfig/docker, and of what runs (not in an image). -ENOMEM.
 */
GT_MUST_CHECK int gt_docker_words(const struct gt_engine_job *j, struct gt_strv *ret);

/*
 * -EBUSY, with what to do instead, when dockerd is given as an argument what we would write into
 * daemon.json, and would refuse to start with both; a note for what is merged.
 */
GT_MUST_CHECK int gt_docker_check_flags(struct gt_engine_job *j, const struct gt_strv *words,
					struct gt_err *e);

/* -EBUSY when dockerd is told to take the runtime gotune by default, and would not know it without
 * daemon.json. */
GT_MUST_CHECK int gt_docker_check_left(const struct gt_strv *words, struct gt_err *e);

/* What the arguments say of us, into the job. */
void gt_docker_flags_state(struct gt_engine_job *j, const struct gt_strv *words);

/* Notes for each container that was made with our runtime: DAEMON_JSON says where they are. */
void gt_docker_users(struct gt_engine_job *j, const struct gt_file *daemon_json);

#endif
