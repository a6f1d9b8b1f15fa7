#pragma once
#include <stddef.h>
#include <stdint.h>

/// The softmax of attention scores [samples, heads, queries, keys], multiplied by scale, over the first keys
/// of each row. Query q attends to q + 1 keys if `is_causal`, and to at most lengths[sample] with lengths.
/// All other keys get 0; a row without keys is 0.
typedef struct {
    ptrdiff_t samples, heads, queries, keys;
    float scale;
    int is_causal;
    const int32_t *lengths;  ///< [samples], or NULL
} lockstep_masked_softmax;

/// x -> p; both float32, or bfloat16 where `is_rounded` is not 0.
void lockstep_masked_softmax_forward(const lockstep_masked_softmax *plan, void *p, const void *x, int is_rounded);

/// dp and p -> dx = scale p (dp - the sum of dp p).
void lockstep_masked_softmax_backward(
    const lockstep_masked_softmax *plan, void *dx, const void *dp, const void *p, int is_rounded);
