#include "lockstep_masked_softmax.h"

#include "lockstep_clones.h"
#include "lockstep_exp_inline.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

enum { lanes = 16 };

LOCKSTEP_INLINE float fold(float *sums) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

/// The number of keys that a row attends to.
LOCKSTEP_INLINE ptrdiff_t seen_of(const lockstep_masked_softmax *plan, ptrdiff_t row) {
    ptrdiff_t seen = plan->keys, query = row % plan->queries;
    if (plan->is_causal && query + 1 < seen) seen = query + 1;
    if (plan->lengths) {
        ptrdiff_t length = plan->lengths[row / (plan->heads * plan->queries)];
        if (length < seen) seen = length < 0 ? 0 : length;
    }
    return seen;
}

LOCKSTEP_INLINE void forward(
    const lockstep_masked_softmax *plan, void *restrict p, const void *restrict x, int rounded) {
    ptrdiff_t rows = plan->samples * plan->heads * plan->queries;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const void *restrict from = numbers_from(x, row * plan->keys, rounded);
        void *restrict to = place_of(p, row * plan->keys, rounded);
        ptrdiff_t seen = seen_of(plan, row), whole = seen / lanes * lanes;
        float top = -__builtin_inff();
        // NaN does not change the maximum, but it does change the sum.
        for (ptrdiff_t i = 0; i < seen; i++) {
            float score = plan->scale * number(from, i, rounded);
            top = score > top ? score : top;
        }
        float sums[lanes] = {0};
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++)
                sums[lane] += exp_of(plan->scale * number(from, i + lane, rounded) - top);
        }
        for (ptrdiff_t i = whole; i < seen; i++) sums[i - whole] += exp_of(plan->scale * number(from, i, rounded) - top);
        float sum = fold(sums);
        for (ptrdiff_t i = 0; i < seen; i++)
            put(to, i, rounded, exp_of(plan->scale * number(from, i, rounded) - top) / sum);
        for (ptrdiff_t i = seen; i < plan->keys; i++) put(to, i, rounded, 0.0f);
    }
}

LOCKSTEP_INLINE void backward(
    const lockstep_masked_softmax *plan, void *restrict dx, const void *restrict dp, const void *restrict p,
    int rounded) {
    ptrdiff_t rows = plan->samples * plan->heads * plan->queries;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const void *restrict d = numbers_from(dp, row * plan->keys, rounded);
        const void *restrict from = numbers_from(p, row * plan->keys, rounded);
        void *restrict to = place_of(dx, row * plan->keys, rounded);
        ptrdiff_t seen = seen_of(plan, row), whole = seen / lanes * lanes;
        float sums[lanes] = {0};
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++)
                sums[lane] += number(d, i + lane, rounded) * number(from, i + lane, rounded);
        }
        for (ptrdiff_t i = whole; i < seen; i++) sums[i - whole] += number(d, i, rounded) * number(from, i, rounded);
        float sum = fold(sums);
        for (ptrdiff_t i = 0; i < seen; i++)
            put(to, i, rounded, plan->scale * number(from, i, rounded) * (number(d, i, rounded) - sum));
        for (ptrdiff_t i = seen; i < plan->keys; i++) put(to, i, rounded, 0.0f);
    }
}

LOCKSTEP_CLONES static void forward_plain(const lockstep_masked_softmax *plan, void *p, const void *x) {
    forward(plan, p, x, 0);
}
LOCKSTEP_CLONES static void forward_rounded(const lockstep_masked_softmax *plan, void *p, const void *x) {
    forward(plan, p, x, 1);
}
LOCKSTEP_CLONES
static void backward_plain(const lockstep_masked_softmax *plan, void *dx, const void *dp, const void *p) {
    backward(plan, dx, dp, p, 0);
}
LOCKSTEP_CLONES
static void backward_rounded(const lockstep_masked_softmax *plan, void *dx, const void *dp, const void *p) {
    backward(plan, dx, dp, p, 1);
}

void lockstep_masked_softmax_forward(const lockstep_masked_softmax *plan, void *p, const void *x, int is_rounded) {
    (is_rounded ? forward_rounded : forward_plain)(plan, p, x);
}

void lockstep_masked_softmax_backward(
    const lockstep_masked_softmax *plan, void *dx, const void *dp, const void *p, int is_rounded) {
    (is_rounded ? backward_rounded : backward_plain)(plan, dx, dp, p);
}
