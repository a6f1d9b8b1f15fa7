#include <math.h>
#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_normalization.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

typedef lockstep_group_normalization plan;

/// The sum of a group's columns.
LOCKSTEP_INLINE double group_sum(const double *sums, ptrdiff_t group, ptrdiff_t width) {
    double sum = 0.0;
    for (ptrdiff_t c = group * width; c < (group + 1) * width; c++) sum += sums[c];
    return sum;
}

/// sums[i] += `value` for column i of each row, in row order; four rows at a time keep the sums in registers.
#define ADD_ROWS(sums, value)                                        \
    do {                                                             \
        ptrdiff_t at = first;                                        \
        for (; at + 4 * c <= end; at += 4 * c) {                     \
            for (ptrdiff_t i = 0; i < c; i++) {                      \
                double sum = (sums)[i] + value(at, i);               \
                sum += value(at + c, i);                             \
                sum += value(at + 2 * c, i);                         \
                (sums)[i] = sum + value(at + 3 * c, i);              \
            }                                                        \
        }                                                            \
        for (; at < end; at += c) {                                  \
            for (ptrdiff_t i = 0; i < c; i++) (sums)[i] += value(at, i); \
        }                                                            \
    } while (0)

#define NUMBER(at, i) ((double)number(x, (at) + (i), rounded))
#define SQUARE(at, i) \
    ((NUMBER(at, i) - (double)means[i]) * (NUMBER(at, i) - (double)means[i]))
#define GRADIENT(at, i) ((double)number(dy, (at) + (i), rounded))
#define PRODUCT(at, i) (GRADIENT(at, i) * (double)((number(x, (at) + (i), rounded) - means[i]) * roots[i]))

LOCKSTEP_INLINE void forward(
    const plan *p, void *restrict y, float *restrict moments, const void *restrict x, const float *restrict scale,
    const float *restrict shift, double *restrict room, int rounded) {
    ptrdiff_t c = p->channels, width = c / p->groups;
    double *restrict sums = room, count = (double)(p->places * width);
    // For each channel: the mean of its group, and the factor of its values.
    float *restrict means = (float *)(room + c), *restrict factors = means + c;
    for (ptrdiff_t n = 0; n < p->samples; n++, moments += 2 * p->groups) {
        ptrdiff_t first = n * p->places * c, end = first + p->places * c;
        memset(sums, 0, sizeof(double) * (size_t)c);
        ADD_ROWS(sums, NUMBER);
        for (ptrdiff_t i = 0; i < c; i++) means[i] = (float)(group_sum(sums, i / width, width) / count);
        memset(sums, 0, sizeof(double) * (size_t)c);
        ADD_ROWS(sums, SQUARE);
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            moments[2 * g] = means[g * width];
            moments[2 * g + 1] = (float)(1.0 / sqrt(group_sum(sums, g, width) / count + (double)p->epsilon));
        }
        for (ptrdiff_t i = 0; i < c; i++) factors[i] = moments[2 * (i / width) + 1] * (scale ? scale[i] : 1.0f);
        for (ptrdiff_t at = first; at < end; at += c) {
            if (shift) {
                for (ptrdiff_t i = 0; i < c; i++)
                    put(y, at + i, rounded, (number(x, at + i, rounded) - means[i]) * factors[i] + shift[i]);
            } else {
                for (ptrdiff_t i = 0; i < c; i++)
                    put(y, at + i, rounded, (number(x, at + i, rounded) - means[i]) * factors[i]);
            }
        }
    }
}

LOCKSTEP_INLINE void backward(
    const plan *p, void *restrict dx, float *restrict dscale, float *restrict dshift, const void *restrict dy,
    const void *restrict x, const float *restrict moments, const float *restrict scale, double *restrict room,
    int rounded) {
    ptrdiff_t c = p->channels, width = c / p->groups;
    double *restrict of_dy = room, *restrict of_product = room + c;
    double *restrict all_dy = room + 2 * c, *restrict all_product = room + 3 * c;
    // For each channel, as floats: dx = root (scale dy - constant - slope normal).
    float *restrict means = (float *)(room + 4 * c), *restrict roots = means + c, *restrict scales = means + 2 * c;
    float *restrict constants = means + 3 * c, *restrict slopes = means + 4 * c;
    memset(all_dy, 0, sizeof(double) * 2 * (size_t)c);
    double count = (double)(p->places * width);
    for (ptrdiff_t i = 0; i < c; i++) scales[i] = scale ? scale[i] : 1.0f;
    for (ptrdiff_t n = 0; n < p->samples; n++, moments += 2 * p->groups) {
        ptrdiff_t first = n * p->places * c, end = first + p->places * c;
        for (ptrdiff_t i = 0; i < c; i++) means[i] = moments[2 * (i / width)], roots[i] = moments[2 * (i / width) + 1];
        memset(of_dy, 0, sizeof(double) * 2 * (size_t)c);
        ADD_ROWS(of_dy, GRADIENT);
        ADD_ROWS(of_product, PRODUCT);
        for (ptrdiff_t i = 0; i < c; i++) {
            all_dy[i] += of_dy[i];
            all_product[i] += of_product[i];
            of_dy[i] *= (double)scales[i];
            of_product[i] *= (double)scales[i];
        }
        for (ptrdiff_t i = 0; i < c; i++) {
            constants[i] = (float)(group_sum(of_dy, i / width, width) / count);
            slopes[i] = (float)(group_sum(of_product, i / width, width) / count);
        }
        for (ptrdiff_t at = first; at < end; at += c) {
            for (ptrdiff_t i = 0; i < c; i++) {
                float normal = (number(x, at + i, rounded) - means[i]) * roots[i];
                float d = number(dy, at + i, rounded) * scales[i];
                put(dx, at + i, rounded, roots[i] * (d - constants[i] - normal * slopes[i]));
            }
        }
    }
    for (ptrdiff_t i = 0; scale && i < c; i++) {
        dscale[i] = (float)all_product[i];
        dshift[i] = (float)all_dy[i];
    }
}

#define FORWARD(name, rounded)                                                                                       \
    LOCKSTEP_CLONES static void name(const plan *p, void *y, float *moments, const void *x, const float *scale,      \
        const float *shift, double *room) {                                                                          \
        forward(p, y, moments, x, scale, shift, room, rounded);                                                      \
    }
FORWARD(forward_plain, 0)
FORWARD(forward_rounded, 1)

#define BACKWARD(name, rounded)                                                                                      \
    LOCKSTEP_CLONES static void name(const plan *p, void *dx, float *dscale, float *dshift, const void *dy,          \
        const void *x, const float *moments, const float *scale, double *room) {                                     \
        backward(p, dx, dscale, dshift, dy, x, moments, scale, room, rounded);                                       \
    }
BACKWARD(backward_plain, 0)
BACKWARD(backward_rounded, 1)

void lockstep_group_normalization_forward(
    const plan *p, void *y, float *moments, const void *x, const float *scale, const float *shift, double *room,
    int is_rounded) {
    (is_rounded ? forward_rounded : forward_plain)(p, y, moments, x, scale, shift, room);
}

void lockstep_group_normalization_backward(
    const plan *p, void *dx, float *dscale, float *dshift, const void *dy, const void *x, const float *moments,
    const float *scale, double *room, int is_rounded) {
    (is_rounded ? backward_rounded : backward_plain)(p, dx, dscale, dshift, dy, x, moments, scale, room);
}
