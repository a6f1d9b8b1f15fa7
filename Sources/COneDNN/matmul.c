// Products of matrices.
#include "lockstep_dnn_matmul.h"
#include "lockstep_dnn_internal.h"

lockstep_dnn_status lockstep_dnn_matmul_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_matmul *p) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    // Implementations for single matrices are chosen by the rank.
    const int rank = p->outer * p->inner == 1 ? 2 : 4, skipped = 4 - rank;
    if (!maker.status && (p->has_bias || p->is_packed) && rank == 4) maker.status = dnnl_invalid_arguments;
    const int64_t a[] = {p->outer, p->inner, p->rows, p->depth};
    const int64_t b[] = {p->outer, p->inner, p->depth, p->columns};
    const int64_t c[] = {p->outer, p->inner, p->rows, p->columns};
    const int64_t bias[] = {1, p->columns};
    lockstep_dnn_maker_use(&maker, p->type);
    lockstep_dnn_layout layout_a = lockstep_dnn_maker_layout(&maker, rank, a + skipped, p->strides_a + skipped);
    lockstep_dnn_layout layout_b = p->is_packed
        ? lockstep_dnn_maker_any(&maker, rank, b + skipped)
        : lockstep_dnn_maker_layout(&maker, rank, b + skipped, p->strides_b + skipped);
    lockstep_dnn_maker_use(&maker, p->result_type);
    lockstep_dnn_layout layout_c = lockstep_dnn_maker_layout(&maker, rank, c + skipped, p->strides_c + skipped);
    lockstep_dnn_maker_use(&maker, LOCKSTEP_DNN_FLOAT32);
    lockstep_dnn_layout layout_bias = p->has_bias ? lockstep_dnn_maker_layout(&maker, 2, bias, NULL) : NULL;
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_matmul_primitive_desc_create(&maker.made->description, maker.made->engine, layout_a,
            layout_b, layout_bias, layout_c, maker.attributes);
#else
        dnnl_matmul_desc_t operation;
        maker.status = dnnl_matmul_desc_init(&operation, layout_a, layout_b, layout_bias, layout_c);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS};
    return lockstep_dnn_maker_finish(&maker, primitive, p->has_bias ? 4 : 3, arguments);
}

lockstep_dnn_status lockstep_dnn_matmul_execute(
    lockstep_dnn_primitive *primitive, const void *a, const void *b, const float *bias, void *c) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, a);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, b);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_BIAS, bias);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, c);
    return status ? status : lockstep_dnn_run(primitive);
}

size_t lockstep_dnn_matmul_packed_bytes(const lockstep_dnn_primitive *user) {
    return lockstep_dnn_argument_bytes(user, DNNL_ARG_WEIGHTS);
}

lockstep_dnn_status lockstep_dnn_matmul_pack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_matmul *p, const lockstep_dnn_primitive *user) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, p->type);
    const int64_t extents[] = {p->depth, p->columns};
    lockstep_dnn_layout plain = lockstep_dnn_maker_layout(&maker, 2, extents, p->strides_b + 2);
    lockstep_dnn_layout packed = lockstep_dnn_argument_layout(user, DNNL_ARG_WEIGHTS);
    if (!maker.status && !packed) maker.status = dnnl_invalid_arguments;
    if (!maker.status)
        maker.status = dnnl_reorder_primitive_desc_create(&maker.made->description, plain, maker.made->engine, packed,
            maker.made->engine, maker.attributes);
    const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}
