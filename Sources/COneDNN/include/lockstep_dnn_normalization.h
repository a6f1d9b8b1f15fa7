#pragma once
#include "lockstep_dnn_base.h"

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift, each per channel; x and y [N, H, W, C].
typedef struct {
    int64_t samples;   ///< N
    int64_t channels;  ///< C
    int64_t height;    ///< H
    int64_t width;     ///< W
    float epsilon;
    int uses_given_statistics;  ///< whether mean and variance are inputs of forward (inference) or its outputs
    int has_relu;  ///< whether y is cut below zero; oneDNN turns NaN into 0 on the way
    lockstep_dnn_type type;  ///< of x, y and their gradients
} lockstep_dnn_batch_normalization;

lockstep_dnn_status lockstep_dnn_batch_normalization_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_batch_normalization *parameters);

/// The size of the workspace in which forward with a ReLU stores its mask for backward; otherwise 0.
size_t lockstep_dnn_batch_normalization_workspace_bytes(const lockstep_dnn_primitive *forward);

/// mean and variance [C] are written, the variance with divisor N H W, or read with given statistics.
/// `workspace` is NULL if its size is 0.
lockstep_dnn_status lockstep_dnn_batch_normalization_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift, float *mean,
    float *variance, void *y, void *workspace);

/// `forward` was made with the same parameters.
lockstep_dnn_status lockstep_dnn_batch_normalization_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_batch_normalization *parameters,
    const lockstep_dnn_primitive *forward);

/// dx, dscale [C] and dshift [C] are overwritten. dx may be dy.
lockstep_dnn_status lockstep_dnn_batch_normalization_backward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift,
    const float *mean, const float *variance, const void *workspace, const void *dy, void *dx, float *dscale, float *dshift);

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
