#pragma once
#include <stddef.h>

/// y = activation(scale (x - mean) / sqrt(variance + epsilon) + shift) for each channel of x [rows, channels];
/// the activation is a ReLU or none. Numbers are float32, or bfloat16 if `is_rounded`.
typedef struct {
    ptrdiff_t rows, channels;
    float epsilon;
    int has_relu;
    /// Whether mean and variance are given and constant; otherwise they are those of x, with divisor `rows`.
    int uses_given_moments;
} lockstep_batch_normalization;

/// x -> y; mean and variance [channels] are written unless they are given. `room` holds 3 doubles per channel. y must
/// not overlap any other argument.
void lockstep_batch_normalization_forward(
    const lockstep_batch_normalization *p, void *y, float *mean, float *variance, const void *x, const float *scale,
    const float *shift, double *room, int is_rounded);

/// dy -> dx (NULL if it is not needed), dscale and dshift [channels]; the other arguments are those of forward,
/// after it. `room` holds 4 doubles per channel. dx must not overlap any other argument.
void lockstep_batch_normalization_backward(
    const lockstep_batch_normalization *p, void *dx, float *dscale, float *dshift, const void *dy, const void *x,
    const float *mean, const float *variance, const float *scale, const float *shift, double *room, int is_rounded);
