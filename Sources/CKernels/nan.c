#include "lockstep_nan.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lockstep_clones.h"

enum { block = 256 };

static const uint32_t infinity_bits = 0x7F800000u;

/// The largest bit pattern without the sign bit: above that of infinity where a number is NaN.
static inline __attribute__((always_inline)) uint32_t largest_bits(const float *x, ptrdiff_t count) {
    uint32_t largest = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7FFFFFFFu;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

LOCKSTEP_CLONES
static void keep(float *y, const float *x, ptrdiff_t count) {
    for (ptrdiff_t start = 0; start < count; start += block) {
        ptrdiff_t size = count - start < block ? count - start : block;
        if (largest_bits(x + start, size) <= infinity_bits) continue;
        for (ptrdiff_t i = start; i < start + size; i++) {
            if (x[i] != x[i]) y[i] = x[i];
        }
    }
}

LOCKSTEP_CLONES
static void keep_rounded(uint16_t *y, const uint16_t *x, ptrdiff_t count) {
    for (ptrdiff_t start = 0; start < count; start += block) {
        ptrdiff_t size = count - start < block ? count - start : block;
        uint16_t largest = 0;
        for (ptrdiff_t i = start; i < start + size; i++) {
            uint16_t bits = x[i] & 0x7FFFu;
            largest = bits > largest ? bits : largest;
        }
        if (largest <= 0x7F80u) continue;
        for (ptrdiff_t i = start; i < start + size; i++) {
            if ((x[i] & 0x7FFFu) > 0x7F80u) y[i] = x[i];
        }
    }
}

void lockstep_keep_nan(void *y, const void *x, ptrdiff_t count, int is_rounded) {
    if (is_rounded)
        keep_rounded(y, x, count);
    else
        keep(y, x, count);
}

LOCKSTEP_CLONES
int lockstep_are_finite(const float *numbers, ptrdiff_t begin, ptrdiff_t end) {
    return begin >= end || largest_bits(numbers + begin, end - begin) < infinity_bits;
}

LOCKSTEP_CLONES
void lockstep_softmax_keep_nan(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t row = 0; row < rows; row++, x += columns, y += columns) {
        if (columns < 1 || largest_bits(x, columns) < infinity_bits) continue;
        int is_lost = 0, has_finite = 0;
        for (ptrdiff_t i = 0; i < columns; i++) {
            is_lost |= x[i] != x[i] || x[i] == INFINITY;
            has_finite |= x[i] > -INFINITY;
        }
        if (is_lost || !has_finite) {
            for (ptrdiff_t i = 0; i < columns; i++) y[i] = NAN;
        }
    }
}
