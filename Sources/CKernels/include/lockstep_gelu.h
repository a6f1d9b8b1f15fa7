#pragma once
#include <stddef.h>

/// The Gaussian error linear unit y = x P(x), element by element, and its derivative.
///
/// Numbers are float32, or bfloat16 where `is_rounded` is not 0; intermediate values are float32. P is the
/// normal distribution function, to 1e-7; or, where `by_tanh` is not 0, its approximation (1 + tanh(sqrt(2 /
/// pi) (x + 0.044715 x^3))) / 2. NaN gives NaN.
/// - Parameters:
///   - y: [count].
///   - derivative: [count], or NULL if not needed.
///   - x: [count]; not y or derivative.
void lockstep_gelu(void *y, void *derivative, const void *x, ptrdiff_t count, int is_rounded, int by_tanh);

/// y[i] = a[i] b[i] for i in 0 ..< count; float32, or bfloat16 where `is_rounded` is not 0.
void lockstep_multiply(void *y, const void *a, const void *b, ptrdiff_t count, int is_rounded);
