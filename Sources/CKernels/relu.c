#include "lockstep_relu.h"

#include <stdint.h>

#include "lockstep_clones.h"

LOCKSTEP_CLONES
static void backward(float *restrict dx, const float *restrict dy, const float *restrict y, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) dx[i] = y[i] <= 0.0f ? 0.0f : dy[i];
}

LOCKSTEP_CLONES
static void backward_rounded(
    uint16_t *restrict dx, const uint16_t *restrict dy, const uint16_t *restrict y, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) {
        // What is not above zero: 0 and, with the sign's bit, everything down to minus infinity.
        int is_off = y[i] == 0 || (y[i] >= 0x8000u && y[i] <= 0xFF80u);
        dx[i] = is_off ? 0 : dy[i];
    }
}

void lockstep_relu_backward(void *dx, const void *dy, const void *y, ptrdiff_t count, int is_rounded) {
    if (is_rounded)
        backward_rounded(dx, dy, y, count);
    else
        backward(dx, dy, y, count);
}
