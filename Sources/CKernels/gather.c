#include "lockstep_gather.h"

#include "lockstep_clones.h"

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_normalize_bytes(float *y, const uint8_t *x, const float *scale, const float *shift, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = (float)x[i] * scale[i] + shift[i];
}

LOCKSTEP_CLONES
void lockstep_normalize_floats(float *y, const float *x, const float *scale, const float *shift, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] * scale[i] + shift[i];
}
