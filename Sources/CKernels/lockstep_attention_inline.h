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

/// The position of a sample's head: its sample, and its offset in each tensor; `keys` is that of its keys in qkv,
/// and its values are `key_width_of` numbers behind.
typedef struct {
    ptrdiff_t sample, qkv, keys, y, p;
} head;

INLINE ptrdiff_t width_of(const lockstep_attention *a) { return a->heads * a->dimension; }
INLINE ptrdiff_t key_width_of(const lockstep_attention *a) { return a->key_heads * a->dimension; }
/// The numbers of a step in qkv.
INLINE ptrdiff_t row_of(const lockstep_attention *a) { return width_of(a) + 2 * key_width_of(a); }
/// The number of heads of queries that one of keys serves.
INLINE ptrdiff_t group_of(const lockstep_attention *a) { return a->heads / a->key_heads; }

INLINE head head_of(ptrdiff_t index, const lockstep_attention *a) {
    ptrdiff_t sample = index / a->heads, steps = sample * a->length, number_of_head = index % a->heads;
    ptrdiff_t column = number_of_head * a->dimension;
    return (head){
        .sample = sample,
        .qkv = steps * row_of(a) + column,
        .keys = steps * row_of(a) + width_of(a) + number_of_head / group_of(a) * a->dimension,
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

/// The same for gradients of keys and values, which are the sums over a group of heads: `sums` has the tile of the
/// earlier heads of the group, or is NULL if every head of queries has a separate head of keys.
INLINE void store_sums(number *to, ptrdiff_t row, const float *from, ptrdiff_t from_row, ptrdiff_t first, float *sums,
    int is_first, int is_last, const lockstep_attention *a) {
    if (!sums) {
        store_rows(to, row, from, from_row, first, a);
        return;
    }
    sums += first * from_row;
    for (ptrdiff_t i = 0; i < tile_rows * from_row; i++) sums[i] = is_first ? from[i] : sums[i] + from[i];
    if (is_last) store_rows(to, row, sums, from_row, first, a);
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

/// y [L, D] and p [L, keys] of one head from its queries and its keys in qkv; y has rows of E numbers.
INLINE void forward_head(int widest, number *y, number *p, const number *queries, const number *own_keys, unit *room,
    ptrdiff_t sample, const lockstep_attention *a) {
    extents e = extents_of(a);
    ptrdiff_t row = row_of(a), keys = e.keys / NUMBERS_PER_UNIT;
    unit *q = room, *k = q + e.keys * e.width, *v = k + e.width * e.keys;
    float *scores = (float *)(v + e.steps * e.values), *result = scores + tile_rows * e.keys;
    pack_left(q, queries, row, a, e);
    pack_turned(k, own_keys, row, a, e);
    pack_right(v, e.values, own_keys + key_width_of(a), row, a->dimension, a);
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
        + (NUMBERS_PER_UNIT > 1 ? 2 * e.steps * e.keys : 0) + tile_rows * (e.keys + e.values)
        + (group_of(a) > 1 ? 2 * up_to(a->length, tile_rows) * e.values : 0);
}

/// dqkv [L, E + 2 K D] at the `place` of one head from dy [L, D], with rows of E numbers, and p [L, keys]. The heads
/// of a group come in sequence with the same room.
/// - number_in_group: counts the head within its group.
INLINE void backward_head(int widest, number *dqkv, const number *dy, const number *p, const number *qkv, head place,
    ptrdiff_t number_in_group, unit *room, const lockstep_attention *a) {
    extents e = extents_of(a);
    ptrdiff_t row = row_of(a), keys = e.keys / NUMBERS_PER_UNIT;
    int is_first = number_in_group == 0, is_last = number_in_group == group_of(a) - 1;
    const number *queries = qkv + place.qkv, *own_keys = qkv + place.keys, *values = own_keys + key_width_of(a);
    number *key_gradients = dqkv + place.keys, *value_gradients = key_gradients + key_width_of(a);
    dqkv += place.qkv, dy += place.y, p += place.p;
    unit *left = room, *v = left + e.keys * e.width, *k = v + e.width * e.keys;
    unit *q = k + e.steps * e.values, *right = q + e.steps * e.values;
    number *ds = (number *)(right + e.steps * e.values);
    unit *free = (unit *)ds + up_to(a->length, tile_rows) * keys;
    const unit *p_units = (const unit *)p, *ds_units = (const unit *)ds;
    if (NUMBERS_PER_UNIT > 1) p_units = free, ds_units = free + e.steps * e.keys, free += 2 * e.steps * e.keys;
    float *dp = (float *)free, *result = dp + tile_rows * e.keys;
    float *key_sums = NULL, *value_sums = NULL;
    if (group_of(a) > 1) {
        key_sums = result + tile_rows * e.values;
        value_sums = key_sums + up_to(a->length, tile_rows) * e.values;
    }
    pack_left(left, dy, width_of(a), a, e);
    pack_turned(v, values, row, a, e);
    pack_right(k, e.values, own_keys, row, a->dimension, a);
    pack_right(q, e.values, queries, row, a->dimension, a);
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
        store_sums(value_gradients, row, result, e.values, first, value_sums, is_first, is_last, a);
        multiply_rows(widest, result, e.values, ds_units + skipped * e.keys + first, 1, e.keys,
            q + skipped * e.values, e.values, e.steps - skipped, e.values);
        store_sums(key_gradients, row, result, e.values, first, key_sums, is_first, is_last, a);
    }
}
