#include "lockstep_embedding.h"

#include <string.h>

#include "lockstep_elementwise.h"

ptrdiff_t lockstep_embedding_gather(
    float *y, const float *table, const int32_t *ids, ptrdiff_t count, ptrdiff_t width, ptrdiff_t entries) {
    for (ptrdiff_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= entries) return i;
        memcpy(y + i * width, table + ids[i] * width, sizeof(float) * (size_t)width);
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
