#pragma once
#include <stdint.h>

/// Counters in shared memory, initially zero; each has a separate cache line.

/// The distance of counters in bytes.
enum { lockstep_counter_stride = 64 };

/// Adds one to counter `index`. Previous writes of this process are visible to readers of the new value.
void lockstep_counter_increment(void *counters, int64_t index);

/// Whether counter `index` has been incremented `target` times (modulo 2^32).
int lockstep_counter_has_reached(const void *counters, int64_t index, uint32_t target);
