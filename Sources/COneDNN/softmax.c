// Softmax along the last dimension.
#include "lockstep_dnn_softmax.h"
#include "lockstep_dnn_internal.h"

lockstep_dnn_status lockstep_dnn_softmax_forward_create(
    lockstep_dnn_primitive **primitive, int64_t rows, int64_t classes, lockstep_dnn_type type) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    const int64_t extents[] = {rows, classes};
    lockstep_dnn_layout x = lockstep_dnn_maker_layout(&maker, 2, extents, NULL);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_softmax_forward_primitive_desc_create(&maker.made->description, maker.made->engine,
            dnnl_forward_training, dnnl_softmax_accurate, x, x, 1, maker.attributes);
#else
        // The first of oneDNN 2's interfaces: 2.5 does not have the second.
        dnnl_softmax_desc_t operation;
        maker.status = dnnl_softmax_forward_desc_init(&operation, dnnl_forward_training, x, 1);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_softmax_forward_execute(lockstep_dnn_primitive *primitive, const void *x, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_softmax_backward_create(
    lockstep_dnn_primitive **primitive, int64_t rows, int64_t classes, lockstep_dnn_type type,
    const lockstep_dnn_primitive *forward) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    const int64_t extents[] = {rows, classes};
    lockstep_dnn_layout x = lockstep_dnn_maker_layout(&maker, 2, extents, NULL);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_softmax_backward_primitive_desc_create(&maker.made->description, maker.made->engine,
            dnnl_softmax_accurate, x, x, x, 1, forward->description,
            maker.attributes);
#else
        dnnl_softmax_desc_t operation;
        maker.status = dnnl_softmax_backward_desc_init(&operation, x, x, 1);
        lockstep_dnn_maker_describe(&maker, &operation, forward);
#endif
    }
    const int arguments[] = {DNNL_ARG_DST, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC};
    return lockstep_dnn_maker_finish(&maker, primitive, 3, arguments);
}

lockstep_dnn_status lockstep_dnn_softmax_backward_execute(
    lockstep_dnn_primitive *primitive, const void *y, const void *dy, void *dx) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    return status ? status : lockstep_dnn_run(primitive);
}
