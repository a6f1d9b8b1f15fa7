#pragma once
#include "lockstep_updates.h"

// What updates have in common: the gradient that they see, and averages.

// Operations must not be contracted where this is included, or clones differ in bits.
#pragma clang fp contract(off)

static inline float prepared(float gradient, float parameter, lockstep_update update) {
    float g = gradient * update.scale * update.clip_coefficient;
    g = g > update.clip_value ? update.clip_value : g;
    g = g < -update.clip_value ? -update.clip_value : g;
    float sign = (float)(parameter > 0.0f) - (float)(parameter < 0.0f);
    return g + (update.l2 * parameter + update.l1 * sign);
}

// The point at `share` of the way from a to b, computed from the nearer end as in PyTorch's lerp: with a share of 1
// no rounding error of a remains.
typedef struct {
    float factor;
    int is_from_b;
} lockstep_way;

// Loops are written once and compiled twice, LOCKSTEP_INLINE, with `way_from_a` for shares below a half and with
// `way_from_b` for others: the compiler leaves a choice of the end inside of a loop, which costs 5% of Adam's time.
#define LOCKSTEP_INLINE static inline __attribute__((always_inline))

LOCKSTEP_INLINE int is_nearer_to_a(float share) { return share < 0.5f; }

LOCKSTEP_INLINE lockstep_way way_from_a(float share) { return (lockstep_way){share, 0}; }

LOCKSTEP_INLINE lockstep_way way_from_b(float share) { return (lockstep_way){-(1.0f - share), 1}; }

LOCKSTEP_INLINE float between(float a, float b, lockstep_way way) {
    return (way.is_from_b ? b : a) + way.factor * (b - a);
}
