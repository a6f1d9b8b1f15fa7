// Batch normalization.
#include "lockstep_dnn_normalization.h"
#include "lockstep_dnn_internal.h"

static unsigned flags(const lockstep_dnn_batch_normalization *p) {
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    if (p->uses_given_statistics) flags |= dnnl_use_global_stats;
    if (p->has_relu) flags |= dnnl_fuse_norm_relu;
    return flags;
}

lockstep_dnn_status lockstep_dnn_batch_normalization_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_batch_normalization *parameters) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, parameters->type);
    lockstep_dnn_layout x = lockstep_dnn_maker_images(
        &maker, parameters->samples, parameters->height, parameters->width, parameters->channels);
    // Backward through inference needs training mode with given statistics.
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_batch_normalization_forward_primitive_desc_create(&maker.made->description,
            maker.made->engine, dnnl_forward_training, x, x, parameters->epsilon, flags(parameters),
            maker.attributes);
#else
        dnnl_batch_normalization_desc_t operation;
        maker.status = dnnl_batch_normalization_forward_desc_init(
            &operation, dnnl_forward_training, x, parameters->epsilon, flags(parameters));
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    lockstep_dnn_maker_use(&maker, LOCKSTEP_DNN_FLOAT32);
    maker.vector = lockstep_dnn_maker_layout(&maker, 1, &parameters->channels, NULL);
    const int arguments[] = {DNNL_ARG_SRC, -DNNL_ARG_SCALE, -DNNL_ARG_SHIFT, -DNNL_ARG_MEAN, -DNNL_ARG_VARIANCE,
        DNNL_ARG_DST, DNNL_ARG_WORKSPACE};
    return lockstep_dnn_maker_finish(&maker, primitive, 7, arguments);
}

size_t lockstep_dnn_batch_normalization_workspace_bytes(const lockstep_dnn_primitive *forward) {
    return lockstep_dnn_argument_bytes(forward, DNNL_ARG_WORKSPACE);
}

lockstep_dnn_status lockstep_dnn_batch_normalization_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift, float *mean,
    float *variance, void *y, void *workspace) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SCALE, scale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SHIFT, shift);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_MEAN, mean);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_VARIANCE, variance);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, workspace);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_batch_normalization_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_batch_normalization *parameters,
    const lockstep_dnn_primitive *forward) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, parameters->type);
    lockstep_dnn_layout x = lockstep_dnn_maker_images(
        &maker, parameters->samples, parameters->height, parameters->width, parameters->channels);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_batch_normalization_backward_primitive_desc_create(&maker.made->description,
            maker.made->engine, dnnl_backward, x, x, x, parameters->epsilon, flags(parameters),
            forward->description, maker.attributes);
#else
        dnnl_batch_normalization_desc_t operation;
        maker.status = dnnl_batch_normalization_backward_desc_init(
            &operation, dnnl_backward, x, x, parameters->epsilon, flags(parameters));
        lockstep_dnn_maker_describe(&maker, &operation, forward);
#endif
    }
    lockstep_dnn_maker_use(&maker, LOCKSTEP_DNN_FLOAT32);
    maker.vector = lockstep_dnn_maker_layout(&maker, 1, &parameters->channels, NULL);
    const int arguments[] = {DNNL_ARG_SRC, -DNNL_ARG_SCALE, -DNNL_ARG_MEAN, -DNNL_ARG_VARIANCE, DNNL_ARG_WORKSPACE,
        DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC, -DNNL_ARG_DIFF_SCALE, -DNNL_ARG_DIFF_SHIFT, -DNNL_ARG_SHIFT};
    // oneDNN 2 also needs the shift, although the gradients do not depend on it.
    const int wants_shift = lockstep_dnn_input_count(maker.made) > 5 + (parameters->has_relu != 0);
    return lockstep_dnn_maker_finish(&maker, primitive, wants_shift ? 10 : 9, arguments);
}

lockstep_dnn_status lockstep_dnn_batch_normalization_backward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const float *scale, const float *shift,
    const float *mean, const float *variance, const void *workspace, const void *dy, void *dx, float *dscale, float *dshift) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SCALE, scale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SHIFT, shift);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_MEAN, mean);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_VARIANCE, variance);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, workspace);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SCALE, dscale);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SHIFT, dshift);
    return status ? status : lockstep_dnn_run(primitive);
}
