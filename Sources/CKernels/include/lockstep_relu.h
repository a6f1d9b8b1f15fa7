#pragma once
#include <stddef.h>

/// dx[i] = y[i] <= 0 ? 0 : dy[i] for i in 0 ..< count: the backward of y = max(x, 0). NaN passes what comes.
///
/// float32, or bfloat16 where `is_rounded` is not 0. dx is not y.
void lockstep_relu_backward(void *dx, const void *dy, const void *y, ptrdiff_t count, int is_rounded);
