// Recurrent layers.
#include "lockstep_dnn_recurrent.h"
#include "lockstep_dnn_internal.h"

typedef struct {
    lockstep_dnn_layout x, y, input_weights, state_weights, bias;
    lockstep_dnn_layout dx, dy, input_gradient, state_gradient;
    // The state before the first step, zero. It may be left out, but from left to right oneDNN 2.6 and 3.2 then give wrong
    // gradients of the state's weights (the golden tests fail). `cell` is an LSTM's c.
    lockstep_dnn_layout state, cell, dstate;
} layouts;

int64_t lockstep_dnn_cell_gates(lockstep_dnn_cell cell) {
    return cell == LOCKSTEP_DNN_LSTM ? 4 : cell == LOCKSTEP_DNN_GRU ? 3 : 1;
}

int64_t lockstep_dnn_cell_bias_rows(lockstep_dnn_cell cell) {
    return cell == LOCKSTEP_DNN_GRU ? 4 : lockstep_dnn_cell_gates(cell);
}

static dnnl_rnn_direction_t direction(const lockstep_dnn_recurrent *p) {
    return p->is_reversed ? dnnl_unidirectional_right2left : dnnl_unidirectional_left2right;
}

static dnnl_alg_kind_t activation(const lockstep_dnn_recurrent *p) {
    return p->cell == LOCKSTEP_DNN_RNN_RELU ? dnnl_eltwise_relu : dnnl_eltwise_tanh;
}

static void start(lockstep_dnn_maker *maker, layouts *l, const lockstep_dnn_recurrent *p) {
    lockstep_dnn_maker_start(maker);
    lockstep_dnn_maker_use(maker, p->type);
    const int64_t gates = lockstep_dnn_cell_gates(p->cell);
    const int64_t x[] = {p->steps, p->samples, p->inputs};
    const int64_t y[] = {p->steps, p->samples, p->units};
    const int64_t input_weights[] = {1, 1, p->inputs, gates, p->units};
    const int64_t state_weights[] = {1, 1, p->units, gates, p->units};
    const int64_t bias[] = {1, 1, lockstep_dnn_cell_bias_rows(p->cell), p->units};
    l->x = lockstep_dnn_maker_layout(maker, 3, x, NULL);
    l->y = lockstep_dnn_maker_layout(maker, 3, y, NULL);
    l->input_weights = lockstep_dnn_maker_any(maker, 5, input_weights);
    l->state_weights = lockstep_dnn_maker_any(maker, 5, state_weights);
    lockstep_dnn_maker_use(maker, LOCKSTEP_DNN_FLOAT32);
    const int64_t state[] = {1, 1, p->samples, p->units};
    l->dstate = l->cell = lockstep_dnn_maker_layout(maker, 4, state, NULL);
    lockstep_dnn_maker_use(maker, p->type);
    l->state = lockstep_dnn_maker_layout(maker, 4, state, NULL);
    lockstep_dnn_maker_use(maker, LOCKSTEP_DNN_FLOAT32);
    l->dx = lockstep_dnn_maker_layout(maker, 3, x, NULL);
    l->dy = lockstep_dnn_maker_layout(maker, 3, y, NULL);
    l->bias = lockstep_dnn_maker_layout(maker, 4, bias, NULL);
    l->input_gradient = lockstep_dnn_maker_any(maker, 5, input_weights);
    l->state_gradient = lockstep_dnn_maker_any(maker, 5, state_weights);
}

static void describe_forward(lockstep_dnn_maker *maker, const layouts *l, const lockstep_dnn_recurrent *p) {
    if (maker->status) return;
    const dnnl_prop_kind_t training = dnnl_forward_training;
#if LOCKSTEP_DNN_V3
    dnnl_primitive_desc_t *made = &maker->made->description;
    dnnl_engine_t engine = maker->made->engine;
    switch (p->cell) {
    case LOCKSTEP_DNN_LSTM:
        maker->status = dnnl_lstm_forward_primitive_desc_create(made, engine, training, direction(p), l->x, l->state, l->cell,
            l->input_weights, l->state_weights, NULL, NULL, l->bias, l->y, NULL, NULL, 0, maker->attributes);
        break;
    case LOCKSTEP_DNN_GRU:
        maker->status = dnnl_lbr_gru_forward_primitive_desc_create(made, engine, training, direction(p), l->x, l->state,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, 0, maker->attributes);
        break;
    default:
        maker->status = dnnl_vanilla_rnn_forward_primitive_desc_create(made, engine, training, activation(p),
            direction(p), l->x, l->state, l->input_weights, l->state_weights, l->bias, l->y, NULL, 0, 0.0f, 0.0f,
            maker->attributes);
    }
#else
    dnnl_rnn_desc_t operation;
    switch (p->cell) {
    case LOCKSTEP_DNN_LSTM:
        maker->status = dnnl_lstm_forward_desc_init(&operation, training, direction(p), l->x, l->state, l->cell,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, NULL, 0);
        break;
    case LOCKSTEP_DNN_GRU:
        maker->status = dnnl_lbr_gru_forward_desc_init(&operation, training, direction(p), l->x, l->state,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, 0);
        break;
    default:
        maker->status = dnnl_vanilla_rnn_forward_desc_init(&operation, training, activation(p), direction(p), l->x,
            l->state, l->input_weights, l->state_weights, l->bias, l->y, NULL, 0, 0.0f, 0.0f);
    }
    lockstep_dnn_maker_describe(maker, &operation, NULL);
#endif
}

