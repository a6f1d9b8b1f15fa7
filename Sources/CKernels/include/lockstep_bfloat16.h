#pragma once
#include <stddef.h>
#include <stdint.h>

/// Bfloat16: the upper half of a float32, rounded to the nearest, ties to even; NaN stays NaN.

/// y[i] = x[i], rounded.
void lockstep_bfloat16_round(uint16_t *y, const float *x, ptrdiff_t count);

/// y[i] = x[i], exactly.
void lockstep_bfloat16_widen(float *y, const uint16_t *x, ptrdiff_t count);

/// The last 2 * count bytes of y [count] hold bfloat16 numbers: converts them to float32 in place, exactly.
void lockstep_bfloat16_widen_in_place(float *y, ptrdiff_t count);

/// y[i] += x[i], added in float32 and rounded once.
void lockstep_bfloat16_accumulate(uint16_t *y, const uint16_t *x, ptrdiff_t count);

/// sums[c] = the sum over rows of x [rows, columns], in double and in the order of the rows.
void lockstep_bfloat16_column_sums(float *sums, const uint16_t *x, ptrdiff_t rows, ptrdiff_t columns);

/// y[i] += x[i], x exactly.
void lockstep_bfloat16_accumulate_wide(float *y, const uint16_t *x, ptrdiff_t count);
