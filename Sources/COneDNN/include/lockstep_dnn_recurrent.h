#pragma once
#include "lockstep_dnn_base.h"

/// The cells of recurrent layers. G gates, in oneDNN's order: LSTM input, forget, candidate, output (PyTorch's order);
/// GRU update, reset, candidate (PyTorch has reset first), with the reset gate behind the recurrent product, as in PyTorch.
typedef enum {
    LOCKSTEP_DNN_RNN_TANH,
    LOCKSTEP_DNN_RNN_RELU,
    LOCKSTEP_DNN_LSTM,
    LOCKSTEP_DNN_GRU,
} lockstep_dnn_cell;

/// One recurrent layer in one direction over a whole sequence, from a zero state.
///
/// x [T, N, I] (time first), y [T, N, H]; weights of the input plain [G, H, I] and of the state [G, H, H], packed by
/// `lockstep_dnn_recurrent_pack_create`; bias [G, H], for a GRU [4, H] (the fourth is the candidate's recurrent one).
typedef struct {
    lockstep_dnn_cell cell;
    int64_t steps;    ///< T
    int64_t samples;  ///< N
    int64_t inputs;   ///< I
    int64_t units;    ///< H
    int is_reversed;  ///< from the last step to the first
    lockstep_dnn_type type;  ///< of x, y and the weights; gradients of x and y are float32
} lockstep_dnn_recurrent;

/// Which of a layer's two matrices of weights.
typedef enum {
    LOCKSTEP_DNN_INPUT_WEIGHTS,
    LOCKSTEP_DNN_STATE_WEIGHTS,
} lockstep_dnn_recurrent_weights;

/// G: 1, 4 or 3.
int64_t lockstep_dnn_cell_gates(lockstep_dnn_cell cell);

/// The rows of the bias: G, or 4 for a GRU.
int64_t lockstep_dnn_cell_bias_rows(lockstep_dnn_cell cell);

lockstep_dnn_status lockstep_dnn_recurrent_forward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters);

/// The bytes that forward leaves for backward.
size_t lockstep_dnn_recurrent_workspace_bytes(const lockstep_dnn_primitive *forward);

/// x, both weights (packed) and bias -> y, workspace. `zeros` are N x H x 4 zero bytes.
lockstep_dnn_status lockstep_dnn_recurrent_forward_execute(
    lockstep_dnn_primitive *primitive, const void *x, const void *input_weights, const void *state_weights,
    const float *bias, const void *zeros, void *y, void *workspace);

/// `forward` was made with the same parameters.
lockstep_dnn_status lockstep_dnn_recurrent_backward_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters,
    const lockstep_dnn_primitive *forward);

/// What backward reads and writes. Gradients of the weights are in the layout of `lockstep_dnn_recurrent_unpack_create`;
/// oneDNN adds to them and to dbias, so they have to be cleared.
typedef struct {
    const void *x, *input_weights, *state_weights;
    const float *bias;
    const void *zeros;  ///< as in forward
    const void *y, *workspace;
    const float *dy;
    float *dx;
    float *dstate, *dcell;  ///< [N, H] each: the gradient of the first state, which nobody wants
    float *dinput_weights, *dstate_weights, *dbias;
} lockstep_dnn_recurrent_backward;

lockstep_dnn_status lockstep_dnn_recurrent_backward_execute(
    lockstep_dnn_primitive *primitive, const lockstep_dnn_recurrent_backward *arguments);

/// The size of packed weights of `user`, a forward or backward primitive.
size_t lockstep_dnn_recurrent_weights_bytes(
    const lockstep_dnn_primitive *user, lockstep_dnn_recurrent_weights which);

/// The size of the gradient of the weights that `backward` writes.
size_t lockstep_dnn_recurrent_gradient_bytes(
    const lockstep_dnn_primitive *backward, lockstep_dnn_recurrent_weights which);

/// Copies plain weights into the layout that `user` reads; executed by `lockstep_dnn_packing_execute`.
lockstep_dnn_status lockstep_dnn_recurrent_pack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters, const lockstep_dnn_primitive *user,
    lockstep_dnn_recurrent_weights which);

/// Copies the gradient that `backward` wrote to the plain layout; executed by `lockstep_dnn_packing_execute`.
lockstep_dnn_status lockstep_dnn_recurrent_unpack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_recurrent *parameters, const lockstep_dnn_primitive *backward,
    lockstep_dnn_recurrent_weights which);
