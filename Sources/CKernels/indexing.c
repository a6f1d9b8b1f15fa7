#include "lockstep_indexing.h"

#include <math.h>
#include <string.h>

#include "lockstep_bfloat16.h"
#include "lockstep_elementwise.h"

static int is_inside(int32_t id, ptrdiff_t entries) { return id >= 0 && id < entries; }

static void note(ptrdiff_t *bad, ptrdiff_t place) {
    if (*bad < 0) *bad = place;
}

ptrdiff_t lockstep_index_select(
    void *y, const void *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t row_bytes) {
    ptrdiff_t bad = -1;
    char *to = y;
    for (ptrdiff_t o = 0; o < outer; o++) {
        const char *from = (const char *)x + o * entries * row_bytes;
        for (ptrdiff_t i = 0; i < count; i++, to += row_bytes) {
            if (is_inside(ids[i], entries)) {
                memcpy(to, from + ids[i] * row_bytes, (size_t)row_bytes);
            } else {
                memset(to, 0, (size_t)row_bytes);
                note(&bad, i);
            }
        }
    }
    return bad;
}

ptrdiff_t lockstep_index_add(
    float *y, const void *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count, ptrdiff_t width,
    int x_is_rounded) {
    ptrdiff_t bad = -1;
    for (ptrdiff_t o = 0; o < outer; o++) {
        float *to = y + o * entries * width;
        for (ptrdiff_t i = 0; i < count; i++) {
            ptrdiff_t from = (o * count + i) * width;
            if (!is_inside(ids[i], entries))
                note(&bad, i);
            else if (x_is_rounded)
                lockstep_bfloat16_accumulate_wide(to + ids[i] * width, (const uint16_t *)x + from, width);
            else
                lockstep_accumulate(to + ids[i] * width, (const float *)x + from, width);
        }
    }
    return bad;
}

ptrdiff_t lockstep_gather_elements(
    float *y, const float *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t width) {
    ptrdiff_t bad = -1;
    for (ptrdiff_t row = 0; row < outer * count; row++) {
        const float *from = x + row / count * entries * width;
        for (ptrdiff_t k = row * width, column = 0; column < width; k++, column++) {
            if (is_inside(ids[k], entries)) {
                y[k] = from[ids[k] * width + column];
            } else {
                y[k] = 0.0f;
                note(&bad, k);
            }
        }
    }
    return bad;
}

ptrdiff_t lockstep_scatter_elements(
    float *y, const float *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t width) {
    ptrdiff_t bad = -1;
    for (ptrdiff_t row = 0; row < outer * count; row++) {
        float *to = y + row / count * entries * width;
        for (ptrdiff_t k = row * width, column = 0; column < width; k++, column++) {
            if (is_inside(ids[k], entries))
                to[ids[k] * width + column] += x[k];
            else
                note(&bad, k);
        }
    }
    return bad;
}

void lockstep_segment_factors(float *factors, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count) {
    memset(factors, 0, sizeof(float) * (size_t)entries);
    for (ptrdiff_t i = 0; i < count; i++) {
        if (is_inside(ids[i], entries)) factors[ids[i]] += 1.0f;
    }
    for (ptrdiff_t s = 0; s < entries; s++) factors[s] = factors[s] > 0.0f ? 1.0f / factors[s] : 0.0f;
}

void lockstep_scale_rows(
    float *rows, const float *factors, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count, ptrdiff_t width) {
    for (ptrdiff_t i = 0; i < count; i++) {
        ptrdiff_t s = ids ? ids[i] : i;
        if (s >= 0 && s < entries) lockstep_scale(rows + i * width, rows + i * width, width, factors[s]);
    }
}

ptrdiff_t lockstep_segment_maximum(
    float *y, int32_t *which, const float *x, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t width) {
    ptrdiff_t bad = -1;
    memset(y, 0, sizeof(float) * (size_t)(entries * width));
    memset(which, 0xFF, sizeof(int32_t) * (size_t)(entries * width));
    for (ptrdiff_t i = 0; i < count; i++) {
        if (!is_inside(ids[i], entries)) {
            note(&bad, i);
            continue;
        }
        float *top = y + ids[i] * width;
        int32_t *place = which + ids[i] * width;
        for (ptrdiff_t k = 0; k < width; k++) {
            float value = x[i * width + k];
            int is_larger = value > top[k] || (isnan(value) && !isnan(top[k]));
            if (place[k] >= 0 && !is_larger) continue;
            top[k] = value;
            place[k] = (int32_t)i;
        }
    }
    return bad;
}

void lockstep_segment_maximum_backward(
    float *dx, const float *dy, const int32_t *which, ptrdiff_t entries, ptrdiff_t width) {
    for (ptrdiff_t s = 0; s < entries; s++) {
        for (ptrdiff_t k = 0; k < width; k++) {
            ptrdiff_t i = which[s * width + k];
            if (i >= 0) dx[i * width + k] += dy[s * width + k];
        }
    }
}
