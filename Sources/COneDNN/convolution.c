// 2-D convolution.
#include "lockstep_dnn_convolution.h"
#include "lockstep_dnn_internal.h"

typedef struct {
    lockstep_dnn_maker maker;
    lockstep_dnn_layout x, weights, bias, y, gradient;
    dnnl_alg_kind_t algorithm;
    dnnl_dims_t strides, dilations, padding;
} parts;

static int64_t output_extent(int64_t extent, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
    return (extent + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

static void start(parts *parts, const lockstep_dnn_convolution *p) {
    lockstep_dnn_maker *maker = &parts->maker;
    lockstep_dnn_maker_start(maker);
    lockstep_dnn_maker_use(maker, p->type);
    if (p->groups < 1 || p->stride_h < 1 || p->stride_w < 1) {
        maker->status = dnnl_invalid_arguments;
        return;
    }
    maker->borrows_scratchpad = p->is_winograd;
    parts->algorithm = p->is_winograd ? dnnl_convolution_winograd : dnnl_convolution_direct;
    lockstep_dnn_layout (*images)(lockstep_dnn_maker *, int64_t, int64_t, int64_t, int64_t)
        = p->is_winograd ? lockstep_dnn_maker_blocked_images : lockstep_dnn_maker_images;
    parts->x = images(maker, p->samples, p->height, p->width, p->channels);
    parts->y = images(maker, p->samples,
        output_extent(p->height, p->kernel_height, p->stride_h, p->padding_h, p->dilation_h),
        output_extent(p->width, p->kernel_width, p->stride_w, p->padding_w, p->dilation_w), p->outputs);
    // With groups there is an additional leading extent; the memory order is the same.
    const int64_t weights[] = {p->groups, p->outputs / p->groups, p->channels / p->groups, p->kernel_height,
        p->kernel_width};
    const int rank = p->groups == 1 ? 4 : 5;
    parts->weights = lockstep_dnn_maker_any(maker, rank, weights + 5 - rank);
    lockstep_dnn_maker_use(maker, LOCKSTEP_DNN_FLOAT32);
    parts->gradient = lockstep_dnn_maker_any(maker, rank, weights + 5 - rank);
    parts->bias = p->has_bias ? lockstep_dnn_maker_layout(maker, 1, &p->outputs, NULL) : NULL;
    parts->strides[0] = p->stride_h, parts->strides[1] = p->stride_w;
    // oneDNN's dilations count the gaps.
    parts->dilations[0] = p->dilation_h - 1, parts->dilations[1] = p->dilation_w - 1;
    parts->padding[0] = p->padding_h, parts->padding[1] = p->padding_w;
}

static lockstep_dnn_status run(lockstep_dnn_primitive *primitive, void *scratchpad) {
    lockstep_dnn_status status
        = scratchpad ? lockstep_dnn_bind(primitive, DNNL_ARG_SCRATCHPAD, scratchpad) : dnnl_success;
    return status ? status : lockstep_dnn_run(primitive);
}

// The description of the forward primitive, also the hint of the backward ones.
static void describe_forward(parts *parts) {
    lockstep_dnn_maker *maker = &parts->maker;
    if (maker->status) return;
#if LOCKSTEP_DNN_V3
    maker->status = dnnl_convolution_forward_primitive_desc_create(&maker->made->description, maker->made->engine,
        dnnl_forward_training, parts->algorithm, parts->x, parts->weights, parts->bias, parts->y,
        parts->strides, parts->dilations, parts->padding, parts->padding, maker->attributes);
#else
    dnnl_convolution_desc_t operation;
    maker->status = dnnl_dilated_convolution_forward_desc_init(&operation, dnnl_forward_training,
        parts->algorithm, parts->x, parts->weights, parts->bias, parts->y, parts->strides, parts->dilations,
        parts->padding, parts->padding);
    lockstep_dnn_maker_describe(maker, &operation, NULL);
#endif
}

lockstep_dnn_status lockstep_dnn_convolution_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters) {
    parts parts;
    start(&parts, parameters);
    describe_forward(&parts);
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&parts.maker, primitive, 4, arguments);
}

lockstep_dnn_status lockstep_dnn_convolution_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, const float *bias, void *y,
    void *scratchpad) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_BIAS, bias);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : run(primitive, scratchpad);
}

lockstep_dnn_status lockstep_dnn_convolution_backward_data_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters) {
    parts hint, parts;
    start(&hint, parameters);
    describe_forward(&hint);
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) maker->status = hint.maker.status;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_convolution_backward_data_primitive_desc_create(&maker->made->description,
            maker->made->engine, parts.algorithm, parts.x, parts.weights, parts.y, parts.strides,
            parts.dilations, parts.padding, parts.padding, hint.maker.made->description, maker->attributes);
#else
        dnnl_convolution_desc_t operation;
        maker->status = dnnl_dilated_convolution_backward_data_desc_init(&operation, parts.algorithm, parts.x,
            parts.weights, parts.y, parts.strides, parts.dilations, parts.padding, parts.padding);
        lockstep_dnn_maker_describe(maker, &operation, hint.maker.made);
#endif
    }
    lockstep_dnn_maker_abandon(&hint.maker);
    const int arguments[] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC};
    return lockstep_dnn_maker_finish(maker, primitive, 3, arguments);
}

lockstep_dnn_status lockstep_dnn_convolution_backward_data_execute(
    lockstep_dnn_primitive *primitive, const void *dy, const void *weights, void *dx,
    void *scratchpad) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    return status ? status : run(primitive, scratchpad);
}

lockstep_dnn_status lockstep_dnn_convolution_backward_weights_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_convolution *parameters) {
    parts hint, parts;
    start(&hint, parameters);
    describe_forward(&hint);
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) maker->status = hint.maker.status;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_convolution_backward_weights_primitive_desc_create(&maker->made->description,
            maker->made->engine, parts.algorithm, parts.x, parts.gradient, parts.bias, parts.y, parts.strides,
            parts.dilations, parts.padding, parts.padding, hint.maker.made->description, maker->attributes);
#else
        dnnl_convolution_desc_t operation;
        maker->status = dnnl_dilated_convolution_backward_weights_desc_init(&operation, parts.algorithm,
            parts.x, parts.gradient, parts.bias, parts.y, parts.strides, parts.dilations, parts.padding,
            parts.padding);
        lockstep_dnn_maker_describe(maker, &operation, hint.maker.made);
#endif
    }
    lockstep_dnn_maker_abandon(&hint.maker);
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS};
    return lockstep_dnn_maker_finish(maker, primitive, 4, arguments);
}

lockstep_dnn_status lockstep_dnn_convolution_backward_weights_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *dy, float *dweights, float *dbias,
    void *scratchpad) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_WEIGHTS, dweights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_BIAS, dbias);
    return status ? status : run(primitive, scratchpad);
}

int lockstep_dnn_convolution_has_winograd(const lockstep_dnn_convolution *parameters) {
    lockstep_dnn_convolution winograd = *parameters;
    winograd.is_winograd = 1;
    lockstep_dnn_status (*const makers[])(lockstep_dnn_primitive **, const lockstep_dnn_convolution *)
        = {lockstep_dnn_convolution_forward_create, lockstep_dnn_convolution_backward_data_create,
            lockstep_dnn_convolution_backward_weights_create};
    for (int i = 0; i < 3; i++) {
        lockstep_dnn_primitive *made;
        if (makers[i](&made, &winograd)) return 0;
        lockstep_dnn_destroy(made);
    }
    return 1;
}
