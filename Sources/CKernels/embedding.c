#include "lockstep_embedding.h"

#include <string.h>

#include "lockstep_bfloat16.h"
#include "lockstep_elementwise.h"
#include "lockstep_prefetch_inline.h"

ptrdiff_t lockstep_embedding_gather(
    void *y, const void *table, const int32_t *ids, ptrdiff_t count, ptrdiff_t row_bytes, ptrdiff_t entries) {
    char *to = y;
    const char *from = table;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= entries) return i;
        if (i + lockstep_rows_ahead < count) 
            lockstep_prefetch_row(from, ids[i + lockstep_rows_ahead], row_bytes, entries);
        memcpy(to + i * row_bytes, from + ids[i] * row_bytes, (size_t)row_bytes);
    }
    return -1;
}

void lockstep_embedding_scatter(
    float *table, const float *dy, const int32_t *ids, ptrdiff_t count, ptrdiff_t width, ptrdiff_t entries) {
    for (ptrdiff_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= entries) continue;
        lockstep_accumulate(table + ids[i] * width, dy + i * width, width);
    }
}

void lockstep_embedding_scatter_bfloat16(
    float *table, const uint16_t *dy, const int32_t *ids, ptrdiff_t count, ptrdiff_t width, ptrdiff_t entries) {
    for (ptrdiff_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= entries) continue;
        lockstep_bfloat16_accumulate_wide(table + ids[i] * width, dy + i * width, width);
    }
}
