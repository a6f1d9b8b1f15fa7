#include "lockstep_clones.h"
#include "lockstep_elementwise.h"

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_accumulate(float *restrict destination, const float *restrict source, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] += source[i];
}

LOCKSTEP_CLONES
void lockstep_scale(float *destination, const float *source, ptrdiff_t count, float factor) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = source[i] * factor;
}
