// Sums, means and extremes along dimensions.
#include "lockstep_dnn_elementwise.h"
#include "lockstep_dnn_internal.h"

static dnnl_alg_kind_t algorithm(lockstep_dnn_reduction_kind kind) {
    switch (kind) {
    case LOCKSTEP_DNN_REDUCTION_SUM: return dnnl_reduction_sum;
    case LOCKSTEP_DNN_REDUCTION_MEAN: return dnnl_reduction_mean;
    case LOCKSTEP_DNN_REDUCTION_MAXIMUM: return dnnl_reduction_max;
    case LOCKSTEP_DNN_REDUCTION_MINIMUM: return dnnl_reduction_min;
    }
    return dnnl_alg_kind_undef;
}

lockstep_dnn_status lockstep_dnn_reduction_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_reduction_kind kind, int rank, const int64_t *extents_x,
    const int64_t *extents_y) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_layout x = lockstep_dnn_maker_layout(&maker, rank, extents_x, NULL);
    lockstep_dnn_layout y = lockstep_dnn_maker_layout(&maker, rank, extents_y, NULL);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_reduction_primitive_desc_create(
            &maker.made->description, maker.made->engine, algorithm(kind), x, y, 0.0f, 0.0f, maker.attributes);
#else
        dnnl_reduction_desc_t operation;
        maker.status = dnnl_reduction_desc_init(&operation, algorithm(kind), x, y, 0.0f, 0.0f);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_reduction_execute(lockstep_dnn_primitive *primitive, const float *x, float *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}
