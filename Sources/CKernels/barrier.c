#define _GNU_SOURCE
#include "lockstep_barrier.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    _Atomic uint32_t arrived;
    char pad_1[60];
    _Atomic uint32_t generation;
    char pad_2[60];
    _Atomic uint32_t sleeping;
} barrier_state;

_Static_assert(sizeof(barrier_state) <= lockstep_barrier_bytes, "a barrier does not fit its memory");

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void lockstep_barrier_wait(void *memory, uint32_t count, uint32_t spins) {
    barrier_state *state = memory;
    if (count <= 1) return;
    uint32_t generation = atomic_load_explicit(&state->generation, memory_order_acquire);
    if (atomic_fetch_add_explicit(&state->arrived, 1, memory_order_acq_rel) + 1 == count) {
        atomic_store_explicit(&state->arrived, 0, memory_order_relaxed);
        // Sequentially consistent with the sleeper's registration: either the sleeper sees the new
        // generation, or this thread sees the sleeper.
        atomic_fetch_add(&state->generation, 1);
        if (atomic_load(&state->sleeping) > 0) {
            syscall(SYS_futex, &state->generation, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
        }
        return;
    }
    for (uint32_t i = 0; i < spins; i++) {
        if (atomic_load_explicit(&state->generation, memory_order_acquire) != generation) return;
        pause_briefly();
    }
    atomic_fetch_add(&state->sleeping, 1);
    while (atomic_load(&state->generation) == generation) {
        syscall(SYS_futex, &state->generation, FUTEX_WAIT, generation, NULL, NULL, 0);
    }
    atomic_fetch_sub(&state->sleeping, 1);
}
