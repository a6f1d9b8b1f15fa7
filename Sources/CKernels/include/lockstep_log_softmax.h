#pragma once
#include <stddef.h>

/// y = x - log(sum of e^x) for each row [columns] of x [rows, columns].
///
/// With the largest element a of a row: x[a] stays out of the sum, so that log1p keeps what is small beside it.
void lockstep_log_softmax(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns);

/// dx = dy - e^y (sum of dy) for each row.
void lockstep_log_softmax_backward(
    float *dx, const float *dy, const float *y, ptrdiff_t rows, ptrdiff_t columns);
