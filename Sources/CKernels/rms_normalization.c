#include <math.h>
#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_normalization.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

enum { lanes = 16 };

LOCKSTEP_INLINE double fold(double *sums) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

LOCKSTEP_INLINE void forward(
    void *restrict y, float *restrict roots, const void *restrict x, const float *restrict scale, ptrdiff_t rows,
    ptrdiff_t columns, float epsilon, int rounded) {
    ptrdiff_t whole = columns / lanes * lanes;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const void *restrict from = numbers_from(x, row * columns, rounded);
        void *restrict to = place_of(y, row * columns, rounded);
        double sums[lanes] = {0};
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) {
                double value = (double)number(from, i + lane, rounded);
                sums[lane] += value * value;
            }
        }
        for (ptrdiff_t i = whole; i < columns; i++) {
            double value = (double)number(from, i, rounded);
            sums[i - whole] += value * value;
        }
        float root = (float)(1.0 / sqrt(fold(sums) / (double)columns + (double)epsilon));
        roots[row] = root;
        for (ptrdiff_t i = 0; i < columns; i++) put(to, i, rounded, number(from, i, rounded) * root * scale[i]);
    }
}

LOCKSTEP_INLINE void backward(
    void *restrict dx, float *restrict dscale, const void *restrict dy, const void *restrict x,
    const float *restrict roots, const float *restrict scale, ptrdiff_t rows, ptrdiff_t columns,
    double *restrict room, int rounded) {
    ptrdiff_t whole = columns / lanes * lanes;
    memset(room, 0, sizeof(double) * (size_t)columns);
    for (ptrdiff_t row = 0; row < rows; row++) {
        const void *restrict from = numbers_from(x, row * columns, rounded);
        const void *restrict d = numbers_from(dy, row * columns, rounded);
        void *restrict to = place_of(dx, row * columns, rounded);
        float root = roots[row];
        double sums[lanes] = {0};
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) {
                double product = (double)(number(d, i + lane, rounded) * (number(from, i + lane, rounded) * root));
                sums[lane] += product * (double)scale[i + lane];
            }
        }
        for (ptrdiff_t i = whole; i < columns; i++) {
            double product = (double)(number(d, i, rounded) * (number(from, i, rounded) * root));
            sums[i - whole] += product * (double)scale[i];
        }
        float mean = (float)(fold(sums) / (double)columns);
        for (ptrdiff_t i = 0; i < columns; i++) {
            float normal = number(from, i, rounded) * root, gradient = number(d, i, rounded);
            room[i] += (double)(gradient * normal);
            put(to, i, rounded, root * (gradient * scale[i] - normal * mean));
        }
    }
    for (ptrdiff_t i = 0; i < columns; i++) dscale[i] = (float)room[i];
}

#define FORWARD(name, rounded)                                                                                     \
    LOCKSTEP_CLONES static void name(void *y, float *roots, const void *x, const float *scale, ptrdiff_t rows,     \
        ptrdiff_t columns, float epsilon) {                                                                        \
        forward(y, roots, x, scale, rows, columns, epsilon, rounded);                                              \
    }
FORWARD(forward_plain, 0)
FORWARD(forward_rounded, 1)

#define BACKWARD(name, rounded)                                                                                    \
    LOCKSTEP_CLONES static void name(void *dx, float *dscale, const void *dy, const void *x, const float *roots,   \
        const float *scale, ptrdiff_t rows, ptrdiff_t columns, double *room) {                                     \
        backward(dx, dscale, dy, x, roots, scale, rows, columns, room, rounded);                                   \
    }
BACKWARD(backward_plain, 0)
BACKWARD(backward_rounded, 1)

void lockstep_rms_normalization_forward(
    void *y, float *roots, const void *x, const float *scale, ptrdiff_t rows, ptrdiff_t columns, float epsilon,
    int is_rounded) {
    (is_rounded ? forward_rounded : forward_plain)(y, roots, x, scale, rows, columns, epsilon);
}

void lockstep_rms_normalization_backward(
    void *dx, float *dscale, const void *dy, const void *x, const float *roots, const float *scale, ptrdiff_t rows,
    ptrdiff_t columns, double *room, int is_rounded) {
    (is_rounded ? backward_rounded : backward_plain)(dx, dscale, dy, x, roots, scale, rows, columns, room);
}
