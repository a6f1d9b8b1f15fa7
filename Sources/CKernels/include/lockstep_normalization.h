#pragma once
#include <stddef.h>

/// Group normalization of x [samples, places, channels]: mean and variance (divisor n) over the positions and
/// channels of a group, then scale and shift for each channel. Scale and shift may be NULL: 1 and 0.
typedef struct {
    ptrdiff_t samples, places, channels, groups;
    float epsilon;
} lockstep_group_normalization;

/// x -> y, and the moments [samples, groups, 2]: mean and 1 / sqrt(variance + epsilon). `room` holds 2
/// doubles per channel.
void lockstep_group_normalization_forward(
    const lockstep_group_normalization *p, void *y, float *moments, const void *x, const float *scale,
    const float *shift, double *room, int is_rounded);

/// dy -> dx, dscale and dshift (NULL with scale); sums in double, sample after sample. `room` holds 7 doubles
/// per channel.
void lockstep_group_normalization_backward(
    const lockstep_group_normalization *p, void *dx, float *dscale, float *dshift, const void *dy, const void *x,
    const float *moments, const float *scale, double *room, int is_rounded);

/// Root mean square normalization of rows: y = scale x / sqrt(mean of x^2 + epsilon); roots [rows] are 1 /
/// sqrt(...).
void lockstep_rms_normalization_forward(
    void *y, float *roots, const void *x, const float *scale, ptrdiff_t rows, ptrdiff_t columns, float epsilon,
    int is_rounded);

/// dy -> dx and dscale (summed in double, row after row). `room` holds `columns` doubles.
void lockstep_rms_normalization_backward(
    void *dx, float *dscale, const void *dy, const void *x, const float *roots, const float *scale, ptrdiff_t rows,
    ptrdiff_t columns, double *room, int is_rounded);
