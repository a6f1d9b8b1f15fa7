#pragma once
#include <stdint.h>

/// The size of a barrier in memory shared by processes; zero-filled means unused.
enum { lockstep_barrier_bytes = 256 };

/// Waits until `count` processes have called this for the same barrier. Spins `spins` times, then sleeps in
/// the kernel.
void lockstep_barrier_wait(void *memory, uint32_t count, uint32_t spins);
