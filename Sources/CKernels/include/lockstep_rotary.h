#pragma once
#include <stddef.h>

/// Rotates pairs of numbers by angles that grow with the step. x [samples, steps, heads, dimension]; `table` [steps, pairs, 2] has
/// cosine and sine of each step and pair; 2 pairs <= dimension. Pair i is made of numbers i and i + pairs, or, where
/// `is_interleaved`, of 2 i and 2 i + 1; numbers behind the pairs are copied. With `is_backward` angles are negative.
void lockstep_rotary(
    void *y, const void *x, const float *table, ptrdiff_t samples, ptrdiff_t steps, ptrdiff_t heads,
    ptrdiff_t dimension, ptrdiff_t pairs, int is_interleaved, int is_backward, int is_rounded);
