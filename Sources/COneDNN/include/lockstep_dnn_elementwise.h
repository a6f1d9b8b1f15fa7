#pragma once
#include "lockstep_dnn_base.h"

/// Functions of one number. Backward takes the forward input, or the forward output for the kinds
/// FROM_OUTPUT.
typedef enum {
    LOCKSTEP_DNN_ELTWISE_RELU,          ///< x > 0 ? x : alpha x
    LOCKSTEP_DNN_ELTWISE_TANH,
    LOCKSTEP_DNN_ELTWISE_LOGISTIC,      ///< 1 / (1 + e^-x)
    LOCKSTEP_DNN_ELTWISE_EXP,
    LOCKSTEP_DNN_ELTWISE_LOG,
    LOCKSTEP_DNN_ELTWISE_SQRT,
    LOCKSTEP_DNN_ELTWISE_SQUARE,
    LOCKSTEP_DNN_ELTWISE_ABS,
    LOCKSTEP_DNN_ELTWISE_LINEAR,        ///< alpha x + beta
    LOCKSTEP_DNN_ELTWISE_CLIP,          ///< x cut to [alpha, beta]
    LOCKSTEP_DNN_ELTWISE_SWISH,         ///< x / (1 + e^(-alpha x))
    LOCKSTEP_DNN_ELTWISE_SOFTPLUS,      ///< log(1 + e^x)
    LOCKSTEP_DNN_ELTWISE_RELU_FROM_OUTPUT,
    LOCKSTEP_DNN_ELTWISE_TANH_FROM_OUTPUT,
    LOCKSTEP_DNN_ELTWISE_LOGISTIC_FROM_OUTPUT,
    LOCKSTEP_DNN_ELTWISE_EXP_FROM_OUTPUT,
    LOCKSTEP_DNN_ELTWISE_SQRT_FROM_OUTPUT,
} lockstep_dnn_eltwise_kind;

/// y = f(x) over `count` numbers. y may be x.
lockstep_dnn_status lockstep_dnn_eltwise_forward_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_eltwise_kind kind, float alpha, float beta, int64_t count,
    lockstep_dnn_type type);

/// x [count] -> y [count].
lockstep_dnn_status lockstep_dnn_eltwise_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, void *y);

/// dx = f'(x) dy over `count` numbers. dx may be dy.
lockstep_dnn_status lockstep_dnn_eltwise_backward_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_eltwise_kind kind, float alpha, float beta, int64_t count,
    lockstep_dnn_type type);

/// `data` [count] is the forward input, for the kinds FROM_OUTPUT the forward output.
lockstep_dnn_status lockstep_dnn_eltwise_backward_execute(
    lockstep_dnn_primitive *primitive, const void *data, const void *dy, void *dx);

/// Functions of two numbers.
typedef enum {
    LOCKSTEP_DNN_BINARY_ADD,
    LOCKSTEP_DNN_BINARY_SUBTRACT,
    LOCKSTEP_DNN_BINARY_MULTIPLY,
    LOCKSTEP_DNN_BINARY_DIVIDE,
    LOCKSTEP_DNN_BINARY_MAXIMUM,
    LOCKSTEP_DNN_BINARY_MINIMUM,
} lockstep_dnn_binary_kind;

/// y = a o b; a and y have `extents_a`, and b has the same rank, each extent either equal or 1 (repeated).
/// Both are dense and row-major. y may be a.
lockstep_dnn_status lockstep_dnn_binary_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_binary_kind kind, int rank, const int64_t *extents_a,
    const int64_t *extents_b, lockstep_dnn_type type);

lockstep_dnn_status lockstep_dnn_binary_execute(
    lockstep_dnn_primitive *primitive, const void *a, const void *b, void *y);

/// Reductions along dimensions.
typedef enum {
    LOCKSTEP_DNN_REDUCTION_SUM,
    LOCKSTEP_DNN_REDUCTION_MEAN,
    LOCKSTEP_DNN_REDUCTION_MAXIMUM,
    LOCKSTEP_DNN_REDUCTION_MINIMUM,
} lockstep_dnn_reduction_kind;

/// Reduces x to `extents_y`, which are those of x with 1 in the reduced dimensions. Both are dense and
/// row-major. At least one dimension longer than 1 must be reduced (oneDNN refuses a reduction that changes
/// nothing).
lockstep_dnn_status lockstep_dnn_reduction_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_reduction_kind kind, int rank, const int64_t *extents_x,
    const int64_t *extents_y);

lockstep_dnn_status lockstep_dnn_reduction_execute(
    lockstep_dnn_primitive *primitive, const float *x, float *y);
