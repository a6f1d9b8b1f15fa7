#include "lockstep_resampling.h"

#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

LOCKSTEP_INLINE void forward(const lockstep_resampling *p, void *restrict y, const void *restrict x, int rounded) {
    ptrdiff_t c = p->channels, row_count = p->width * c, to = 0;
    for (ptrdiff_t n = 0; n < p->samples; n++) {
        for (ptrdiff_t r = 0; r < p->out_height; r++) {
            lockstep_tap row = p->rows[r];
            ptrdiff_t above = (n * p->height + row.low) * row_count, below = (n * p->height + row.high) * row_count;
            for (ptrdiff_t k = 0; k < p->out_width; k++, to += c) {
                lockstep_tap column = p->columns[k];
                ptrdiff_t left = column.low * c, right = column.high * c;
                if (p->is_nearest) {
                    memcpy(place_of(y, to, rounded), numbers_from(x, above + left, rounded),
                        (size_t)c * (rounded ? 2 : 4));
                    continue;
                }
                float v = row.weight, h = column.weight, v0 = 1.0f - v, h0 = 1.0f - h;
                for (ptrdiff_t i = 0; i < c; i++) {
                    float upper = h0 * number(x, above + left + i, rounded) + h * number(x, above + right + i, rounded);
                    float lower = h0 * number(x, below + left + i, rounded) + h * number(x, below + right + i, rounded);
                    put(y, to + i, rounded, v0 * upper + v * lower);
                }
            }
        }
    }
}

LOCKSTEP_INLINE void backward(const lockstep_resampling *p, float *dx, const void *dy, int rounded) {
    ptrdiff_t c = p->channels, row_count = p->width * c, from = 0;
    for (ptrdiff_t n = 0; n < p->samples; n++) {
        for (ptrdiff_t r = 0; r < p->out_height; r++) {
            lockstep_tap row = p->rows[r];
            float *above = dx + (n * p->height + row.low) * row_count, *below = dx + (n * p->height + row.high) * row_count;
            for (ptrdiff_t k = 0; k < p->out_width; k++, from += c) {
                lockstep_tap column = p->columns[k];
                ptrdiff_t left = column.low * c, right = column.high * c;
                if (p->is_nearest) {
                    for (ptrdiff_t i = 0; i < c; i++) above[left + i] += number(dy, from + i, rounded);
                    continue;
                }
                float v = row.weight, h = column.weight, v0 = 1.0f - v, h0 = 1.0f - h;
                // Separate loops: at a border two of the four positions are equal.
                for (ptrdiff_t i = 0; i < c; i++) above[left + i] += v0 * h0 * number(dy, from + i, rounded);
                for (ptrdiff_t i = 0; i < c; i++) above[right + i] += v0 * h * number(dy, from + i, rounded);
                for (ptrdiff_t i = 0; i < c; i++) below[left + i] += v * h0 * number(dy, from + i, rounded);
                for (ptrdiff_t i = 0; i < c; i++) below[right + i] += v * h * number(dy, from + i, rounded);
            }
        }
    }
}

LOCKSTEP_CLONES static void forward_plain(const lockstep_resampling *p, void *y, const void *x) { forward(p, y, x, 0); }
LOCKSTEP_CLONES static void forward_rounded(const lockstep_resampling *p, void *y, const void *x) {
    forward(p, y, x, 1);
}
LOCKSTEP_CLONES static void backward_plain(const lockstep_resampling *p, float *dx, const void *dy) {
    backward(p, dx, dy, 0);
}
LOCKSTEP_CLONES static void backward_rounded(const lockstep_resampling *p, float *dx, const void *dy) {
    backward(p, dx, dy, 1);
}

void lockstep_resample(const lockstep_resampling *plan, void *y, const void *x, int is_rounded) {
    (is_rounded ? forward_rounded : forward_plain)(plan, y, x);
}

void lockstep_resample_backward(const lockstep_resampling *plan, float *dx, const void *dy, int is_rounded) {
    (is_rounded ? backward_rounded : backward_plain)(plan, dx, dy);
}
