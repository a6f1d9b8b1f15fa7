// Counts the floating-point operations of primitives that multiply matrices.
#include "lockstep_dnn_internal.h"

static int extents(lockstep_dnn_layout layout, int64_t *result) {
#if LOCKSTEP_DNN_V3
    int rank = 0;
    dnnl_dims_t *dims = NULL;
    if (dnnl_memory_desc_query(layout, dnnl_query_ndims_s32, &rank)) return 0;
    if (dnnl_memory_desc_query(layout, dnnl_query_dims, &dims)) return 0;
    for (int i = 0; i < rank; i++) result[i] = (*dims)[i];
#else
    int rank = layout->ndims;
    for (int i = 0; i < rank; i++) result[i] = layout->dims[i];
#endif
    return rank;
}

static double product(const int64_t *extents, int count) {
    double product = 1;
    for (int i = 0; i < count; i++) product *= (double)extents[i];
    return product;
}

// The extents of whichever of two arguments the primitive has: an operand, or its gradient.
static int either(const lockstep_dnn_primitive *primitive, int argument, int other, int64_t *result) {
    lockstep_dnn_layout layout = lockstep_dnn_argument_layout(primitive, argument);
    if (!layout) layout = lockstep_dnn_argument_layout(primitive, other);
    return layout ? extents(layout, result) : 0;
}

static double of_matmul(const lockstep_dnn_primitive *primitive) {
    int64_t a[DNNL_MAX_NDIMS], c[DNNL_MAX_NDIMS];
    int rank_a = either(primitive, DNNL_ARG_SRC, DNNL_ARG_SRC, a);
    int rank_c = either(primitive, DNNL_ARG_DST, DNNL_ARG_DST, c);
    return rank_a && rank_c ? 2 * product(c, rank_c) * (double)a[rank_a - 1] : 0;
}

// Every element of the output takes as many products as there are weights for one output channel; padding
// counts. Backward data and backward weights have the same products, summed differently.
static double of_layer(const lockstep_dnn_primitive *primitive) {
    int64_t y[DNNL_MAX_NDIMS], weights[DNNL_MAX_NDIMS];
    int rank_y = either(primitive, DNNL_ARG_DIFF_DST, DNNL_ARG_DST, y);
    int rank_weights = either(primitive, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_WEIGHTS, weights);
    return rank_y && rank_weights && y[1] ? 2 * product(y, rank_y) * product(weights, rank_weights) / (double)y[1] : 0;
}

double lockstep_dnn_count_operations(const lockstep_dnn_primitive *primitive) {
    dnnl_primitive_kind_t kind = dnnl_undefined_primitive;
    if (dnnl_primitive_desc_query(primitive->description, dnnl_query_primitive_kind, 0, &kind)) return 0;
    switch (kind) {
        case dnnl_matmul: return of_matmul(primitive);
        case dnnl_inner_product:
        case dnnl_convolution: return of_layer(primitive);
        default: return 0;
    }
}
