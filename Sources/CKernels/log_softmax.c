#include "lockstep_log_softmax.h"

#include <math.h>

#include "lockstep_clones.h"
#include "lockstep_exp_inline.h"

// Every clone must give the same bits: no operation is contracted.
#pragma clang fp contract(off)

enum { lanes = 16 };

static inline __attribute__((always_inline)) float folded(float sums[lanes]) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

/// The position of the largest element of a row, or of the first NaN.
static inline __attribute__((always_inline)) ptrdiff_t largest(const float *row, ptrdiff_t count) {
    ptrdiff_t place = 0;
    for (ptrdiff_t i = 1; i < count && row[place] == row[place]; i++) {
        if (!(row[i] <= row[place])) place = i;
    }
    return place;
}

/// The sum of e^(row[i] - top), in 16 lanes.
static inline __attribute__((always_inline)) float exponential_sum(const float *row, float top, ptrdiff_t count) {
    float sums[lanes] = {0};
    ptrdiff_t whole = count / lanes * lanes;
    for (ptrdiff_t i = 0; i < whole; i += lanes) {
        for (int lane = 0; lane < lanes; lane++) sums[lane] += exp_of(row[i + lane] - top);
    }
    for (ptrdiff_t i = whole; i < count; i++) sums[i - whole] += exp_of(row[i] - top);
    return folded(sums);
}

LOCKSTEP_CLONES
void lockstep_log_softmax(float *y, const float *x, ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t row = 0; row < rows; row++, x += columns, y += columns) {
        ptrdiff_t place = largest(x, columns);
        float top = x[place];
        // Two sums, around the largest element: subtracting its term from a total would lose digits.
        float others = exponential_sum(x, top, place) + exponential_sum(x + place + 1, top, columns - place - 1);
        // e^(top - top) is 1, or NaN where the largest is infinite.
        double rest = log1p((double)others) + (double)(top - top);
        for (ptrdiff_t i = 0; i < columns; i++) y[i] = (float)((double)x[i] - (double)top - rest);
    }
}

LOCKSTEP_CLONES
void lockstep_log_softmax_backward(
    float *dx, const float *dy, const float *y, ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t row = 0; row < rows; row++, dx += columns, dy += columns, y += columns) {
        float sums[lanes] = {0};
        ptrdiff_t whole = columns / lanes * lanes;
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) sums[lane] += dy[i + lane];
        }
        for (ptrdiff_t i = whole; i < columns; i++) sums[i - whole] += dy[i];
        float sum = folded(sums);
        for (ptrdiff_t i = 0; i < columns; i++) dx[i] = dy[i] - exp_of(y[i]) * sum;
    }
}
