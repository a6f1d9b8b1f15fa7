#pragma once
#include <stddef.h>
#include <stdint.h>

/// y[i] = table[ids[i]], rows of `row_bytes` bytes. Returns the first position whose id is not in 0 ..<
/// entries, or -1.
ptrdiff_t lockstep_embedding_gather(
    void *y, const void *table, const int32_t *ids, ptrdiff_t count, ptrdiff_t row_bytes, ptrdiff_t entries);

/// table[ids[i]] += dy[i] in the order of i.
void lockstep_embedding_scatter(
    float *table, const float *dy, const int32_t *ids, ptrdiff_t count, ptrdiff_t width, ptrdiff_t entries);

/// The same with bfloat16 dy.
void lockstep_embedding_scatter_bfloat16(
    float *table, const uint16_t *dy, const int32_t *ids, ptrdiff_t count, ptrdiff_t width, ptrdiff_t entries);
