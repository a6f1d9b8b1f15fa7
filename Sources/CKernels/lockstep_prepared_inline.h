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

static inline lockstep_way way_of(float share) {
    return share < 0.5f ? (lockstep_way){share, 0} : (lockstep_way){-(1.0f - share), 1};
}

static inline float between(float a, float b, lockstep_way way) {
    return (way.is_from_b ? b : a) + way.factor * (b - a);
}
