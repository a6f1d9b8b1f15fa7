#pragma once
#include <stddef.h>
#include <stdint.h>

/// Philox4x32-10: four random words for a 128-bit counter (index, stream) under a 64-bit key.
/// Source: Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011.
void lockstep_philox(uint64_t key, uint64_t stream, uint64_t index, uint32_t words[4]);

/// values[i] = the upper 24 bits of element first + i's random word, times 2^-24: uniform in [0, 1).
/// Element i takes word i % 4 of block i / 4.
void lockstep_philox_uniform(float *values, ptrdiff_t count, uint64_t key, uint64_t stream, uint64_t first);

/// y[i] = x[i] x scale where element i's random word is below `threshold`, else 0. Element i takes word i % 4
/// of block i / 4.
void lockstep_dropout(
    float *y, const float *x, ptrdiff_t count, uint64_t key, uint64_t stream, uint32_t threshold, float scale);

/// The same with bfloat16 x and y.
void lockstep_dropout_bfloat16(
    uint16_t *y, const uint16_t *x, ptrdiff_t count, uint64_t key, uint64_t stream, uint32_t threshold, float scale);

/// values[i] = a standard normal number for element i, by Box and Muller: of block i / 4, the first two words
/// give elements 0 and 1, the other two give 2 and 3. The same bits on every processor and with every C
/// library.
void lockstep_philox_normal(float *values, ptrdiff_t count, uint64_t key, uint64_t stream);
