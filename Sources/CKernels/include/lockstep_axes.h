#pragma once
#include <stddef.h>

#include "lockstep_broadcast.h"

/// A reduction of a dense array over some of its dimensions. Adjacent dimensions of the same kind, kept or
/// reduced, are merged; results are dense, in the order of the kept dimensions.
typedef struct {
    int kept_rank, reduced_rank;
    ptrdiff_t kept_extents[lockstep_rank], kept_strides[lockstep_rank];
    ptrdiff_t reduced_extents[lockstep_rank], reduced_strides[lockstep_rank];
    ptrdiff_t columns;  ///< the results that are also adjacent in x: the extent of the innermost kept dimension, or 1
    ptrdiff_t run;      ///< the reduced numbers that lie side by side: the extent of the innermost reduced dimension, or 1
    ptrdiff_t results;  ///< how many there are
    ptrdiff_t reduced;  ///< how many numbers each is made of
} lockstep_axes;

/// The plan for `rank` extents; bit i of `reduced` is set if dimension i is reduced.
lockstep_axes lockstep_axes_make(int rank, const ptrdiff_t *extents, unsigned reduced);

/// y = factor times the sum, in double. Adjacent results are summed in the order of memory, others in 16
/// lanes for each run. x is float32, or bfloat16 where `is_rounded` is not 0; y is float32.
void lockstep_axes_sum(const lockstep_axes *plan, float *y, const void *x, double factor, int is_rounded);

/// y = the largest number, or with `wants_smallest` the smallest; NaN if any is NaN. Without numbers:
/// -infinity, or infinity.
void lockstep_axes_extreme(const lockstep_axes *plan, float *y, const float *x, int wants_smallest);

/// dx = dy / n where x equals the extreme y, else 0; n is the number of such x. Where y is NaN, dx is NaN.
void lockstep_axes_extreme_backward(
    const lockstep_axes *plan, float *dx, const float *dy, const float *x, const float *y);
