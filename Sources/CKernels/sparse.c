#include "lockstep_sparse.h"

#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_reduction.h"
#include "lockstep_subnormal_inline.h"

#pragma clang fp contract(off)

/// One step of the velocity; `addition` receives the values to add to the residual.
LOCKSTEP_CLONES
static void accelerate(float *restrict addition, lockstep_sparse_state state, const float *gradient, ptrdiff_t count) {
    float decay = state.decay, share = 1.0f - state.decay, nesterov = state.nesterov;
    float *restrict velocity = state.velocity;
    for (ptrdiff_t i = 0; i < count; i++) {
        float g = share * gradient[i];
        float v = decay * velocity[i] + g;
        velocity[i] = v;
        addition[i] = nesterov * (g + decay * v) + (1.0f - nesterov) * v;
    }
}

LOCKSTEP_CLONES
static void accumulate(uint32_t *magnitudes, float *residual, const float *gradient, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) {
        float sum = residual[i] + gradient[i];
        uint32_t bits;
        memcpy(&bits, &sum, sizeof bits);
        residual[i] = sum;
        magnitudes[i] = bits & 0x7FFFFFFF;
    }
}

/// The k-th largest of `count` numbers below 2^31, found by their digits, highest first.
static uint32_t kth_largest(const uint32_t *magnitudes, ptrdiff_t count, ptrdiff_t k) {
    enum { digit_bits = 8, digits = 1 << digit_bits };
    uint32_t prefix = 0, mask = 0;
    ptrdiff_t wanted = k;
    for (int shift = 32 - digit_bits; shift >= 0; shift -= digit_bits) {
        uint32_t histogram[digits] = {0};
        for (ptrdiff_t i = 0; i < count; i++) {
            if ((magnitudes[i] & mask) == prefix) histogram[(magnitudes[i] >> shift) & (digits - 1)]++;
        }
        int digit = digits - 1;
        while (digit > 0 && (ptrdiff_t)histogram[digit] < wanted) wanted -= histogram[digit--];
        prefix |= (uint32_t)digit << shift;
        mask |= (uint32_t)(digits - 1) << shift;
    }
    return prefix;
}

void lockstep_sparse_select(
    lockstep_sparse_entry *entries, ptrdiff_t k, uint32_t base, lockstep_sparse_state state, const float *gradient,
    ptrdiff_t count) {
    uint32_t magnitudes[lockstep_chunk];
    float addition[lockstep_chunk];
    float *residual = state.residual;
    unsigned long before = lockstep_flush_subnormals();
    if (state.velocity) {
        accelerate(addition, state, gradient, count);
        gradient = addition;
    }
    accumulate(magnitudes, residual, gradient, count);
    lockstep_restore_subnormals(before);
    uint32_t threshold = kth_largest(magnitudes, count, k);
    ptrdiff_t larger = 0;
    for (ptrdiff_t i = 0; i < count; i++) larger += magnitudes[i] > threshold;
    ptrdiff_t equal = k - larger, place = 0;
    for (ptrdiff_t i = 0; i < count && place < k; i++) {
        if (magnitudes[i] < threshold) continue;
        if (magnitudes[i] == threshold && equal-- <= 0) continue;
        entries[place].index = base + (uint32_t)i;
        entries[place++].value = residual[i];
        residual[i] = 0;
        if (state.velocity) state.velocity[i] = 0;
    }
}

ptrdiff_t lockstep_sparse_add(
    float *values, ptrdiff_t count, const lockstep_sparse_entry *entries, ptrdiff_t entry_count) {
    ptrdiff_t outside = 0;
    for (ptrdiff_t i = 0; i < entry_count; i++) {
        if (entries[i].index < (uint64_t)count) {
            values[entries[i].index] += entries[i].value;
        } else {
            outside++;
        }
    }
    return outside;
}
