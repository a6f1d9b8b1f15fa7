#pragma once
#include <stddef.h>

/// Linking this target replaces malloc and its relatives by functions that count while counting is on, and then call
/// glibc's own. Allocations with oneDNN among their callers are counted apart. For tests only.

/// Starts counting from zero.
void lockstep_allocations_start(void);
/// Stops counting.
void lockstep_allocations_stop(void);
/// The allocations on all threads without oneDNN among their callers.
long lockstep_allocations_own(void);
/// The allocations made by oneDNN.
long lockstep_allocations_onednn(void);
/// Prints the call stacks of the first few allocations that are not oneDNN's to standard error.
void lockstep_allocations_report(void);
