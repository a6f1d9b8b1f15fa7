#include "lockstep_clones.h"
#include "lockstep_number_inline.h"
#include "lockstep_recurrent.h"
#include "lockstep_sigmoid_inline.h"

// Every clone must give the same bits: no operation is contracted.
#pragma clang fp contract(off)

// The rows of one sample. All pointers are to distinct memory, except those that are only read.
typedef struct {
    const void *gradient, *gates, *state, *before;
    const float *product, *memory, *memory_before;
    float *carry, *table;
    void *recurrent, *input;
} backward_row;

#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

// The destination of the gradient of a: a row of the table's gradient, a tensor, or only that of U h + c.
typedef enum { to_recurrent, to_input, to_table } target;

LOCKSTEP_INLINE void vanilla_row(backward_row r, ptrdiff_t units, int rounded, target target, int relu) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        float h = number(r.state, j, rounded), dh = number(r.gradient, j, rounded) + r.product[j];
        float sum = relu ? (h <= 0.0f ? 0.0f : dh) : dh * (1.0f - h * h);
        put(r.recurrent, j, rounded, sum);
        if (target == to_table) r.table[j] += sum;
    }
}

LOCKSTEP_INLINE void lstm_row(backward_row r, ptrdiff_t units, int rounded, target target) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        ptrdiff_t jf = j + units, jg = jf + units, jo = jg + units;
        float i = number(r.gates, j, rounded), f = number(r.gates, jf, rounded);
        float g = number(r.gates, jg, rounded), o = number(r.gates, jo, rounded);
        float dh = number(r.gradient, j, rounded) + r.product[j];
        float c = tanh_of(r.memory[j]);
        float dc = r.carry[j] + dh * o * (1.0f - c * c);
        r.carry[j] = dc * f;
        float di = dc * g * (i * (1.0f - i)), df = dc * r.memory_before[j] * (f * (1.0f - f));
        float dg = dc * i * (1.0f - g * g), d_o = dh * c * (o * (1.0f - o));
        put(r.recurrent, j, rounded, di);
        put(r.recurrent, jf, rounded, df);
        put(r.recurrent, jg, rounded, dg);
        put(r.recurrent, jo, rounded, d_o);
        if (target == to_table) {
            r.table[j] += di;
            r.table[jf] += df;
            r.table[jg] += dg;
            r.table[jo] += d_o;
        }
    }
}

LOCKSTEP_INLINE void gru_row(backward_row row, ptrdiff_t units, int rounded, target target) {
    INDEPENDENT
    for (ptrdiff_t j = 0; j < units; j++) {
        ptrdiff_t jz = j + units, jn = jz + units, jp = jn + units;
        float r = number(row.gates, j, rounded), z = number(row.gates, jz, rounded);
        float n = number(row.gates, jn, rounded), p = number(row.gates, jp, rounded);
        float dh = number(row.gradient, j, rounded) + row.product[j] + row.carry[j];
        row.carry[j] = dh * z;
        float dn = dh * (1.0f - z) * (1.0f - n * n);
        float dz = dh * (number(row.before, j, rounded) - n) * (z * (1.0f - z));
        float dr = dn * p * (r * (1.0f - r));
        put(row.recurrent, j, rounded, dr);
        put(row.recurrent, jz, rounded, dz);
        put(row.recurrent, jn, rounded, dn * r);
        if (target == to_table) {
            row.table[j] += dr;
            row.table[jz] += dz;
            row.table[jn] += dn;
        } else {
            put(row.input, j, rounded, dr);
            put(row.input, jz, rounded, dz);
            put(row.input, jn, rounded, dn);
        }
    }
}

LOCKSTEP_INLINE void rows(
    const lockstep_recurrent *layer, const lockstep_recurrent_backward *step, ptrdiff_t gates, lockstep_cell cell,
    int rounded, target target) {
    ptrdiff_t units = layer->units;
    for (ptrdiff_t n = 0; n < layer->samples; n++) {
        ptrdiff_t first = n * units, wide = gates * first;
        backward_row row = {
            .gradient = numbers_from(step->state_gradient, first, rounded),
            .gates = numbers_from(step->gates, 4 * first, rounded),
            .state = numbers_from(step->state, first, rounded),
            .before = numbers_from(step->state_before, first, rounded),
            .product = step->product + first,
            .memory = step->memory + first,
            .memory_before = step->memory_before + first,
            .carry = step->carry + first,
            .table = target == to_table ? step->table_gradient + step->ids[n] * gates * units : NULL,
            .recurrent = place_of(step->recurrent_gradient, wide, rounded),
            .input = target == to_input ? place_of(step->input_gradient, wide, rounded) : NULL,
        };
        if (cell == LOCKSTEP_CELL_LSTM)
            lstm_row(row, units, rounded, target);
        else if (cell == LOCKSTEP_CELL_GRU)
            gru_row(row, units, rounded, target);
        else
            vanilla_row(row, units, rounded, target, cell == LOCKSTEP_CELL_RELU);
    }
}

LOCKSTEP_INLINE void every_row(
    const lockstep_recurrent *layer, const lockstep_recurrent_backward *step, ptrdiff_t gates, lockstep_cell cell) {
    target other = cell == LOCKSTEP_CELL_GRU ? to_input : to_recurrent;
    if (layer->is_rounded && step->ids)
        rows(layer, step, gates, cell, 1, to_table);
    else if (layer->is_rounded)
        rows(layer, step, gates, cell, 1, other);
    else if (step->ids)
        rows(layer, step, gates, cell, 0, to_table);
    else
        rows(layer, step, gates, cell, 0, other);
}

LOCKSTEP_CLONES
static void lstm_step(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step) {
    every_row(layer, step, 4, LOCKSTEP_CELL_LSTM);
}

LOCKSTEP_CLONES
static void gru_step(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step) {
    every_row(layer, step, 3, LOCKSTEP_CELL_GRU);
}

LOCKSTEP_CLONES
static void tanh_step(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step) {
    every_row(layer, step, 1, LOCKSTEP_CELL_TANH);
}

LOCKSTEP_CLONES
static void relu_step(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step) {
    every_row(layer, step, 1, LOCKSTEP_CELL_RELU);
}

void lockstep_recurrent_step_backward(const lockstep_recurrent *layer, const lockstep_recurrent_backward *step) {
    switch (layer->cell) {
    case LOCKSTEP_CELL_LSTM: return lstm_step(layer, step);
    case LOCKSTEP_CELL_GRU: return gru_step(layer, step);
    case LOCKSTEP_CELL_TANH: return tanh_step(layer, step);
    case LOCKSTEP_CELL_RELU: return relu_step(layer, step);
    }
}
