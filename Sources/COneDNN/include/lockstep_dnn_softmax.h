#pragma once
#include "lockstep_dnn_base.h"

/// Softmax of each row of x [rows, classes].
lockstep_dnn_status lockstep_dnn_softmax_forward_create(
    lockstep_dnn_primitive **primitive, int64_t rows, int64_t classes, lockstep_dnn_type type);

lockstep_dnn_status lockstep_dnn_softmax_forward_execute(lockstep_dnn_primitive *primitive, const void *x, void *y);

lockstep_dnn_status lockstep_dnn_softmax_backward_create(
    lockstep_dnn_primitive **primitive, int64_t rows, int64_t classes, lockstep_dnn_type type,
    const lockstep_dnn_primitive *forward);

/// y, the forward output, and dy -> dx.
lockstep_dnn_status lockstep_dnn_softmax_backward_execute(
    lockstep_dnn_primitive *primitive, const void *y, const void *dy, void *dx);
