#pragma once
#include <stddef.h>

#include "lockstep_bfloat16_inline.h"

/// Numbers of type float32, or bfloat16 if `rounded` (a constant after inlining).

#define LOCKSTEP_INLINE static inline __attribute__((always_inline))

/// Element i.
LOCKSTEP_INLINE float number(const void *numbers, ptrdiff_t i, int rounded) {
    return rounded ? lockstep_float_of(((const uint16_t *)numbers)[i]) : ((const float *)numbers)[i];
}

/// Sets element i.
LOCKSTEP_INLINE void put(void *numbers, ptrdiff_t i, int rounded, float x) {
    if (rounded)
        ((uint16_t *)numbers)[i] = lockstep_bfloat16_of(x);
    else
        ((float *)numbers)[i] = x;
}

/// The address of element i, to read or to write.
LOCKSTEP_INLINE const void *numbers_from(const void *numbers, ptrdiff_t i, int rounded) {
    return (const char *)numbers + i * (rounded ? 2 : 4);
}

LOCKSTEP_INLINE void *place_of(void *numbers, ptrdiff_t i, int rounded) {
    return (char *)numbers + i * (rounded ? 2 : 4);
}
