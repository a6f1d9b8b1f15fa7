// The inner product of linear layers.
#include "lockstep_dnn_inner_product.h"
#include "lockstep_dnn_internal.h"

typedef struct {
    lockstep_dnn_maker maker;
    lockstep_dnn_layout x, weights, bias, y, gradient;
} parts;

static void start(parts *parts, const lockstep_dnn_inner_product *p) {
    lockstep_dnn_maker *maker = &parts->maker;
    lockstep_dnn_maker_start(maker);
    lockstep_dnn_maker_use(maker, p->type);
    const int64_t x[] = {p->samples, p->inputs};
    const int64_t weights[] = {p->outputs, p->inputs};
    const int64_t y[] = {p->samples, p->outputs};
    parts->x = lockstep_dnn_maker_layout(maker, 2, x, NULL);
    parts->weights = lockstep_dnn_maker_layout(maker, 2, weights, NULL);
    parts->y = lockstep_dnn_maker_layout(maker, 2, y, NULL);
    lockstep_dnn_maker_use(maker, LOCKSTEP_DNN_FLOAT32);
    parts->bias = p->has_bias ? lockstep_dnn_maker_layout(maker, 1, &p->outputs, NULL) : NULL;
    parts->gradient = lockstep_dnn_maker_layout(maker, 2, weights, NULL);
}

// The description of the forward primitive: also the hint that the backward ones ask for.
static void describe_forward(parts *parts) {
    lockstep_dnn_maker *maker = &parts->maker;
    if (maker->status) return;
#if LOCKSTEP_DNN_V3
    maker->status = dnnl_inner_product_forward_primitive_desc_create(&maker->made->description, maker->made->engine,
        dnnl_forward_training, parts->x, parts->weights, parts->bias, parts->y, maker->attributes);
#else
    dnnl_inner_product_desc_t operation;
    maker->status = dnnl_inner_product_forward_desc_init(
        &operation, dnnl_forward_training, parts->x, parts->weights, parts->bias, parts->y);
    lockstep_dnn_maker_describe(maker, &operation, NULL);
#endif
}

lockstep_dnn_status lockstep_dnn_inner_product_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters) {
    parts parts;
    start(&parts, parameters);
    lockstep_dnn_maker_activation(&parts.maker, parameters->activation);
    describe_forward(&parts);
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&parts.maker, primitive, 4, arguments);
}

lockstep_dnn_status lockstep_dnn_inner_product_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *weights, const float *bias, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_BIAS, bias);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_inner_product_backward_data_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters) {
    parts hint, parts;
    start(&hint, parameters);
    describe_forward(&hint);
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) maker->status = hint.maker.status;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_inner_product_backward_data_primitive_desc_create(&maker->made->description,
            maker->made->engine, parts.x, parts.weights, parts.y, hint.maker.made->description, maker->attributes);
#else
        dnnl_inner_product_desc_t operation;
        maker->status = dnnl_inner_product_backward_data_desc_init(&operation, parts.x, parts.weights, parts.y);
        lockstep_dnn_maker_describe(maker, &operation, hint.maker.made);
#endif
    }
    lockstep_dnn_maker_abandon(&hint.maker);
    const int arguments[] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC};
    return lockstep_dnn_maker_finish(maker, primitive, 3, arguments);
}

lockstep_dnn_status lockstep_dnn_inner_product_backward_data_execute(
    lockstep_dnn_primitive *primitive, const void *dz, const void *weights, void *dx) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dz);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS, weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_inner_product_backward_weights_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_inner_product *parameters) {
    parts hint, parts;
    start(&hint, parameters);
    describe_forward(&hint);
    start(&parts, parameters);
    lockstep_dnn_maker *maker = &parts.maker;
    if (!maker->status) maker->status = hint.maker.status;
    if (!maker->status) {
#if LOCKSTEP_DNN_V3
        maker->status = dnnl_inner_product_backward_weights_primitive_desc_create(&maker->made->description,
            maker->made->engine, parts.x, parts.gradient, parts.bias, parts.y, hint.maker.made->description,
            maker->attributes);
#else
        dnnl_inner_product_desc_t operation;
        maker->status = dnnl_inner_product_backward_weights_desc_init(
            &operation, parts.x, parts.gradient, parts.bias, parts.y);
        lockstep_dnn_maker_describe(maker, &operation, hint.maker.made);
#endif
    }
    lockstep_dnn_maker_abandon(&hint.maker);
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS};
    return lockstep_dnn_maker_finish(maker, primitive, 4, arguments);
}

lockstep_dnn_status lockstep_dnn_inner_product_backward_weights_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *dz, float *dweights, float *dbias) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dz);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_WEIGHTS, dweights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_BIAS, dbias);
    return status ? status : lockstep_dnn_run(primitive);
}
