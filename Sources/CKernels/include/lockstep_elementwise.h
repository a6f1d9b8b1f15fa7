#pragma once
#include <stddef.h>

/// destination[i] += source[i] for i in 0 ..< count.
void lockstep_accumulate(float *destination, const float *source, ptrdiff_t count);

/// destination[i] = factor source[i] for i in 0 ..< count; destination may be source.
void lockstep_scale(float *destination, const float *source, ptrdiff_t count, float factor);

/// sums[c] = factor x the sum over rows of x[row][c], in the order of the rows and in double. x is [rows,
/// columns].
void lockstep_column_sums(float *sums, const float *x, ptrdiff_t rows, ptrdiff_t columns, double factor);
