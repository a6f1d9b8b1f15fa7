#include "lockstep_recurrent.h"

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"
#include "lockstep_sigmoid_inline.h"

// Every clone must give the same bits: no operation is contracted.
#pragma clang fp contract(off)

// The rows of one sample. All pointers are to distinct memory, except `before`, which is only read.
typedef struct {
    const void *input, *before;
    const float *product, *bias, *memory_before;
    void *state, *gates;
    float *memory;
} forward_row;

#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

LOCKSTEP_INLINE void vanilla_row(forward_row r, ptrdiff_t units, int rounded, int relu) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        float sum = number(r.input, j, rounded) + (r.product[j] + r.bias[j]);
        put(r.state, j, rounded, relu ? (sum < 0.0f ? 0.0f : sum) : tanh_of(sum));
    }
}

LOCKSTEP_INLINE void lstm_row(forward_row r, ptrdiff_t units, int rounded) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        ptrdiff_t jf = j + units, jg = jf + units, jo = jg + units;
        float i = sigmoid_of(number(r.input, j, rounded) + (r.product[j] + r.bias[j]));
        float f = sigmoid_of(number(r.input, jf, rounded) + (r.product[jf] + r.bias[jf]));
        float g = tanh_of(number(r.input, jg, rounded) + (r.product[jg] + r.bias[jg]));
        float o = sigmoid_of(number(r.input, jo, rounded) + (r.product[jo] + r.bias[jo]));
        float c = f * r.memory_before[j] + i * g;
        r.memory[j] = c;
        put(r.state, j, rounded, o * tanh_of(c));
        put(r.gates, j, rounded, i);
        put(r.gates, jf, rounded, f);
        put(r.gates, jg, rounded, g);
        put(r.gates, jo, rounded, o);
    }
}

LOCKSTEP_INLINE void gru_row(forward_row row, ptrdiff_t units, int rounded) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        ptrdiff_t jz = j + units, jn = jz + units, jp = jn + units;
        float r = sigmoid_of(number(row.input, j, rounded) + (row.product[j] + row.bias[j]));
        float z = sigmoid_of(number(row.input, jz, rounded) + (row.product[jz] + row.bias[jz]));
        float p = row.product[jn] + row.bias[jn];
        float n = tanh_of(number(row.input, jn, rounded) + r * p);
        put(row.state, j, rounded, (1.0f - z) * n + z * number(row.before, j, rounded));
        put(row.gates, j, rounded, r);
        put(row.gates, jz, rounded, z);
        put(row.gates, jn, rounded, n);
        put(row.gates, jp, rounded, p);
    }
}

LOCKSTEP_INLINE void rows(
    const lockstep_recurrent *layer, const lockstep_recurrent_forward *step, ptrdiff_t gates, lockstep_cell cell,
    int rounded) {
    ptrdiff_t units = layer->units;
    for (ptrdiff_t n = 0; n < layer->samples; n++) {
        ptrdiff_t first = n * units, wide = gates * first;
        forward_row row = {
            .input = numbers_from(step->input, (step->ids ? step->ids[n] : n) * gates * units, rounded),
            .before = numbers_from(step->state_before, first, rounded),
            .product = step->product + wide,
            .bias = step->bias,
            .memory_before = step->memory_before + first,
            .state = place_of(step->state, first, rounded),
            .gates = place_of(step->gates, 4 * first, rounded),
            .memory = step->memory + first,
        };
        if (cell == LOCKSTEP_CELL_LSTM)
            lstm_row(row, units, rounded);
        else if (cell == LOCKSTEP_CELL_GRU)
            gru_row(row, units, rounded);
        else
            vanilla_row(row, units, rounded, cell == LOCKSTEP_CELL_RELU);
    }
}

LOCKSTEP_INLINE void every_row(
    const lockstep_recurrent *layer, const lockstep_recurrent_forward *step, ptrdiff_t gates, lockstep_cell cell) {
    if (layer->is_rounded)
        rows(layer, step, gates, cell, 1);
    else
        rows(layer, step, gates, cell, 0);
}

LOCKSTEP_CLONES
static void lstm_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step) {
    every_row(layer, step, 4, LOCKSTEP_CELL_LSTM);
}

LOCKSTEP_CLONES
static void gru_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step) {
    every_row(layer, step, 3, LOCKSTEP_CELL_GRU);
}

LOCKSTEP_CLONES
static void tanh_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step) {
    every_row(layer, step, 1, LOCKSTEP_CELL_TANH);
}

LOCKSTEP_CLONES
static void relu_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step) {
    every_row(layer, step, 1, LOCKSTEP_CELL_RELU);
}

void lockstep_recurrent_step(const lockstep_recurrent *layer, const lockstep_recurrent_forward *step) {
    switch (layer->cell) {
    case LOCKSTEP_CELL_LSTM: return lstm_step(layer, step);
    case LOCKSTEP_CELL_GRU: return gru_step(layer, step);
    case LOCKSTEP_CELL_TANH: return tanh_step(layer, step);
    case LOCKSTEP_CELL_RELU: return relu_step(layer, step);
    }
}
