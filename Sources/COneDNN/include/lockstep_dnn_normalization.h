#pragma once
#include "lockstep_dnn_base.h"

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift; x and y [rows, features], mean and variance per
/// row, scale and shift [features].
typedef struct {
    int64_t rows;
    int64_t features;
    float epsilon;
    lockstep_dnn_type type;  ///< of x, y and their gradients
} lockstep_dnn_layer_normalization;

lockstep_dnn_status lockstep_dnn_layer_normalization_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_layer_normalization *parameters);

/// mean and variance [rows] are written.
lockstep_dnn_status lockstep_dnn_layer_normalization_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift, float *mean,
    float *variance, void *y);

lockstep_dnn_status lockstep_dnn_layer_normalization_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_layer_normalization *parameters,
    const lockstep_dnn_primitive *forward);

/// dx, dscale and dshift are overwritten.
lockstep_dnn_status lockstep_dnn_layer_normalization_backward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift,
    const float *mean, const float *variance, const void *dy, void *dx, float *dscale, float *dshift);
