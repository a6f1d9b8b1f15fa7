#pragma once
#include "lockstep_dnn_base.h"

typedef enum {
    LOCKSTEP_DNN_POOLING_MAXIMUM,
    LOCKSTEP_DNN_POOLING_AVERAGE,                  ///< padding counts as zeros, as is PyTorch's default
    LOCKSTEP_DNN_POOLING_AVERAGE_WITHOUT_PADDING,  ///< padding is not counted
} lockstep_dnn_pooling_kind;

/// x [N, H, W, C] -> y [N, YH, YW, C] with YH = (H + 2 padding_h - KH) / stride_h + 1, and YW alike.
typedef struct {
    lockstep_dnn_pooling_kind kind;
    int64_t samples;        ///< N
    int64_t channels;       ///< C
    int64_t height;         ///< H
    int64_t width;          ///< W
    int64_t kernel_height;  ///< KH
    int64_t kernel_width;   ///< KW
    int64_t stride_h, stride_w;
    int64_t padding_h, padding_w;  ///< on each side
    lockstep_dnn_type type;
} lockstep_dnn_pooling;

lockstep_dnn_status lockstep_dnn_pooling_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_pooling *parameters);

/// The size of the positions of the maxima that maximum pooling stores for backward; 0 for averages.
size_t lockstep_dnn_pooling_workspace_bytes(const lockstep_dnn_primitive *forward);

/// `workspace` is NULL if its size is 0.
lockstep_dnn_status lockstep_dnn_pooling_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, void *y, void *workspace);

lockstep_dnn_status lockstep_dnn_pooling_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_pooling *parameters,
    const lockstep_dnn_primitive *forward);

/// dy and the workspace of forward -> dx.
lockstep_dnn_status lockstep_dnn_pooling_backward_execute(
    lockstep_dnn_primitive *primitive, const void *dy, const void *workspace, void *dx);
