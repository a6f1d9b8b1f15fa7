#include "lockstep_bfloat16.h"

#include "lockstep_bfloat16_inline.h"
#include "lockstep_clones.h"

#include <string.h>

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_bfloat16_round(uint16_t *restrict y, const float *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_bfloat16_of(x[i]);
}

LOCKSTEP_CLONES
void lockstep_bfloat16_widen(float *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_float_of(x[i]);
}

enum { widening = 32 };

LOCKSTEP_CLONES
void lockstep_bfloat16_widen_in_place(float *y, ptrdiff_t count) {
    // Writes never reach later reads: float i ends at byte 4i + 4, number i + 1 begins at 2 count + 2i + 2.
    const char *x = (const char *)y + 2 * count;
    ptrdiff_t i = 0;
    for (; i + widening <= count; i += widening) {
        uint16_t block[widening];
        memcpy(block, x + 2 * i, sizeof block);
        for (int j = 0; j < widening; j++) y[i + j] = lockstep_float_of(block[j]);
    }
    for (; i < count; i++) {
        uint16_t number;
        memcpy(&number, x + 2 * i, sizeof number);
        y[i] = lockstep_float_of(number);
    }
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
