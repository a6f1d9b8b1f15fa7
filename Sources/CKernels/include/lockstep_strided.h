#pragma once
#include <stddef.h>

#include "lockstep_broadcast.h"

/// A copy between two arrays of equal extents with different strides (in elements): slices, permutations,
/// repetitions (strides of x that are 0). Dimensions are merged and ordered so that y is written in memory
/// order.
typedef struct {
    int rank;  ///< at least 1
    ptrdiff_t extents[lockstep_rank];
    ptrdiff_t strides_x[lockstep_rank];
    ptrdiff_t strides_y[lockstep_rank];
} lockstep_strided;

/// The plan for `rank` extents.
lockstep_strided lockstep_strided_make(
    int rank, const ptrdiff_t *extents, const ptrdiff_t *strides_x, const ptrdiff_t *strides_y);

/// y = x; elements of 1, 2 or 4 bytes. `x` and `y` point to the first elements.
void lockstep_strided_copy(const lockstep_strided *plan, void *y, const void *x, ptrdiff_t element_bytes);

/// y += x; each float32, or bfloat16 where its flag is not 0.
void lockstep_strided_add(
    const lockstep_strided *plan, void *y, int y_is_rounded, const void *x, int x_is_rounded);
