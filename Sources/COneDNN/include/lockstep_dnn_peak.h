#pragma once
#include "lockstep_dnn_base.h"

/// y = x W^T of square matrices with `extent` rows in the layouts that oneDNN prefers: for measurements.
lockstep_dnn_status lockstep_dnn_peak_create(
    lockstep_dnn_primitive **primitive, int64_t extent, lockstep_dnn_type type);

/// The size of the largest of the three buffers, in bytes.
size_t lockstep_dnn_peak_bytes(const lockstep_dnn_primitive *primitive);

lockstep_dnn_status lockstep_dnn_peak_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, void *y);
