#pragma once
#include <stddef.h>

/// y = x - log(sum of e^x) for each row [columns] of x [rows, columns].
///
/// The sum excludes the largest element of a row: log1p keeps small terms beside it.
void lockstep_log_softmax(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns);

/// dx = dy - e^y (sum of dy) for each row.
void lockstep_log_softmax_backward(
    float *dx, const float *dy, const float *y, ptrdiff_t rows, ptrdiff_t columns);
