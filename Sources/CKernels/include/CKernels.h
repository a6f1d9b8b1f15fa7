#pragma once
#include "lockstep_clones.h"
#include "lockstep_elementwise.h"
#include "lockstep_signals.h"
#include "lockstep_text.h"
