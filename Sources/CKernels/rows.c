#include "lockstep_rows.h"

#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_elementwise.h"
#include "lockstep_prefetch_inline.h"
#include "lockstep_reduction.h"

#pragma clang fp contract(off)

ptrdiff_t lockstep_rows_append(
    int32_t *to_ids, float *to_values, const int32_t *ids, const float *values, ptrdiff_t count, ptrdiff_t width,
    ptrdiff_t entries) {
    ptrdiff_t end = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= entries) continue;
        to_ids[end] = ids[i];
        memcpy(to_values + end++ * width, values + i * width, sizeof(float) * (size_t)width);
    }
    return end;
}

/// Sorts numbers by their upper half, stably, a digit at a time. The result is in `keys`.
static void sort_by_upper_half(uint64_t *keys, uint64_t *scratch, ptrdiff_t count, uint32_t largest) {
    enum { digit_bits = 11, digits = 1 << digit_bits };
    uint64_t *from = keys, *to = scratch;
    for (int shift = 32; shift < 64 && largest >> (shift - 32); shift += digit_bits) {
        uint32_t starts[digits] = {0};
        for (ptrdiff_t i = 0; i < count; i++) starts[from[i] >> shift & (digits - 1)]++;
        uint32_t start = 0;
        for (int digit = 0; digit < digits; digit++) {
            uint32_t size = starts[digit];
            starts[digit] = start;
            start += size;
        }
        for (ptrdiff_t i = 0; i < count; i++) to[starts[from[i] >> shift & (digits - 1)]++] = from[i];
        uint64_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != keys) memcpy(keys, from, sizeof(uint64_t) * (size_t)count);
}

/// to = 0 + from: a sum that starts from 0 has no negative zeros.
LOCKSTEP_CLONES
static void begin_sum(float *restrict to, const float *restrict from, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) to[i] = 0.0f + from[i];
}

ptrdiff_t lockstep_rows_collect(
    int32_t *to_ids, float *to_values, const int32_t *ids, const float *values, ptrdiff_t count, ptrdiff_t width,
    uint64_t *keys, uint64_t *scratch) {
    int32_t largest = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        keys[i] = (uint64_t)(uint32_t)ids[i] << 32 | (uint32_t)i;
        if (ids[i] > largest) largest = ids[i];
    }
    sort_by_upper_half(keys, scratch, count, (uint32_t)largest);
    ptrdiff_t end = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        int32_t id = (int32_t)(keys[i] >> 32);
        const float *from = values + (ptrdiff_t)(uint32_t)keys[i] * width;
        if (end > 0 && to_ids[end - 1] == id) {
            lockstep_accumulate(to_values + (end - 1) * width, from, width);
        } else {
            to_ids[end] = id;
            begin_sum(to_values + end++ * width, from, width);
        }
    }
    return end;
}

LOCKSTEP_CLONES
static void add(float *restrict to, const float *restrict a, const float *restrict b, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) to[i] = a[i] + b[i];
}

ptrdiff_t lockstep_rows_merge(
    int32_t *to_ids, float *to_values, lockstep_rows a, lockstep_rows b, ptrdiff_t width) {
    size_t row = sizeof(float) * (size_t)width;
    ptrdiff_t i = 0, j = 0, end = 0;
    while (i < a.count || j < b.count) {
        float *to = to_values + end * width;
        if (j == b.count || (i < a.count && a.ids[i] < b.ids[j])) {
            to_ids[end++] = a.ids[i];
            memcpy(to, a.values + i++ * width, row);
        } else if (i == a.count || b.ids[j] < a.ids[i]) {
            to_ids[end++] = b.ids[j];
            memcpy(to, b.values + j++ * width, row);
        } else {
            to_ids[end++] = a.ids[i];
            add(to, a.values + i++ * width, b.values + j++ * width, width);
        }
    }
    return end;
}

void lockstep_rows_squares(
    double *parts, ptrdiff_t part_count, lockstep_rows rows, ptrdiff_t width, ptrdiff_t entries) {
    for (ptrdiff_t i = 0; i < rows.count; i++)
        parts[rows.ids[i] * part_count / entries] += lockstep_square_sum(rows.values + i * width, width);
}

void lockstep_rows_load(
    float *to_values, const float *table, const int32_t *ids, ptrdiff_t count, ptrdiff_t width) {
    size_t row = sizeof(float) * (size_t)width;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (i + lockstep_rows_ahead < count)
            lockstep_prefetch_row((const char *)table, ids[i + lockstep_rows_ahead], (ptrdiff_t)row, INT32_MAX);
        memcpy(to_values + i * width, table + ids[i] * width, row);
    }
}

void lockstep_rows_store(float *table, lockstep_rows rows, ptrdiff_t width) {
    for (ptrdiff_t i = 0; i < rows.count; i++)
        memcpy(table + rows.ids[i] * width, rows.values + i * width, sizeof(float) * (size_t)width);
}
