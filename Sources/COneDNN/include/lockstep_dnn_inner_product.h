#pragma once
#include "lockstep_dnn_base.h"

/// y = activation(x W^T + b). x [N, I], W [O, I], b [O], y [N, O]; all plain.
///
/// oneDNN's blocked weights gain 20% in forward and lose 10% in backward (measured on Zen 5 with 2.6.3), and a matrix
/// of 784 x 512 takes half as long to pack as to multiply with 64 samples: so weights stay plain.
typedef struct {
    int64_t samples;  ///< N
    int64_t inputs;   ///< I
    int64_t outputs;  ///< O
    int has_bias;
    lockstep_dnn_activation activation;
    lockstep_dnn_type type;  ///< of x, W, y and the gradients of x and y
} lockstep_dnn_inner_product;

lockstep_dnn_status lockstep_dnn_inner_product_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters);

/// x, W, b (NULL without bias) -> y.
lockstep_dnn_status lockstep_dnn_inner_product_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, const float *bias, void *y);

lockstep_dnn_status lockstep_dnn_inner_product_backward_data_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters);

/// dx = dz W; dz [N, O] is the gradient before the activation.
lockstep_dnn_status lockstep_dnn_inner_product_backward_data_execute(
    lockstep_dnn_primitive *primitive, const void *dz, const void *weights, void *dx);

lockstep_dnn_status lockstep_dnn_inner_product_backward_weights_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters);

/// dW = dz^T x, db = column sums of dz (NULL without bias). Both are overwritten.
lockstep_dnn_status lockstep_dnn_inner_product_backward_weights_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *dz, float *dweights, float *dbias);
