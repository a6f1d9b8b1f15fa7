#pragma once
#include <stddef.h>
#include <stdint.h>

// Gather and scatter by index. All sums run in the order of the indices, so that results are reproducible. An
// index outside 0 ..< entries reads 0 and adds nothing; functions that return a ptrdiff_t return the position
// of the first such index, or -1.

/// y[o][i] = x[o][ids[i]] for o in 0 ..< outer, i in 0 ..< count; rows of `row_bytes` bytes.
ptrdiff_t lockstep_index_select(
    void *y, const void *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t row_bytes);

/// y[o][ids[i]] += x[o][i]; rows of `width` numbers, y float32, x float32 or bfloat16.
ptrdiff_t lockstep_index_add(
    float *y, const void *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count, ptrdiff_t width,
    int x_is_rounded);

/// y[o][i][k] = x[o][ids[o][i][k]][k], k in 0 ..< width; float32.
ptrdiff_t lockstep_gather_elements(
    float *y, const float *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t width);

/// y[o][ids[o][i][k]][k] += x[o][i][k]; float32.
ptrdiff_t lockstep_scatter_elements(
    float *y, const float *x, const int32_t *ids, ptrdiff_t outer, ptrdiff_t entries, ptrdiff_t count,
    ptrdiff_t width);

/// factors[s] = 1 / the number of ids equal to s; 0 if there are none.
void lockstep_segment_factors(float *factors, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count);

/// rows[i] *= factors[ids ? ids[i] : i] for rows of `width` numbers.
void lockstep_scale_rows(
    float *rows, const float *factors, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count, ptrdiff_t width);

/// y[s][k] = the largest x[i][k] with ids[i] = s, and which[s][k] = its i (the first of equal ones); 0 and -1
/// for an empty segment. NaN is larger than every number.
ptrdiff_t lockstep_segment_maximum(
    float *y, int32_t *which, const float *x, const int32_t *ids, ptrdiff_t entries, ptrdiff_t count, ptrdiff_t width);

/// dx[which[s][k]][k] += dy[s][k].
void lockstep_segment_maximum_backward(
    float *dx, const float *dy, const int32_t *which, ptrdiff_t entries, ptrdiff_t width);
