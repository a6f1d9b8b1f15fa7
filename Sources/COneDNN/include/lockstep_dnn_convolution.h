#pragma once
#include "lockstep_dnn_base.h"

/// y = x * W + b: a 2-D convolution (cross-correlation, as in PyTorch) with zero padding.
///
/// x [N, H, W, C], W [O, C / groups, KH, KW], b [O], y [N, YH, YW, O] with YH = (H + 2 padding_h - dilation_h
/// (KH - 1) - 1) / stride_h + 1, and YW alike. C and O are multiples of groups.
///
/// oneDNN chooses the layout of the weights and of their gradient separately for each primitive:
/// `lockstep_dnn_packing.h` converts. (With plain weights it has only its reference implementation, which is
/// a hundred times slower.)
typedef struct {
    int64_t samples;         ///< N
    int64_t channels;        ///< C
    int64_t height;          ///< H
    int64_t width;           ///< W
    int64_t outputs;         ///< O
    int64_t kernel_height;   ///< KH
    int64_t kernel_width;    ///< KW
    int64_t stride_h, stride_w;
    int64_t padding_h, padding_w;    ///< on each side
    int64_t dilation_h, dilation_w;  ///< 1 is dense
    int64_t groups;
    int has_bias;
    lockstep_dnn_type type;  ///< of x, W, y and the gradients of x and y
    /// Not 0: Winograd's algorithm F(4 x 4, 3 x 3), with images in oneDNN's blocked layout
    /// (`lockstep_dnn_blocks_create`) and a scratchpad from the caller.
    int is_winograd;
} lockstep_dnn_convolution;

/// Not 0 if oneDNN has Winograd's algorithm for forward and both backwards of such a convolution on this
/// processor.
int lockstep_dnn_convolution_has_winograd(const lockstep_dnn_convolution *parameters);

/// `scratchpad` of the execute functions: `lockstep_dnn_scratchpad_bytes` bytes, 64-byte aligned and unused
/// while the primitive runs, for Winograd's algorithm; otherwise NULL, since the primitive owns one.
lockstep_dnn_status lockstep_dnn_convolution_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters);

/// x, W, b (NULL without bias) -> y.
lockstep_dnn_status lockstep_dnn_convolution_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, const float *bias, void *y,
    void *scratchpad);

lockstep_dnn_status lockstep_dnn_convolution_backward_data_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters);

/// dy [N, YH, YW, O] and W -> dx.
lockstep_dnn_status lockstep_dnn_convolution_backward_data_execute(
    lockstep_dnn_primitive *primitive, const void *dy, const void *weights, void *dx,
    void *scratchpad);

lockstep_dnn_status lockstep_dnn_convolution_backward_weights_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters);

/// x, dy -> dW, db (NULL without bias). Both are overwritten.
lockstep_dnn_status lockstep_dnn_convolution_backward_weights_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *dy, float *dweights, float *dbias,
    void *scratchpad);
