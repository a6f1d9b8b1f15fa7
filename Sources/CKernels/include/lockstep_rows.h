#pragma once
#include <stddef.h>
#include <stdint.h>

/// Some rows of a table: their numbers, ascending, and their values, `width` floats each.
typedef struct {
    const int32_t *ids;
    const float *values;
    ptrdiff_t count;
} lockstep_rows;

/// Copies gradients whose ids are in 0 ..< entries, in their order. Returns their number.
ptrdiff_t lockstep_rows_append(
    int32_t *to_ids, float *to_values, const int32_t *ids, const float *values, ptrdiff_t count, ptrdiff_t width,
    ptrdiff_t entries);

/// Adds up gradients with equal ids, in their order, starting from 0. Returns the number of different ids.
///
/// `to_ids` and `to_values` have room for `count` rows; `keys` and `scratch` for `count` numbers each.
ptrdiff_t lockstep_rows_collect(
    int32_t *to_ids, float *to_values, const int32_t *ids, const float *values, ptrdiff_t count, ptrdiff_t width,
    uint64_t *keys, uint64_t *scratch);

/// The sum of two lists: a row that both have is a + b. Returns the number of rows; there is room for all of a and b.
ptrdiff_t lockstep_rows_merge(
    int32_t *to_ids, float *to_values, lockstep_rows a, lockstep_rows b, ptrdiff_t width);

/// Adds the sum of the squares of each row to that of its part of the table: parts[id * part_count / entries].
void lockstep_rows_squares(
    double *parts, ptrdiff_t part_count, lockstep_rows rows, ptrdiff_t width, ptrdiff_t entries);

/// Copies rows of a table: to_values[i] = table[ids[i]].
void lockstep_rows_load(
    float *to_values, const float *table, const int32_t *ids, ptrdiff_t count, ptrdiff_t width);

/// Writes rows to a table: table[ids[i]] = values[i].
void lockstep_rows_store(float *table, lockstep_rows rows, ptrdiff_t width);
