// Attention over one head, on small matrices that stay in the cache: scores, softmax and products of four
// queries at a time. Neither scores nor their gradient are written to memory, and most masked elements are
// not computed.
//
// The including file defines before it: the `number` type of the tensors, how many fit into a unit of 32 bits
// (NUMBERS_PER_UNIT), ACCUMULATE(sums, a, b), and the conversions of a float to a number (`stored`) and back
// (`loaded`). Matrices are packed into units along the summed dimension: [rows, units] on the left, [units,
// columns] on the right; a unit of bfloat16 holds two neighbors. Columns are padded with zeros to whole
// vectors.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lockstep_attention.h"
#include "lockstep_exp_inline.h"

// Every clone must give the same bits: no contraction, and sums of rows in explicit lanes.
#pragma clang fp contract(off)

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

enum { lanes = 16, tile_rows = 4 };

typedef uint32_t __attribute__((may_alias)) unit;
typedef float floats __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
typedef uint32_t units __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

INLINE ptrdiff_t up_to(ptrdiff_t count, ptrdiff_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/// The extents of packed matrices.
typedef struct {
    ptrdiff_t width;   ///< units of one head's vector, to whole vectors
    ptrdiff_t values;  ///< its numbers, to whole vectors
    ptrdiff_t keys;    ///< L, to whole vectors
    ptrdiff_t steps;   ///< units of L steps
} extents;

INLINE extents extents_of(const lockstep_attention *a) {
    return (extents){
        .width = up_to((a->dimension + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT, lanes),
        .values = up_to(a->dimension, lanes),
        .keys = up_to(a->length, lanes),
        .steps = (a->length + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT};
}

/// The position of a sample's head: its sample, and its offset in each tensor.
typedef struct {
    ptrdiff_t sample, qkv, y, p;
} head;

INLINE ptrdiff_t width_of(const lockstep_attention *a) { return a->heads * a->dimension; }

INLINE head head_of(ptrdiff_t index, const lockstep_attention *a) {
    ptrdiff_t sample = index / a->heads, column = index % a->heads * a->dimension, steps = sample * a->length;
    return (head){
        .sample = sample,
        .qkv = steps * 3 * width_of(a) + column,
        .y = steps * width_of(a) + column,
        .p = index * up_to(a->length, tile_rows) * up_to(a->length, lanes)};
}

#include "lockstep_attention_pack_inline.h"

/// c [4, 16 vectors] = a [4, depth] b [depth, 16 vectors].
INLINE void multiply_tile(int vectors, float *c, ptrdiff_t c_row, const unit *a, ptrdiff_t a_row,
    ptrdiff_t a_step, const unit *b, ptrdiff_t b_row, ptrdiff_t depth) {
    floats sums[tile_rows][4] = {{{0}}};
    for (ptrdiff_t k = 0; k < depth; k++) {
        const unit *right = b + k * b_row, *left = a + k * a_step;
        units columns[4];
        UNROLLED
        for (int v = 0; v < vectors; v++) columns[v] = *(const units *)(right + lanes * v);
        UNROLLED
        for (int r = 0; r < tile_rows; r++) {
            units row = (units){0} + left[r * a_row];
            UNROLLED
            for (int v = 0; v < vectors; v++) sums[r][v] = ACCUMULATE(sums[r][v], row, columns[v]);
        }
    }
    UNROLLED
    for (int r = 0; r < tile_rows; r++) {
        UNROLLED
        for (int v = 0; v < vectors; v++) *(floats *)(c + r * c_row + lanes * v) = sums[r][v];
    }
}

/// c [4, columns] = a [4, depth] b [depth, columns]; columns are whole vectors, `widest` of which are
/// computed together.
INLINE void multiply_rows(int widest, float *c, ptrdiff_t c_row, const unit *a, ptrdiff_t a_row, ptrdiff_t a_step,
    const unit *b, ptrdiff_t b_row, ptrdiff_t depth, ptrdiff_t columns) {
    ptrdiff_t j = 0;
    if (widest == 4) {
        for (; j + 4 * lanes <= columns; j += 4 * lanes)
            multiply_tile(4, c + j, c_row, a, a_row, a_step, b + j, b_row, depth);
    }
    for (; j + 2 * lanes <= columns; j += 2 * lanes)
        multiply_tile(2, c + j, c_row, a, a_row, a_step, b + j, b_row, depth);
    for (; j < columns; j += lanes) multiply_tile(1, c + j, c_row, a, a_row, a_step, b + j, b_row, depth);
}

/// Stores the existing rows of a tile from row `first` on, and the head's columns of them.
INLINE void store_rows(
    number *to, ptrdiff_t row, const float *from, ptrdiff_t from_row, ptrdiff_t first, const lockstep_attention *a) {
    for (ptrdiff_t i = first; i < first + tile_rows && i < a->length; i++, from += from_row) {
        for (ptrdiff_t j = 0; j < a->dimension; j++) to[i * row + j] = stored(from[j]);
    }
}

/// The number of keys to compute for the tile of queries from `first` on.
INLINE ptrdiff_t reach(ptrdiff_t first, const lockstep_attention *a) {
    return a->is_causal && first + tile_rows < a->length ? first + tile_rows : a->length;
}

/// The number of keys that a query of a sample attends to.
INLINE ptrdiff_t seen_keys(const lockstep_attention *a, ptrdiff_t sample, ptrdiff_t query) {
    ptrdiff_t seen = a->is_causal ? query + 1 : a->length;
    if (a->lengths && a->lengths[sample] < seen) seen = a->lengths[sample] < 0 ? 0 : a->lengths[sample];
    return seen;
}

/// The sum over the lanes, which are overwritten.
INLINE float folded(float sums[lanes]) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

/// to [end] = softmax(scale x scores) over the keys attended to, 0 after them; overwrites the scores.
INLINE void softmax_row(number *to, float *scores, ptrdiff_t seen, ptrdiff_t end, float scale) {
    ptrdiff_t whole = up_to(seen, lanes);
    // Padding of the last vector is never the maximum, and its exponential is 0.
    for (ptrdiff_t k = seen; k < whole; k++) scores[k] = -__builtin_inff();
    float tops[lanes], sums[lanes] = {0};
    for (int lane = 0; lane < lanes; lane++) tops[lane] = scores[0];
    for (ptrdiff_t k = 0; k < whole; k += lanes) {
        for (int lane = 0; lane < lanes; lane++)
            tops[lane] = scores[k + lane] > tops[lane] ? scores[k + lane] : tops[lane];
    }
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++)
            tops[lane] = tops[lane + width] > tops[lane] ? tops[lane + width] : tops[lane];
    }
    for (ptrdiff_t k = 0; k < whole; k += lanes) {
        float block[lanes];
        for (int lane = 0; lane < lanes; lane++) block[lane] = exp_of((scores[k + lane] - tops[0]) * scale);
        for (int lane = 0; lane < lanes; lane++) {
            scores[k + lane] = block[lane];
            sums[lane] += block[lane];
        }
    }
    float share = whole ? 1.0f / folded(sums) : 0.0f;
    for (ptrdiff_t k = 0; k < whole; k++) to[k] = stored(scores[k] * share);
    for (ptrdiff_t k = seen; k < end; k++) to[k] = 0;
}

/// to [end] = scale x p x (dp - sum over the row of dp x p); after the keys attended to p is 0.
INLINE void softmax_backward_row(number *to, const float *dp, const number *p, ptrdiff_t end, float scale) {
    float sums[lanes] = {0};
    for (ptrdiff_t k = 0; k < end; k += lanes) {
        for (int lane = 0; lane < lanes; lane++) sums[lane] += dp[k + lane] * loaded(p[k + lane]);
    }
    float sum = folded(sums);
    for (ptrdiff_t k = 0; k < end; k++) to[k] = stored(scale * loaded(p[k]) * (dp[k] - sum));
}

/// The working memory of a head's forward in units, besides its tensors.
INLINE ptrdiff_t forward_room(const lockstep_attention *a) {
    extents e = extents_of(a);
    return 2 * e.keys * e.width + e.steps * e.values + tile_rows * (e.keys + e.values);
}

/// y [L, D] and p [L, keys] of one head of qkv [L, 3 E]; y has rows of E numbers.
INLINE void forward_head(int widest, number *y, number *p, const number *qkv, unit *room, ptrdiff_t sample,
    const lockstep_attention *a) {
    extents e = extents_of(a);
    ptrdiff_t row = 3 * width_of(a), keys = e.keys / NUMBERS_PER_UNIT;
    unit *q = room, *k = q + e.keys * e.width, *v = k + e.width * e.keys;
    float *scores = (float *)(v + e.steps * e.values), *result = scores + tile_rows * e.keys;
    pack_left(q, qkv, row, a, e);
    pack_turned(k, qkv + width_of(a), row, a, e);
    pack_right(v, e.values, qkv + 2 * width_of(a), row, a->dimension, a);
    ptrdiff_t depth = (a->dimension + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT;
    for (ptrdiff_t first = 0; first < a->length; first += tile_rows) {
        ptrdiff_t reached = reach(first, a), end = up_to(reached, lanes);
        multiply_rows(widest, scores, e.keys, q + first * e.width, e.width, 1, k, e.keys, depth, end);
        for (ptrdiff_t i = first; i < first + tile_rows && i < a->length; i++)
            softmax_row(p + i * e.keys, scores + (i - first) * e.keys, seen_keys(a, sample, i), end, a->scale);
        multiply_rows(widest, result, e.values, (const unit *)p + first * keys, keys, 1, v, e.values,
            (reached + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT, e.values);
        store_rows(y, width_of(a), result, e.values, first, a);
    }
}

/// The working memory of a head's backward in units, besides its tensors.
INLINE ptrdiff_t backward_room(const lockstep_attention *a) {
    extents e = extents_of(a);
    return 2 * e.keys * e.width + 3 * e.steps * e.values + up_to(a->length, tile_rows) * e.keys / NUMBERS_PER_UNIT
        + (NUMBERS_PER_UNIT > 1 ? 2 * e.steps * e.keys : 0) + tile_rows * (e.keys + e.values);
}

/// dqkv [L, 3 E] of one head from dy [L, D], with rows of E numbers, and p [L, keys].
INLINE void backward_head(int widest, number *dqkv, const number *dy, const number *p, const number *qkv, unit *room,
    const lockstep_attention *a) {
    extents e = extents_of(a);
    ptrdiff_t row = 3 * width_of(a), keys = e.keys / NUMBERS_PER_UNIT;
    unit *left = room, *v = left + e.keys * e.width, *k = v + e.width * e.keys;
    unit *q = k + e.steps * e.values, *right = q + e.steps * e.values;
    number *ds = (number *)(right + e.steps * e.values);
    unit *free = (unit *)ds + up_to(a->length, tile_rows) * keys;
    const unit *p_units = (const unit *)p, *ds_units = (const unit *)ds;
    if (NUMBERS_PER_UNIT > 1) p_units = free, ds_units = free + e.steps * e.keys, free += 2 * e.steps * e.keys;
    float *dp = (float *)free, *result = dp + tile_rows * e.keys;
    pack_left(left, dy, width_of(a), a, e);
    pack_turned(v, qkv + 2 * width_of(a), row, a, e);
    pack_right(k, e.values, qkv + width_of(a), row, a->dimension, a);
    pack_right(q, e.values, qkv, row, a->dimension, a);
    pack_right(right, e.values, dy, width_of(a), a->dimension, a);
    ptrdiff_t depth = (a->dimension + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT;
    for (ptrdiff_t first = 0; first < a->length; first += tile_rows) {
        ptrdiff_t reached = reach(first, a), end = up_to(reached, lanes);
        multiply_rows(widest, dp, e.keys, left + first * e.width, e.width, 1, v, e.keys, depth, end);
        for (ptrdiff_t i = first; i < first + tile_rows && i < a->length; i++)
            softmax_backward_row(ds + i * e.keys, dp + (i - first) * e.keys, p + i * e.keys, end, a->scale);
        multiply_rows(widest, result, e.values, (const unit *)ds + first * keys, keys, 1, k, e.values,
            (reached + NUMBERS_PER_UNIT - 1) / NUMBERS_PER_UNIT, e.values);
        store_rows(dqkv, row, result, e.values, first, a);
    }
    if (NUMBERS_PER_UNIT > 1) {
        pack_right((unit *)p_units, e.keys, p, e.keys, e.keys, a);
        pack_right((unit *)ds_units, e.keys, ds, e.keys, e.keys, a);
    }
    for (ptrdiff_t first = 0; first < a->length; first += tile_rows) {
        // With a causal mask, the first query that attends to these keys has the number of the first key.
        ptrdiff_t skipped = a->is_causal ? first / NUMBERS_PER_UNIT : 0;
        multiply_rows(widest, result, e.values, p_units + skipped * e.keys + first, 1, e.keys,
            right + skipped * e.values, e.values, e.steps - skipped, e.values);
        store_rows(dqkv + 2 * width_of(a), row, result, e.values, first, a);
        multiply_rows(widest, result, e.values, ds_units + skipped * e.keys + first, 1, e.keys,
            q + skipped * e.values, e.values, e.steps - skipped, e.values);
        store_rows(dqkv + width_of(a), row, result, e.values, first, a);
    }
}
