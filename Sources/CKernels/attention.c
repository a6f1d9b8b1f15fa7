#include "lockstep_attention.h"

#include <string.h>

#include "lockstep_bfloat16_inline.h"
#include "lockstep_clones.h"
#include "lockstep_exp_inline.h"

// Every clone must give the same bits: no operation is contracted, and sums run in 16 explicit lanes.
#pragma clang fp contract(off)

enum { lanes = 16 };

static inline ptrdiff_t seen_keys(const lockstep_attention *a, ptrdiff_t sample, ptrdiff_t query) {
    ptrdiff_t seen = a->is_causal ? query + 1 : a->length;
    if (a->lengths && a->lengths[sample] < seen) seen = a->lengths[sample] < 0 ? 0 : a->lengths[sample];
    return seen;
}

static inline __attribute__((always_inline)) float folded(float sums[lanes]) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

static inline __attribute__((always_inline)) void softmax_row(
    float *p, const float *scores, ptrdiff_t seen, ptrdiff_t length, float scale) {
    float tops[lanes];
    ptrdiff_t whole = seen / lanes * lanes;
    for (int lane = 0; lane < lanes; lane++) tops[lane] = scores[0];
    for (ptrdiff_t k = 0; k < whole; k += lanes) {
        for (int lane = 0; lane < lanes; lane++)
            tops[lane] = scores[k + lane] > tops[lane] ? scores[k + lane] : tops[lane];
    }
    float top = tops[0];
    for (int lane = 1; lane < lanes; lane++) top = tops[lane] > top ? tops[lane] : top;
    for (ptrdiff_t k = whole; k < seen; k++) top = scores[k] > top ? scores[k] : top;
    float sums[lanes] = {0};
    for (ptrdiff_t k = 0; k < whole; k += lanes) {
        // p may be the scores: all lanes are read before any is written, or they would be computed one by one.
        float block[lanes];
        for (int lane = 0; lane < lanes; lane++) block[lane] = exp_of((scores[k + lane] - top) * scale);
        for (int lane = 0; lane < lanes; lane++) {
            p[k + lane] = block[lane];
            sums[lane] += block[lane];
        }
    }
    for (ptrdiff_t k = whole; k < seen; k++) {
        p[k] = exp_of((scores[k] - top) * scale);
        sums[k - whole] += p[k];
    }
    float share = 1.0f / folded(sums);
    for (ptrdiff_t k = 0; k < seen; k++) p[k] *= share;
    for (ptrdiff_t k = seen; k < length; k++) p[k] = 0.0f;
}

LOCKSTEP_CLONES
static void softmax_rows(
    float *p, uint16_t *rounded, const float *scores, ptrdiff_t sample, const lockstep_attention *a) {
    for (ptrdiff_t query = 0; query < a->length; query++) {
        ptrdiff_t seen = seen_keys(a, sample, query);
        // In bfloat16 the row is computed in place of the scores, which nobody needs any more.
        float *row = (rounded ? (float *)scores : p) + query * a->length;
        if (seen == 0)
            memset(row, 0, sizeof(float) * (size_t)a->length);
        else
            softmax_row(row, scores + query * a->length, seen, a->length, a->scale);
        if (!rounded) continue;
        uint16_t *to = rounded + query * a->length;
        for (ptrdiff_t k = 0; k < a->length; k++) to[k] = lockstep_bfloat16_of(row[k]);
    }
}

void lockstep_attention_softmax(float *p, uint16_t *rounded, const float *scores, const lockstep_attention *a) {
    ptrdiff_t matrix = a->length * a->length;
    for (ptrdiff_t i = 0; i < a->samples * a->heads; i++)
        softmax_rows(p ? p + i * matrix : NULL, rounded ? rounded + i * matrix : NULL, scores + i * matrix,
            i / a->heads, a);
}

LOCKSTEP_CLONES
static void backward_rows(
    float *ds, const float *dp, const float *p, ptrdiff_t sample, const lockstep_attention *a) {
    for (ptrdiff_t query = 0; query < a->length; query++) {
        ptrdiff_t seen = seen_keys(a, sample, query), whole = seen / lanes * lanes;
        const float *from = dp + query * a->length, *share = p + query * a->length;
        float *to = ds + query * a->length;
        float sums[lanes] = {0};
        for (ptrdiff_t k = 0; k < whole; k += lanes) {
            for (int lane = 0; lane < lanes; lane++) sums[lane] += from[k + lane] * share[k + lane];
        }
        for (ptrdiff_t k = whole; k < seen; k++) sums[k - whole] += from[k] * share[k];
        float sum = folded(sums);
        for (ptrdiff_t k = 0; k < seen; k++) to[k] = a->scale * share[k] * (from[k] - sum);
        for (ptrdiff_t k = seen; k < a->length; k++) to[k] = 0.0f;
    }
}

LOCKSTEP_CLONES
static void backward_rows_rounded(
    uint16_t *ds, const float *dp, const uint16_t *p, ptrdiff_t sample, const lockstep_attention *a) {
    for (ptrdiff_t query = 0; query < a->length; query++) {
        ptrdiff_t seen = seen_keys(a, sample, query), whole = seen / lanes * lanes;
        const float *from = dp + query * a->length;
        const uint16_t *share = p + query * a->length;
        uint16_t *to = ds + query * a->length;
        float sums[lanes] = {0};
        for (ptrdiff_t k = 0; k < whole; k += lanes) {
            for (int lane = 0; lane < lanes; lane++)
                sums[lane] += from[k + lane] * lockstep_float_of(share[k + lane]);
        }
        for (ptrdiff_t k = whole; k < seen; k++) sums[k - whole] += from[k] * lockstep_float_of(share[k]);
        float sum = folded(sums);
        for (ptrdiff_t k = 0; k < seen; k++)
            to[k] = lockstep_bfloat16_of(a->scale * lockstep_float_of(share[k]) * (from[k] - sum));
        for (ptrdiff_t k = seen; k < a->length; k++) to[k] = 0;
    }
}

void lockstep_attention_softmax_backward(
    float *ds, uint16_t *rounded_ds, const float *dp, const float *p, const uint16_t *rounded,
    const lockstep_attention *a) {
    ptrdiff_t matrix = a->length * a->length;
    for (ptrdiff_t i = 0; i < a->samples * a->heads; i++) {
        if (rounded)
            backward_rows_rounded(rounded_ds + i * matrix, dp + i * matrix, rounded + i * matrix, i / a->heads, a);
        else
            backward_rows(ds + i * matrix, dp + i * matrix, p + i * matrix, i / a->heads, a);
    }
}
