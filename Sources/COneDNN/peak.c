// A matrix product in oneDNN's preferred layouts: the machine's peak.
#include "lockstep_dnn_peak.h"
#include "lockstep_dnn_internal.h"

lockstep_dnn_status lockstep_dnn_peak_create(
    lockstep_dnn_primitive **primitive, int64_t extent, lockstep_dnn_type type) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    const int64_t extents[] = {extent, extent};
    lockstep_dnn_layout x = lockstep_dnn_maker_any(&maker, 2, extents);
    lockstep_dnn_layout weights = lockstep_dnn_maker_any(&maker, 2, extents);
    lockstep_dnn_layout y = lockstep_dnn_maker_any(&maker, 2, extents);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_inner_product_forward_primitive_desc_create(&maker.made->description, maker.made->engine,
            dnnl_forward_inference, x, weights, NULL, y, maker.attributes);
#else
        dnnl_inner_product_desc_t operation;
        maker.status
            = dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_inference, x, weights, NULL, y);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 3, arguments);
}

size_t lockstep_dnn_peak_bytes(const lockstep_dnn_primitive *primitive) {
    size_t bytes = 0;
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
    for (int i = 0; i < 3; i++) {
        size_t size = lockstep_dnn_argument_bytes(primitive, arguments[i]);
        if (size > bytes) bytes = size;
    }
    return bytes;
}

lockstep_dnn_status lockstep_dnn_peak_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}
