#pragma once
#include <stdint.h>

/// Counters in memory that processes share, zero at first; each has a cache line of its own.

/// The bytes from one counter to the next.
enum { lockstep_counter_stride = 64 };

/// Adds one to counter `index`. What this process wrote before is seen by whoever reads the new value.
void lockstep_counter_increment(void *counters, int64_t index);

/// Whether counter `index` has been incremented `target` times (modulo 2^32).
int lockstep_counter_has_reached(const void *counters, int64_t index, uint32_t target);
