#pragma once
#include <stddef.h>

/// y[i] = x[i] where x[i] is NaN, for i in 0 ..< count: what functions of a library may lose that bring their argument into a range
/// by minima and maxima (those of oneDNN 2.6 do not). Reads x, and nearly never more. float32, or bfloat16 where `is_rounded` is not 0.
void lockstep_keep_nan(void *y, const void *x, ptrdiff_t count, int is_rounded);

/// Not 0 when all numbers of begin ..< end are finite.
int lockstep_are_finite(const float *numbers, ptrdiff_t begin, ptrdiff_t end);

/// Fills the rows [columns] of y with NaN whose softmax is NaN: those where x has a NaN, plus infinity, or minus infinity alone.
/// oneDNN's softmax gives zeros there.
void lockstep_softmax_keep_nan(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns);
