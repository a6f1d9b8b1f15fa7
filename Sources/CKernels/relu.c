#include "lockstep_relu.h"

#include <stdint.h>

#include "lockstep_clones.h"

// The destination is often the source: see reduction.c for `assume_safety`.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

/// Whether a bfloat16 number is at most zero: 0 or, with the sign bit, anything down to minus infinity; not
/// NaN.
static inline int is_off(uint16_t y) { return y == 0 || (y >= 0x8000u && y <= 0xFF80u); }

LOCKSTEP_CLONES
static void forward(float *y, const float *x, ptrdiff_t count) {
    INDEPENDENT
    for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] <= 0.0f ? 0.0f : x[i];
}

LOCKSTEP_CLONES
static void forward_rounded(uint16_t *y, const uint16_t *x, ptrdiff_t count) {
    INDEPENDENT
    for (ptrdiff_t i = 0; i < count; i++) y[i] = is_off(x[i]) ? 0 : x[i];
}

void lockstep_relu(void *y, const void *x, ptrdiff_t count, int is_rounded) {
    if (is_rounded)
        forward_rounded(y, x, count);
    else
        forward(y, x, count);
}

LOCKSTEP_CLONES
static void backward(float *restrict dx, const float *restrict dy, const float *restrict y, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) dx[i] = y[i] <= 0.0f ? 0.0f : dy[i];
}

LOCKSTEP_CLONES
static void backward_rounded(
    uint16_t *restrict dx, const uint16_t *restrict dy, const uint16_t *restrict y, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) dx[i] = is_off(y[i]) ? 0 : dy[i];
}

void lockstep_relu_backward(void *dx, const void *dy, const void *y, ptrdiff_t count, int is_rounded) {
    if (is_rounded)
        backward_rounded(dx, dy, y, count);
    else
        backward(dx, dy, y, count);
}
