#pragma once
#include <stddef.h>
#include <stdint.h>

/// How many rows before its use the memory of a row is asked for: rows of a large table are in no cache, and each has
/// its own page.
enum { lockstep_rows_ahead = 8 };

/// Asks for row `id` of a table, if the number makes sense as one.
static inline void lockstep_prefetch_row(const char *table, int32_t id, ptrdiff_t row_bytes) {
    if (id < 0) return;
    const char *row = table + id * row_bytes;
    // A few lines begin the stream that the processor then continues.
    for (ptrdiff_t offset = 0; offset < row_bytes && offset < 512; offset += 64) __builtin_prefetch(row + offset);
}
