#include "lockstep_bfloat16.h"

#include "lockstep_bfloat16_inline.h"
#include "lockstep_clones.h"

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_bfloat16_round(uint16_t *restrict y, const float *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_bfloat16_of(x[i]);
}

LOCKSTEP_CLONES
void lockstep_bfloat16_widen(float *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_float_of(x[i]);
}

LOCKSTEP_CLONES
void lockstep_bfloat16_accumulate(uint16_t *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = lockstep_bfloat16_of(lockstep_float_of(y[i]) + lockstep_float_of(x[i]));
}

LOCKSTEP_CLONES
void lockstep_bfloat16_accumulate_wide(float *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] += lockstep_float_of(x[i]);
}
