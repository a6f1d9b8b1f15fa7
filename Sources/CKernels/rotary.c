#include "lockstep_rotary.h"

#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

LOCKSTEP_INLINE void rotate(
    void *restrict y, const void *restrict x, const float *restrict table, ptrdiff_t samples, ptrdiff_t steps,
    ptrdiff_t heads, ptrdiff_t turned, ptrdiff_t dimension, ptrdiff_t pairs, int is_interleaved, float sign,
    int rounded) {
    ptrdiff_t at = 0, copied = (heads - turned) * dimension;
    for (ptrdiff_t row = 0; row < samples * steps; row++) {
        const float *restrict angles = table + row % steps * pairs * 2;
        for (ptrdiff_t head = 0; head < turned; head++, at += dimension) {
            const void *restrict from = numbers_from(x, at, rounded);
            void *restrict to = place_of(y, at, rounded);
            for (ptrdiff_t i = 0; i < pairs; i++) {
                ptrdiff_t first = is_interleaved ? 2 * i : i, second = is_interleaved ? 2 * i + 1 : i + pairs;
                float a = number(from, first, rounded), b = number(from, second, rounded);
                float cosine = angles[2 * i], sine = sign * angles[2 * i + 1];
                put(to, first, rounded, a * cosine - b * sine);
                put(to, second, rounded, b * cosine + a * sine);
            }
            for (ptrdiff_t i = 2 * pairs; i < dimension; i++) put(to, i, rounded, number(from, i, rounded));
        }
        memcpy(place_of(y, at, rounded), numbers_from(x, at, rounded), (size_t)copied * (rounded ? 2 : 4));
        at += copied;
    }
}

#define ROTATE(name, interleaved, rounded)                                                                        \
    LOCKSTEP_CLONES static void name(void *y, const void *x, const float *table, ptrdiff_t samples,               \
        ptrdiff_t steps, ptrdiff_t heads, ptrdiff_t turned, ptrdiff_t dimension, ptrdiff_t pairs, float sign) {   \
        rotate(y, x, table, samples, steps, heads, turned, dimension, pairs, interleaved, sign, rounded);         \
    }
ROTATE(halves, 0, 0)
ROTATE(halves_rounded, 0, 1)
ROTATE(interleaved, 1, 0)
ROTATE(interleaved_rounded, 1, 1)

void lockstep_rotary(
    void *y, const void *x, const float *table, ptrdiff_t samples, ptrdiff_t steps, ptrdiff_t heads,
    ptrdiff_t turned, ptrdiff_t dimension, ptrdiff_t pairs, int is_interleaved, int is_backward, int is_rounded) {
    float sign = is_backward ? -1.0f : 1.0f;
    if (is_interleaved)
        (is_rounded ? interleaved_rounded : interleaved)(
            y, x, table, samples, steps, heads, turned, dimension, pairs, sign);
    else
        (is_rounded ? halves_rounded : halves)(y, x, table, samples, steps, heads, turned, dimension, pairs, sign);
}