static void describe_backward(
    lockstep_dnn_maker *maker, const layouts *l, const lockstep_dnn_recurrent *p,
    const lockstep_dnn_primitive *forward) {
    if (maker->status) return;
    const dnnl_prop_kind_t kind = dnnl_backward;
#if LOCKSTEP_DNN_V3
    dnnl_primitive_desc_t *made = &maker->made->description;
    dnnl_engine_t engine = maker->made->engine;
    switch (p->cell) {
    case LOCKSTEP_DNN_LSTM:
        maker->status = dnnl_lstm_backward_primitive_desc_create(made, engine, kind, direction(p), l->x, l->state, l->cell,
            l->input_weights, l->state_weights, NULL, NULL, l->bias, l->y, NULL, NULL, l->dx, l->dstate, l->dstate,
            l->input_gradient, l->state_gradient, NULL, NULL, l->bias, l->dy, NULL, NULL, 0, forward->description,
            maker->attributes);
        break;
    case LOCKSTEP_DNN_GRU:
        maker->status = dnnl_lbr_gru_backward_primitive_desc_create(made, engine, kind, direction(p), l->x, l->state,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, l->dx, l->dstate, l->input_gradient,
            l->state_gradient, l->bias, l->dy, NULL, 0, forward->description, maker->attributes);
        break;
    default:
        maker->status = dnnl_vanilla_rnn_backward_primitive_desc_create(made, engine, kind, activation(p),
            direction(p), l->x, l->state, l->input_weights, l->state_weights, l->bias, l->y, NULL, l->dx, l->dstate,
            l->input_gradient, l->state_gradient, l->bias, l->dy, NULL, 0, 0.0f, 0.0f, forward->description,
            maker->attributes);
    }
#else
    dnnl_rnn_desc_t operation;
    switch (p->cell) {
    case LOCKSTEP_DNN_LSTM:
        maker->status = dnnl_lstm_backward_desc_init(&operation, kind, direction(p), l->x, l->state, l->cell,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, NULL, l->dx, l->dstate, l->dstate, l->input_gradient,
            l->state_gradient, l->bias, l->dy, NULL, NULL, 0);
        break;
    case LOCKSTEP_DNN_GRU:
        maker->status = dnnl_lbr_gru_backward_desc_init(&operation, kind, direction(p), l->x, l->state, l->input_weights,
            l->state_weights, l->bias, l->y, NULL, l->dx, l->dstate, l->input_gradient, l->state_gradient, l->bias, l->dy,
            NULL, 0);
        break;
    default:
        maker->status = dnnl_vanilla_rnn_backward_desc_init(&operation, kind, activation(p), direction(p), l->x, l->state,
            l->input_weights, l->state_weights, l->bias, l->y, NULL, l->dx, l->dstate, l->input_gradient, l->state_gradient,
            l->bias, l->dy, NULL, 0, 0.0f, 0.0f);
    }
    lockstep_dnn_maker_describe(maker, &operation, forward);
#endif
}

lockstep_dnn_status lockstep_dnn_recurrent_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters) {
    lockstep_dnn_maker maker;
    layouts layouts;
    start(&maker, &layouts, parameters);
    describe_forward(&maker, &layouts, parameters);
    const int arguments[] = {DNNL_ARG_SRC_LAYER, DNNL_ARG_SRC_ITER, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER,
        DNNL_ARG_BIAS, DNNL_ARG_DST_LAYER, DNNL_ARG_WORKSPACE, DNNL_ARG_SRC_ITER_C};
    return lockstep_dnn_maker_finish(&maker, primitive, parameters->cell == LOCKSTEP_DNN_LSTM ? 8 : 7, arguments);
}

size_t lockstep_dnn_recurrent_workspace_bytes(const lockstep_dnn_primitive *forward) {
    return lockstep_dnn_argument_bytes(forward, DNNL_ARG_WORKSPACE);
}

