#pragma once
#include <stddef.h>
#include <stdint.h>

/// The cells of a recurrent layer, functions of a[t] = W x[t] + b and r[t] = U h[t - 1] + c; gates in
/// PyTorch's order.
typedef enum {
    LOCKSTEP_CELL_TANH,  ///< h = tanh(a + r)
    LOCKSTEP_CELL_RELU,  ///< h = max(a + r, 0)
    LOCKSTEP_CELL_LSTM,  ///< i, f, g, o: c = f c + i g, h = o tanh(c)
    LOCKSTEP_CELL_GRU,   ///< r, z, n: n = tanh(a + r (U h + c)), h = (1 - z) n + z h
} lockstep_cell;

/// The parameters of all steps of a layer: N samples, H units, G gates (1, 1, 4, 3). "Number" below is
/// float32, or bfloat16 if `is_rounded`.
///
/// `input` contains a as rows of G H numbers: row n for sample n or, with ids, row ids[n] of a table with the
/// contribution of each token.
typedef struct {
    lockstep_cell cell;
    int is_rounded;
    ptrdiff_t samples;  ///< N
    ptrdiff_t units;    ///< H
} lockstep_recurrent;

/// One step forward: reads a, U h, c and the state before; writes the state, and the values for backward.
typedef struct {
    const void *input;         ///< numbers [N or entries, G H]: a
    const int32_t *ids;        ///< [N], each below the entries, or NULL
    const float *product;      ///< [N, G H]: U h[t - 1]
    const float *bias;         ///< [G H]: c
    const void *state_before;  ///< numbers [N, H]: h[t - 1]
    const float *memory_before;///< [N, H]: an LSTM's c[t - 1]
    void *state;               ///< numbers [N, H]: h[t]
    float *memory;             ///< [N, H]: an LSTM's c[t]
    void *gates;               ///< numbers [N, 4, H]: LSTM i, f, g, o; GRU r, z, n, U h + c of n; else untouched
} lockstep_recurrent_forward;

void lockstep_recurrent_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step);

/// One step backward, from the last to the first.
typedef struct {
    const void *state_gradient;  ///< numbers [N, H]: of h[t], from above
    const float *product;        ///< [N, H]: of h[t], what step t + 1 sent through U
    float *carry;                ///< [N, H]: what step t + 1 sent past U (LSTM to c[t], GRU to h[t]); then what t sends to t - 1
    const void *gates;           ///< as forward wrote them
    const void *state;           ///< numbers [N, H]: h[t]
    const void *state_before;    ///< numbers [N, H]: h[t - 1]
    const float *memory;         ///< [N, H]: an LSTM's c[t]
    const float *memory_before;  ///< [N, H]: an LSTM's c[t - 1]
    void *recurrent_gradient;    ///< numbers [N, G H]: of U h + c
    void *input_gradient;        ///< numbers [N, G H]: of a; for a GRU without ids only: else it is the same
    float *table_gradient;       ///< [entries, G H]: the gradient of a is added to row ids[n]; with ids only
    const int32_t *ids;          ///< as in forward
} lockstep_recurrent_backward;

void lockstep_recurrent_step_backward(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step);
