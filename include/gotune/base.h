/*
 * What every room stands on: strings, files, JSON, TOML, numbers, errors, the log. No room below
 * it.
 */
#ifndef GOTUNE_BASE_H
#define GOTUNE_BASE_H

#include "gotune/base/clock.h"
#include "gotune/base/defs.h"
#include "gotune/base/err.h"
#include "gotune/base/fields.h"
#include "gotune/base/file.h"
#include "gotune/base/json.h"
#include "gotune/base/log.h"
#include "gotune/base/pages.h"
#include "gotune/base/parse.h"
#include "gotune/base/path.h"
#include "gotune/base/proc.h"
#include "gotune/base/raw.h"
#include "gotune/base/str.h"
#include "gotune/base/toml.h"
#include "gotune/base/userns.h"
#include "gotune/base/utf8.h"
#include "gotune/base/words.h"

#endif
