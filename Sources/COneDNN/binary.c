// Functions of two numbers.
#include "lockstep_dnn_elementwise.h"
#include "lockstep_dnn_internal.h"

static dnnl_alg_kind_t algorithm(lockstep_dnn_binary_kind kind) {
    switch (kind) {
    case LOCKSTEP_DNN_BINARY_ADD: return dnnl_binary_add;
    case LOCKSTEP_DNN_BINARY_SUBTRACT: return dnnl_binary_sub;
    case LOCKSTEP_DNN_BINARY_MULTIPLY: return dnnl_binary_mul;
    case LOCKSTEP_DNN_BINARY_DIVIDE: return dnnl_binary_div;
    case LOCKSTEP_DNN_BINARY_MAXIMUM: return dnnl_binary_max;
    case LOCKSTEP_DNN_BINARY_MINIMUM: return dnnl_binary_min;
    }
    return dnnl_alg_kind_undef;
}

lockstep_dnn_status lockstep_dnn_binary_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_binary_kind kind, int rank, const int64_t *extents_a,
    const int64_t *extents_b, lockstep_dnn_type type) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    lockstep_dnn_layout a = lockstep_dnn_maker_layout(&maker, rank, extents_a, NULL);
    lockstep_dnn_layout b = lockstep_dnn_maker_layout(&maker, rank, extents_b, NULL);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_binary_primitive_desc_create(
            &maker.made->description, maker.made->engine, algorithm(kind), a, b, a, maker.attributes);
#else
        dnnl_binary_desc_t operation;
        maker.status = dnnl_binary_desc_init(&operation, algorithm(kind), a, b, a);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC_0, DNNL_ARG_SRC_1, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 3, arguments);
}

lockstep_dnn_status lockstep_dnn_binary_execute(
    lockstep_dnn_primitive *primitive, const void *a, const void *b, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_0, a);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_1, b);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}
