#pragma once
#include <stddef.h>
#include <stdint.h>

/// The softmax of attention over scores [samples, heads, L, L], row by row (a row is a query, a column a key).
typedef struct {
    ptrdiff_t samples, heads;
    ptrdiff_t length;        ///< L
    float scale;             ///< what the scores are multiplied with first
    int is_causal;           ///< whether query i sees keys 0 ... i only
    const int32_t *lengths;  ///< per sample how many keys count, or NULL: all
} lockstep_attention;

/// p = softmax(scale x scores) over the keys that are seen, 0 elsewhere; a query that sees none gets zeros.
/// Written to `rounded` as bfloat16 where it is given, else to `p`, which may be `scores`.
void lockstep_attention_softmax(
    float *p, uint16_t *rounded, const float *scores, const lockstep_attention *parameters);

/// ds = scale x p x (dp - sum over the row of dp x p): the gradient of the scores.
/// p is read from `rounded` where it is given, and ds then written to `rounded_ds`; else from p and to `ds`, which may be dp.
void lockstep_attention_softmax_backward(
    float *ds, uint16_t *rounded_ds, const float *dp, const float *p, const uint16_t *rounded,
    const lockstep_attention *parameters);
