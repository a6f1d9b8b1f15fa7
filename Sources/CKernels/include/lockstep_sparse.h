#pragma once
#include <stddef.h>
#include <stdint.h>

/// An element that is sent on its own: where it is, counted from the start of its segment, and its value.
typedef struct {
    uint32_t index;
    float value;
} lockstep_sparse_entry;

/// Top-k with error feedback (Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", 2018), for at most
/// `lockstep_chunk` elements: residual += gradient; the `k` entries of the residual with the largest magnitudes (of equal
/// ones the first) are written to `entries` in the order of their places, and set to zero in the residual.
/// `base` is added to the indices. NaN counts as larger than all numbers.
void lockstep_sparse_select(
    lockstep_sparse_entry *entries, ptrdiff_t k, uint32_t base, float *residual, const float *gradient, ptrdiff_t count);

/// values[index] += value for all entries, in their order. Entries outside `count` are left out and counted in the result.
ptrdiff_t lockstep_sparse_add(
    float *values, ptrdiff_t count, const lockstep_sparse_entry *entries, ptrdiff_t entry_count);
