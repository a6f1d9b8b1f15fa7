#pragma once
#include <stddef.h>
#include <stdint.h>

/// An element that is sent: its index from the start of the stripe, and its value.
typedef struct {
    uint32_t index;
    float value;
} lockstep_sparse_entry;

/// The error feedback of a range of gradients on a host.
typedef struct {
    /// The gradients not sent yet.
    float *residual;
    /// The momentum of this host's gradients; null for none.
    float *velocity;
    /// The factor of the old momentum in a step.
    float decay;
    /// 1 for Nesterov's momentum, else 0.
    float nesterov;
} lockstep_sparse_state;

/// Top-k with error feedback (Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", 2018) and host
/// momentum, which is reset where an element is sent (Lin et al., "Deep Gradient Compression", 2018, sections
/// 3.2 and 3.3), for at most `lockstep_chunk` elements: velocity = decay velocity + (1 - decay) gradient;
/// residual += velocity, or with Nesterov decay velocity + (1 - decay) gradient, or without momentum the
/// gradient. The `k` entries of the residual with the largest magnitudes (of equal ones the first) are
/// written to `entries` in index order, and set to zero in residual and velocity. `base` is added to the
/// indices. NaN counts as larger than all numbers.
void lockstep_sparse_select(
    lockstep_sparse_entry *entries, ptrdiff_t k, uint32_t base, lockstep_sparse_state state, const float *gradient,
    ptrdiff_t count);

/// values[index] += value for all entries, in their order. Entries outside `count` are skipped; returns their
/// number.
ptrdiff_t lockstep_sparse_add(
    float *values, ptrdiff_t count, const lockstep_sparse_entry *entries, ptrdiff_t entry_count);
