#include "lockstep_counter.h"

#include <stdatomic.h>

void lockstep_counter_increment(void *counters, int64_t index) {
    _Atomic uint32_t *counter = (_Atomic uint32_t *)((char *)counters + index * lockstep_counter_stride);
    atomic_fetch_add_explicit(counter, 1, memory_order_acq_rel);
}

int lockstep_counter_has_reached(const void *counters, int64_t index, uint32_t target) {
    const _Atomic uint32_t *counter =
        (const _Atomic uint32_t *)((const char *)counters + index * lockstep_counter_stride);
    return (int32_t)(atomic_load_explicit(counter, memory_order_acquire) - target) >= 0;
}
