#pragma once
#include <stddef.h>

/// y[i] = x[i] <= 0 ? 0 : x[i] for i in 0 ..< count. NaN stays NaN; the max(x, 0) instruction would turn it
/// into 0.
///
/// float32, or bfloat16 where `is_rounded` is not 0. y may be x.
void lockstep_relu(void *y, const void *x, ptrdiff_t count, int is_rounded);

/// dx[i] = y[i] <= 0 ? 0 : dy[i] for i in 0 ..< count: the backward pass of ReLU. Where y is NaN, dx is dy.
///
/// float32, or bfloat16 where `is_rounded` is not 0. dx is not y.
void lockstep_relu_backward(void *dx, const void *dy, const void *y, ptrdiff_t count, int is_rounded);
