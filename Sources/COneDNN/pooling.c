// 2-D pooling.
#include "lockstep_dnn_pooling.h"
#include "lockstep_dnn_internal.h"

typedef struct {
    lockstep_dnn_maker maker;
    lockstep_dnn_layout x, y;
    dnnl_alg_kind_t algorithm;
    dnnl_dims_t kernel, strides, dilations, padding;
} parts;

static dnnl_alg_kind_t algorithm(lockstep_dnn_pooling_kind kind) {
    switch (kind) {
    case LOCKSTEP_DNN_POOLING_MAXIMUM: return dnnl_pooling_max;
    case LOCKSTEP_DNN_POOLING_AVERAGE: return dnnl_pooling_avg_include_padding;
    case LOCKSTEP_DNN_POOLING_AVERAGE_WITHOUT_PADDING: return dnnl_pooling_avg_exclude_padding;
    }
    return dnnl_alg_kind_undef;
}

static void start(parts *parts, const lockstep_dnn_pooling *p) {
    lockstep_dnn_maker *maker = &parts->maker;
    lockstep_dnn_maker_start(maker);
    lockstep_dnn_maker_use(maker, p->type);
    if (p->stride_h < 1 || p->stride_w < 1) {
        maker->status = dnnl_invalid_arguments;
        return;
    }
    parts->x = lockstep_dnn_maker_images(maker, p->samples, p->height, p->width, p->channels);
    parts->y = lockstep_dnn_maker_images(maker, p->samples,
        (p->height + 2 * p->padding_h - p->kernel_height) / p->stride_h + 1,
        (p->width + 2 * p->padding_w - p->kernel_width) / p->stride_w + 1, p->channels);
    parts->algorithm = algorithm(p->kind);
    parts->kernel[0] = p->kernel_height, parts->kernel[1] = p->kernel_width;
    parts->strides[0] = p->stride_h, parts->strides[1] = p->stride_w;
    parts->dilations[0] = parts->dilations[1] = 0;
    parts->padding[0] = p->padding_h, parts->padding[1] = p->padding_w;
}

lockstep_dnn_status lockstep_dnn_pooling_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_pooling *parameters) {
    parts parts;
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_pooling_forward_primitive_desc_create(&maker->made->description, maker->made->engine,
            dnnl_forward_training, parts.algorithm, parts.x, parts.y, parts.strides, parts.kernel, parts.dilations,
            parts.padding, parts.padding, maker->attributes);
#else
        dnnl_pooling_desc_t operation;
        maker->status = dnnl_pooling_forward_desc_init(&operation, dnnl_forward_training, parts.algorithm, parts.x,
            parts.y, parts.strides, parts.kernel, parts.padding, parts.padding);
        lockstep_dnn_maker_describe(maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DST, DNNL_ARG_WORKSPACE};
    return lockstep_dnn_maker_finish(maker, primitive, 3, arguments);
}

size_t lockstep_dnn_pooling_workspace_bytes(const lockstep_dnn_primitive *forward) {
    return lockstep_dnn_argument_bytes(forward, DNNL_ARG_WORKSPACE);
}

lockstep_dnn_status lockstep_dnn_pooling_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, void *y, void *workspace) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, workspace);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_pooling_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_pooling *parameters,
    const lockstep_dnn_primitive *forward) {
    parts parts;
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_pooling_backward_primitive_desc_create(&maker->made->description, maker->made->engine,
            parts.algorithm, parts.x, parts.y, parts.strides, parts.kernel, parts.dilations, parts.padding,
            parts.padding, forward->description, maker->attributes);
#else
        dnnl_pooling_desc_t operation;
        maker->status = dnnl_pooling_backward_desc_init(&operation, parts.algorithm, parts.x, parts.y, parts.strides,
            parts.kernel, parts.padding, parts.padding);
        lockstep_dnn_maker_describe(maker, &operation, forward);
#endif
    }
    const int arguments[] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WORKSPACE, DNNL_ARG_DIFF_SRC};
    return lockstep_dnn_maker_finish(maker, primitive, 3, arguments);
}

lockstep_dnn_status lockstep_dnn_pooling_backward_execute(
    lockstep_dnn_primitive *primitive, const void *dy, const void *workspace, void *dx) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, workspace);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    return status ? status : lockstep_dnn_run(primitive);
}
