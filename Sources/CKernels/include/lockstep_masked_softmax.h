#pragma once
#include <stddef.h>
#include <stdint.h>

/// The softmax of attention scores [samples, heads, queries, keys]: of scale times the first numbers of each row, those whose keys are
/// seen. Query q sees q + 1 keys where `is_causal`, and at most lengths[sample] where lengths are given. Others get 0; a row that
/// sees none is 0.
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
