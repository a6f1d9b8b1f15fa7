#pragma once
#include "lockstep_dnn_base.h"

/// Copies x to y, which have the same extents and their own strides (in elements; NULL is dense and
/// row-major). With `accumulate` it adds x to y. A permutation is a reorder with permuted strides.
lockstep_dnn_status lockstep_dnn_reorder_create(
    lockstep_dnn_primitive **primitive, int rank, const int64_t *extents, const int64_t *strides_x,
    const int64_t *strides_y, int accumulate, lockstep_dnn_type type);

lockstep_dnn_status lockstep_dnn_reorder_execute(lockstep_dnn_primitive *primitive, const void *x, void *y);

/// Copies images [n, h, w, c] to blocks of 16 channels, [n, c / 16, h, w, 16], or back; for
/// `lockstep_dnn_reorder_execute`. c is a multiple of 16; float32.
lockstep_dnn_status lockstep_dnn_blocks_create(
    lockstep_dnn_primitive **primitive, int64_t n, int64_t h, int64_t w, int64_t c, int to_plain);

/// The largest number of tensors that one primitive concatenates.
#define LOCKSTEP_DNN_CONCAT_MAXIMUM 16

/// Joins `count` dense tensors along dimension `axis`. `extents` holds those of the first, then of the
/// second, ...: count x rank numbers, equal except along the axis.
lockstep_dnn_status lockstep_dnn_concat_create(
    lockstep_dnn_primitive **primitive, int count, int rank, int axis, const int64_t *extents);

/// `sources` are as many addresses as the primitive was made for.
lockstep_dnn_status lockstep_dnn_concat_execute(
    lockstep_dnn_primitive *primitive, const float *const *sources, float *y);
