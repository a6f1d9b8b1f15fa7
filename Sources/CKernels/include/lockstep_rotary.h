#pragma once
#include <stddef.h>

/// Rotary position embedding: rotates pairs of numbers by angles that grow with the step. x [samples, steps,
/// heads, dimension]; `table` [steps, pairs, 2] holds cosine and sine; 2 pairs <= dimension. Pair i consists
/// of elements i and i + pairs or, where `is_interleaved`, of 2 i and 2 i + 1; the remaining elements, and all
/// heads from `turned` on, are copied. `is_backward` negates the angles.
void lockstep_rotary(
    void *y, const void *x, const float *table, ptrdiff_t samples, ptrdiff_t steps, ptrdiff_t heads,
    ptrdiff_t turned, ptrdiff_t dimension, ptrdiff_t pairs, int is_interleaved, int is_backward, int is_rounded);