lockstep_dnn_status lockstep_dnn_recurrent_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *input_weights, const void *state_weights,
    const float *bias, const void *zeros, void *y, void *workspace) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_LAYER, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_ITER, zeros);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_ITER_C, zeros);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS_LAYER, input_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS_ITER, state_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_BIAS, bias);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST_LAYER, y);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, workspace);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_recurrent_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters,
    const lockstep_dnn_primitive *forward) {
    lockstep_dnn_maker maker;
    layouts layouts;
    start(&maker, &layouts, parameters);
    describe_backward(&maker, &layouts, parameters, forward);
    const int arguments[] = {DNNL_ARG_SRC_LAYER, DNNL_ARG_SRC_ITER, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER,
        DNNL_ARG_BIAS, DNNL_ARG_DST_LAYER, DNNL_ARG_WORKSPACE, DNNL_ARG_DIFF_DST_LAYER, DNNL_ARG_DIFF_SRC_LAYER,
        DNNL_ARG_DIFF_SRC_ITER, DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS,
        DNNL_ARG_SRC_ITER_C, DNNL_ARG_DIFF_SRC_ITER_C};
    return lockstep_dnn_maker_finish(&maker, primitive, parameters->cell == LOCKSTEP_DNN_LSTM ? 15 : 13, arguments);
}

lockstep_dnn_status lockstep_dnn_recurrent_backward_execute(
    lockstep_dnn_primitive *primitive, const lockstep_dnn_recurrent_backward *a) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_LAYER, a->x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_ITER, a->zeros);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_SRC_ITER_C, a->zeros);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS_LAYER, a->input_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WEIGHTS_ITER, a->state_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_BIAS, a->bias);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DST_LAYER, a->y);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_WORKSPACE, a->workspace);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_DST_LAYER, a->dy);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC_LAYER, a->dx);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC_ITER, a->dstate);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_SRC_ITER_C, a->dcell);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_WEIGHTS_LAYER, a->dinput_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_WEIGHTS_ITER, a->dstate_weights);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_DIFF_BIAS, a->dbias);
    return status ? status : lockstep_dnn_run(primitive);
}

static int argument(lockstep_dnn_recurrent_weights which) {
    return which == LOCKSTEP_DNN_INPUT_WEIGHTS ? DNNL_ARG_WEIGHTS_LAYER : DNNL_ARG_WEIGHTS_ITER;
}

static int gradient_argument(lockstep_dnn_recurrent_weights which) {
    return which == LOCKSTEP_DNN_INPUT_WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS_LAYER : DNNL_ARG_DIFF_WEIGHTS_ITER;
}

size_t lockstep_dnn_recurrent_weights_bytes(
    const lockstep_dnn_primitive *user, lockstep_dnn_recurrent_weights which) {
    return lockstep_dnn_argument_bytes(user, argument(which));
}

size_t lockstep_dnn_recurrent_gradient_bytes(
    const lockstep_dnn_primitive *backward, lockstep_dnn_recurrent_weights which) {
    return lockstep_dnn_argument_bytes(backward, gradient_argument(which));
}

// Plain weights [G, H, I] as oneDNN counts: extents 1, 1, I, G, H.
static lockstep_dnn_layout plain(
    lockstep_dnn_maker *maker, const lockstep_dnn_recurrent *p, lockstep_dnn_recurrent_weights which,
    lockstep_dnn_type type) {
    const int64_t inputs = which == LOCKSTEP_DNN_INPUT_WEIGHTS ? p->inputs : p->units;
    const int64_t gates = lockstep_dnn_cell_gates(p->cell), all = gates * p->units * inputs;
    const int64_t extents[] = {1, 1, inputs, gates, p->units};
    const int64_t strides[] = {all, all, 1, p->units * inputs, inputs};
    lockstep_dnn_maker_use(maker, type);
    return lockstep_dnn_maker_layout(maker, 5, extents, strides);
}

static lockstep_dnn_status create_copy(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters,
    lockstep_dnn_recurrent_weights which, lockstep_dnn_layout packed, int to_plain) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_layout plain_layout
        = plain(&maker, parameters, which, to_plain ? LOCKSTEP_DNN_FLOAT32 : parameters->type);
    if (!maker.status && !packed) maker.status = dnnl_invalid_arguments;
    if (!maker.status)
        maker.status = dnnl_reorder_primitive_desc_create(&maker.made->description, to_plain ? packed : plain_layout,
            maker.made->engine, to_plain ? plain_layout : packed, maker.made->engine, maker.attributes);
    const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_recurrent_pack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters, const lockstep_dnn_primitive *user,
    lockstep_dnn_recurrent_weights which) {
    return create_copy(primitive, parameters, which, lockstep_dnn_argument_layout(user, argument(which)), 0);
}

lockstep_dnn_status lockstep_dnn_recurrent_unpack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters, const lockstep_dnn_primitive *backward,
    lockstep_dnn_recurrent_weights which) {
    return create_copy(
        primitive, parameters, which, lockstep_dnn_argument_layout(backward, gradient_argument(which)), 1);
}
