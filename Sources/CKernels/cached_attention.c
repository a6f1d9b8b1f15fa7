#include "lockstep_cached_attention.h"

#include "lockstep_clones.h"
#include "lockstep_exp_inline.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

// As in lockstep_attention_inline.h: products are summed by fused operations in the order of the elements, and
// the softmax has explicit lanes, so that both have the same bits.
enum { lanes = 16 };

/// scores [seen] -> their softmax; up to 15 scores behind them are overwritten.
LOCKSTEP_INLINE void softmax(float *scores, ptrdiff_t seen, float scale, int rounded) {
    ptrdiff_t whole = (seen + lanes - 1) / lanes * lanes;
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
        for (int lane = 0; lane < lanes; lane++) scores[k + lane] = exp_of((scores[k + lane] - tops[0]) * scale);
        for (int lane = 0; lane < lanes; lane++) sums[lane] += scores[k + lane];
    }
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    float share = 1.0f / sums[0];
    for (ptrdiff_t k = 0; k < seen; k++) {
        float probability = scores[k] * share;
        scores[k] = rounded ? lockstep_float_of(lockstep_bfloat16_of(probability)) : probability;
    }
}

LOCKSTEP_INLINE void attend(void *restrict y, const void *restrict qkv, float *restrict keys, float *restrict values,
    float *restrict room, const lockstep_cached_attention_extents *e, int rounded) {
    ptrdiff_t dimension = e->dimension, width = e->heads * dimension, key_width = e->key_heads * dimension;
    ptrdiff_t group = e->heads / e->key_heads;
    float *restrict scores = room, *restrict sums = room + e->capacity;
    for (ptrdiff_t head = 0; head < e->heads; head++) {
        ptrdiff_t column = width + head / group * dimension;
        float *restrict own_keys = keys + head / group * dimension * e->capacity;
        float *restrict own_values = values + head / group * dimension * e->capacity;
        for (ptrdiff_t step = 0; step < e->steps; step++) {
            ptrdiff_t seen = e->past + step + 1, whole = (seen + lanes - 1) / lanes * lanes;
            const void *restrict row = numbers_from(qkv, step * (width + 2 * key_width), rounded);
            for (ptrdiff_t d = 0; d < dimension; d++) {
                own_keys[d * e->capacity + seen - 1] = number(row, column + d, rounded);
                own_values[(seen - 1) * dimension + d] = number(row, column + key_width + d, rounded);
            }
            for (ptrdiff_t k = 0; k < whole; k++) scores[k] = 0;
            for (ptrdiff_t d = 0; d < dimension; d++) {
                float q = number(row, head * dimension + d, rounded);
                const float *restrict factors = own_keys + d * e->capacity;
                for (ptrdiff_t k = 0; k < whole; k++) scores[k] = fused(q, factors[k], scores[k]);
            }
            softmax(scores, seen, e->scale, rounded);
            for (ptrdiff_t d = 0; d < dimension; d++) sums[d] = 0;
            for (ptrdiff_t k = 0; k < seen; k++) {
                float probability = scores[k];
                const float *restrict value = own_values + k * dimension;
                for (ptrdiff_t d = 0; d < dimension; d++) sums[d] = fused(probability, value[d], sums[d]);
            }
            for (ptrdiff_t d = 0; d < dimension; d++) put(y, step * width + head * dimension + d, rounded, sums[d]);
        }
    }
}

LOCKSTEP_CLONES static void attend_plain(void *y, const void *qkv, float *keys, float *values, float *room,
    const lockstep_cached_attention_extents *extents) {
    attend(y, qkv, keys, values, room, extents, 0);
}

LOCKSTEP_CLONES static void attend_rounded(void *y, const void *qkv, float *keys, float *values, float *room,
    const lockstep_cached_attention_extents *extents) {
    attend(y, qkv, keys, values, room, extents, 1);
}

void lockstep_cached_attention(void *y, const void *qkv, float *keys, float *values, float *room,
    const lockstep_cached_attention_extents *extents, int is_rounded) {
    (is_rounded ? attend_rounded : attend_plain)(y, qkv, keys, values, room, extents);
}
