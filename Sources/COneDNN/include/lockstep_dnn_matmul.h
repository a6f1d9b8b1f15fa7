#pragma once
#include "lockstep_dnn_base.h"

/// c = a b for each of outer x inner pairs of matrices: a [outer, inner, M, K], b [outer, inner, K, N],
/// c [outer, inner, M, N], each with strides of its own in elements, so that parts of a larger tensor, and transposed
/// matrices, are read and written where they are.
typedef struct {
    int64_t outer, inner;
    int64_t rows;     ///< M
    int64_t depth;    ///< K
    int64_t columns;  ///< N
    int64_t strides_a[4], strides_b[4], strides_c[4];
    lockstep_dnn_type type;         ///< of a and b
    lockstep_dnn_type result_type;  ///< of c
} lockstep_dnn_matmul;

lockstep_dnn_status lockstep_dnn_matmul_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_matmul *parameters);

lockstep_dnn_status lockstep_dnn_matmul_execute(
    lockstep_dnn_primitive *primitive, const void *a, const void *b, void *c);
