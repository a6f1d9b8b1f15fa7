#pragma once
#include "lockstep_barrier.h"
#include "lockstep_clones.h"
#include "lockstep_elementwise.h"
#include "lockstep_reduction.h"
#include "lockstep_signals.h"
#include "lockstep_updates.h"
#include "lockstep_text.h"
