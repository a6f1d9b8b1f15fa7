#pragma once
#include <stddef.h>
#include <stdint.h>

/// How many rows before its use a row is prefetched: rows of a large table are in no cache, and each has its own page.
enum { lockstep_rows_ahead = 8 };

/// Prefetches row `id` of a table with `entries` rows; ignores other ids.
static inline void lockstep_prefetch_row(const char *table, int32_t id, ptrdiff_t row_bytes, ptrdiff_t entries) {
    if (id < 0 || id >= entries) return;
    const char *row = table + id * row_bytes;
    // A few lines begin the stream that the processor then continues.
    for (ptrdiff_t offset = 0; offset < row_bytes && offset < 512; offset += 64) __builtin_prefetch(row + offset);
}
