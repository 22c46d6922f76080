/*
 * What is known and decided, as plain types: facts, the plan, the policy, the program, the state.
 * Pure.
 */
#ifndef GOTUNE_MODEL_H
#define GOTUNE_MODEL_H

#include "gotune/model/arch.h"
#include "gotune/model/count.h"
#include "gotune/model/facts.h"
#include "gotune/model/health.h"
#include "gotune/model/image.h"
#include "gotune/model/live.h"
#include "gotune/model/paths.h"
#include "gotune/model/plan.h"
#include "gotune/model/policy.h"
#include "gotune/model/program.h"
#include "gotune/model/state.h"
#include "gotune/model/typed.h"

#endif
