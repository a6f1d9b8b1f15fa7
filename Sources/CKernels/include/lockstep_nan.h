#pragma once
#include <stddef.h>

/// y[i] = x[i] where x[i] is NaN, for i in 0 ..< count. Restores NaN after library functions that clamp their
/// argument with minima and maxima (those of oneDNN 2.6 do not lose it). Mostly reads only x. float32, or
/// bfloat16 where `is_rounded` is not 0.
void lockstep_keep_nan(void *y, const void *x, ptrdiff_t count, int is_rounded);

/// Not 0 if all numbers in begin ..< end are finite.
int lockstep_are_finite(const float *numbers, ptrdiff_t begin, ptrdiff_t end);

/// Fills those rows [columns] of y with NaN whose softmax is NaN: where x has NaN or plus infinity, or only
/// minus infinity. oneDNN's softmax gives zeros there.
void lockstep_softmax_keep_nan(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns);
