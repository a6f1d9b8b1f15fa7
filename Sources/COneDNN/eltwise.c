// Functions of one number.
#include "lockstep_dnn_elementwise.h"
#include "lockstep_dnn_internal.h"

static dnnl_alg_kind_t algorithm(lockstep_dnn_eltwise_kind kind) {
    switch (kind) {
    case LOCKSTEP_DNN_ELTWISE_RELU: return dnnl_eltwise_relu;
    case LOCKSTEP_DNN_ELTWISE_TANH: return dnnl_eltwise_tanh;
    case LOCKSTEP_DNN_ELTWISE_LOGISTIC: return dnnl_eltwise_logistic;
    case LOCKSTEP_DNN_ELTWISE_EXP: return dnnl_eltwise_exp;
    case LOCKSTEP_DNN_ELTWISE_LOG: return dnnl_eltwise_log;
    case LOCKSTEP_DNN_ELTWISE_SQRT: return dnnl_eltwise_sqrt;
    case LOCKSTEP_DNN_ELTWISE_SQUARE: return dnnl_eltwise_square;
    case LOCKSTEP_DNN_ELTWISE_ABS: return dnnl_eltwise_abs;
    case LOCKSTEP_DNN_ELTWISE_LINEAR: return dnnl_eltwise_linear;
    case LOCKSTEP_DNN_ELTWISE_CLIP: return dnnl_eltwise_clip;
    case LOCKSTEP_DNN_ELTWISE_SWISH: return dnnl_eltwise_swish;
    case LOCKSTEP_DNN_ELTWISE_SOFTPLUS: return dnnl_eltwise_soft_relu;
    case LOCKSTEP_DNN_ELTWISE_RELU_FROM_OUTPUT: return dnnl_eltwise_relu_use_dst_for_bwd;
    case LOCKSTEP_DNN_ELTWISE_TANH_FROM_OUTPUT: return dnnl_eltwise_tanh_use_dst_for_bwd;
    case LOCKSTEP_DNN_ELTWISE_LOGISTIC_FROM_OUTPUT: return dnnl_eltwise_logistic_use_dst_for_bwd;
    case LOCKSTEP_DNN_ELTWISE_EXP_FROM_OUTPUT: return dnnl_eltwise_exp_use_dst_for_bwd;
    case LOCKSTEP_DNN_ELTWISE_SQRT_FROM_OUTPUT: return dnnl_eltwise_sqrt_use_dst_for_bwd;
    }
    return dnnl_alg_kind_undef;
}

static int is_from_output(lockstep_dnn_eltwise_kind kind) {
    return kind >= LOCKSTEP_DNN_ELTWISE_RELU_FROM_OUTPUT;
}

// In oneDNN 3 softplus has an additional factor before the argument.
static float factor(lockstep_dnn_eltwise_kind kind, float alpha) {
    return LOCKSTEP_DNN_V3 && kind == LOCKSTEP_DNN_ELTWISE_SOFTPLUS ? 1.0f : alpha;
}

lockstep_dnn_status lockstep_dnn_eltwise_forward_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_eltwise_kind kind, float alpha, float beta, int64_t count,
    lockstep_dnn_type type) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    lockstep_dnn_layout layout = lockstep_dnn_maker_layout(&maker, 1, &count, NULL);
    alpha = factor(kind, alpha);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_eltwise_forward_primitive_desc_create(&maker.made->description, maker.made->engine,
            dnnl_forward_training, algorithm(kind), layout, layout, alpha, beta, maker.attributes);
#else
        dnnl_eltwise_desc_t operation;
        maker.status = dnnl_eltwise_forward_desc_init(
            &operation, dnnl_forward_training, algorithm(kind), layout, alpha, beta);
        lockstep_dnn_maker_describe(&maker, &operation, NULL);
#endif
    }
    const int arguments[] = {DNNL_ARG_SRC, DNNL_ARG_DST};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_eltwise_forward_execute(lockstep_dnn_primitive *primitive, const void *x, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_eltwise_backward_create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_eltwise_kind kind, float alpha, float beta, int64_t count,
    lockstep_dnn_type type) {
    *primitive = NULL;
    lockstep_dnn_primitive *forward;
    lockstep_dnn_status status = lockstep_dnn_eltwise_forward_create(&forward, kind, alpha, beta, count, type);
    if (status) return status;
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    lockstep_dnn_layout layout = lockstep_dnn_maker_layout(&maker, 1, &count, NULL);
    alpha = factor(kind, alpha);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_eltwise_backward_primitive_desc_create(&maker.made->description, maker.made->engine,
            algorithm(kind), layout, layout, layout, alpha, beta, forward->description, maker.attributes);
#else
        dnnl_eltwise_desc_t operation;
        maker.status
            = dnnl_eltwise_backward_desc_init(&operation, algorithm(kind), layout, layout, alpha, beta);
        lockstep_dnn_maker_describe(&maker, &operation, forward);
#endif
    }
    const int arguments[] = {is_from_output(kind) ? DNNL_ARG_DST : DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC};
    status = lockstep_dnn_maker_finish(&maker, primitive, 3, arguments);
    lockstep_dnn_destroy(forward);
    return status;
}

lockstep_dnn_status lockstep_dnn_eltwise_backward_execute(
    lockstep_dnn_primitive *primitive, const void *data, const void *dy, void *dx) {
    // Only one of the two is an argument of the primitive.
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC, data);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, data);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST, dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC, dx);
    return status ? status : lockstep_dnn_run(primitive);
}
