/*
 * What an engine's files say of our own programs, and what becomes of the runtime that they take
 * the place of.
 */
#ifndef GOTUNE_ENGINE_OWN_H
#define GOTUNE_ENGINE_OWN_H

#include "gotune/base.h"
#include "job.h"

/* True when a string of the JSON text is the path of a program of ours, or has one at its end, as
 * "gotune=/usr/local/bin/gotune-runtime" has. Pure but for the heap. */
bool gt_json_names_us(const char *json, size_t len);
bool gt_word_names_us(const char *word);

/* True when PROGRAM runs containers in a virtual machine or a kernel of its own: ours cannot take
 * its place. By its name; pure. */
bool gt_is_sandbox(const char *program);

/*
 * At the end of a job that uninstalls: FILE still names us, and we did not write that. The first
 * one is noted, and kept in j->left_in.
 */
void gt_engine_still_names_us(struct gt_engine_job *j, const char *file);

/*
 * The runtime NAME, which runs PROGRAM (a path or a name; "": what NAME says), was the default, or
 * is what our handler's options are of: a note, unless gotune-runtime runs the same program by
 * itself.
 */
void gt_engine_note_real(struct gt_engine_job *j, const char *name, const char *program);

#endif
