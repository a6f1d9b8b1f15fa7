// Layer normalization.
#include "lockstep_dnn_normalization.h"
#include "lockstep_dnn_internal.h"

static lockstep_dnn_layout data_layout(lockstep_dnn_maker *maker, const lockstep_dnn_layer_normalization *p) {
    const int64_t extents[] = {p->rows, p->features};
    return lockstep_dnn_maker_layout(maker, 2, extents, NULL);
}

static lockstep_dnn_layout statistics_layout(lockstep_dnn_maker *maker, const lockstep_dnn_layer_normalization *p) {
    return lockstep_dnn_maker_layout(maker, 1, &p->rows, NULL);
}

static const unsigned flags = dnnl_use_scale | dnnl_use_shift;

lockstep_dnn_status lockstep_dnn_layer_normalization_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_layer_normalization *parameters) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, parameters->type);
    lockstep_dnn_layout x = data_layout(&maker, parameters);
    lockstep_dnn_maker_use(&maker, LOCKSTEP_DNN_FLOAT32);
    lockstep_dnn_layout statistics = statistics_layout(&maker, parameters);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_layer_normalization_forward_primitive_desc_create(&maker.made->description,
            maker.made->engine, dnnl_forward_training, x, x, statistics, parameters->epsilon, flags,
            maker.attributes);
#else
        dnnl_layer_normalization_desc_t operation;
        maker.status = dnnl_layer_normalization_forward_desc_init(
            &operation, dnnl_forward_training, x, statistics, parameters->epsilon, flags);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    maker.vector = lockstep_dnn_maker_layout(&maker, 1, &parameters->features, NULL);
    const int arguments[] = {
        DNNL_ARG_SRC, -DNNL_ARG_SCALE, -DNNL_ARG_SHIFT, DNNL_ARG_MEAN, DNNL_ARG_VARIANCE, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 6, arguments);
}

lockstep_dnn_status lockstep_dnn_layer_normalization_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift, float *mean,
    float *variance, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SCALE, scale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SHIFT, shift);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_MEAN, mean);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_VARIANCE, variance);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_layer_normalization_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_layer_normalization *parameters,
    const lockstep_dnn_primitive *forward) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, parameters->type);
    lockstep_dnn_layout x = data_layout(&maker, parameters);
    lockstep_dnn_maker_use(&maker, LOCKSTEP_DNN_FLOAT32);
    lockstep_dnn_layout statistics = statistics_layout(&maker, parameters);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_layer_normalization_backward_primitive_desc_create(&maker.made->description,
            maker.made->engine, dnnl_backward, x, x, x, statistics, parameters->epsilon, flags,
            forward->description, maker.attributes);
#else
        dnnl_layer_normalization_desc_t operation;
        maker.status = dnnl_layer_normalization_backward_desc_init(
            &operation, dnnl_backward, x, x, statistics, parameters->epsilon, flags);
        lockstep_dnn_maker_describe(&maker, &operation, forward);
#endif
    }
    maker.vector = lockstep_dnn_maker_layout(&maker, 1, &parameters->features, NULL);
    const int arguments[] = {DNNL_ARG_SRC, -DNNL_ARG_SCALE, DNNL_ARG_MEAN, DNNL_ARG_VARIANCE, DNNL_ARG_DIFF_DST,
        DNNL_ARG_DIFF_SRC, -DNNL_ARG_DIFF_SCALE, -DNNL_ARG_DIFF_SHIFT, -DNNL_ARG_SHIFT};
    // Some versions also need the shift, although the gradients do not depend on it.
    const int wants_shift = lockstep_dnn_input_count(maker.made) > 5;
    return lockstep_dnn_maker_finish(&maker, primitive, wants_shift ? 9 : 8, arguments);
}

lockstep_dnn_status lockstep_dnn_layer_normalization_backward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift,
    const float *mean, const float *variance, const void *dy, void *dx, float *dscale, float *dshift) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SCALE, scale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SHIFT, shift);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_MEAN, mean);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_VARIANCE, variance);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SCALE, dscale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SHIFT, dshift);
    return status ? status : lockstep_dnn_run(primitive);
}
