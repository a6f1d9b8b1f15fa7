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

LOCKSTEP_INLINE void forward(
    const plan *p, void *restrict y, float *restrict moments, const void *restrict x, const float *restrict scale,
    const float *restrict shift, double *restrict room, int rounded) {
    ptrdiff_t c = p->channels, width = c / p->groups;
    double *restrict sums = room, *restrict means = room + c;
    double count = (double)(p->places * width);
    for (ptrdiff_t n = 0; n < p->samples; n++, moments += 2 * p->groups) {
        ptrdiff_t first = n * p->places * c, end = first + p->places * c;
        memset(sums, 0, sizeof(double) * (size_t)c);
        for (ptrdiff_t at = first; at < end; at += c) {
            for (ptrdiff_t i = 0; i < c; i++) sums[i] += (double)number(x, at + i, rounded);
        }
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            double mean = group_sum(sums, g, width) / count;
            moments[2 * g] = (float)mean;
            for (ptrdiff_t i = g * width; i < (g + 1) * width; i++) means[i] = (double)moments[2 * g];
        }
        memset(sums, 0, sizeof(double) * (size_t)c);
        for (ptrdiff_t at = first; at < end; at += c) {
            for (ptrdiff_t i = 0; i < c; i++) {
                double centred = (double)number(x, at + i, rounded) - means[i];
                sums[i] += centred * centred;
            }
        }
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            double variance = group_sum(sums, g, width) / count;
            moments[2 * g + 1] = (float)(1.0 / sqrt(variance + (double)p->epsilon));
        }
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            float mean = moments[2 * g], root = moments[2 * g + 1];
            for (ptrdiff_t at = first + g * width; at < end; at += c) {
                for (ptrdiff_t i = 0; i < width; i++) {
                    ptrdiff_t k = g * width + i;
                    float value = (number(x, at + i, rounded) - mean) * root;
                    put(y, at + i, rounded, scale ? value * scale[k] + shift[k] : value);
                }
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
    memset(all_dy, 0, sizeof(double) * 2 * (size_t)c);
    double count = (double)(p->places * width);
    for (ptrdiff_t n = 0; n < p->samples; n++, moments += 2 * p->groups) {
        ptrdiff_t first = n * p->places * c, end = first + p->places * c;
        memset(of_dy, 0, sizeof(double) * 2 * (size_t)c);
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            float mean = moments[2 * g], root = moments[2 * g + 1];
            for (ptrdiff_t at = first + g * width; at < end; at += c) {
                for (ptrdiff_t i = 0; i < width; i++) {
                    double d = (double)number(dy, at + i, rounded);
                    of_dy[g * width + i] += d;
                    of_product[g * width + i] += d * (double)((number(x, at + i, rounded) - mean) * root);
                }
            }
        }
        for (ptrdiff_t i = 0; i < c; i++) {
            all_dy[i] += of_dy[i];
            all_product[i] += of_product[i];
            if (!scale) continue;
            of_dy[i] *= (double)scale[i];
            of_product[i] *= (double)scale[i];
        }
        for (ptrdiff_t g = 0; g < p->groups; g++) {
            float mean = moments[2 * g], root = moments[2 * g + 1];
            float mean_dy = (float)(group_sum(of_dy, g, width) / count);
            float mean_product = (float)(group_sum(of_product, g, width) / count);
            for (ptrdiff_t at = first + g * width; at < end; at += c) {
                for (ptrdiff_t i = 0; i < width; i++) {
                    float normal = (number(x, at + i, rounded) - mean) * root;
                    float d = number(dy, at + i, rounded) * (scale ? scale[g * width + i] : 1.0f);
                    put(dx, at + i, rounded, root * (d - mean_dy - normal * mean_product));
                }
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
