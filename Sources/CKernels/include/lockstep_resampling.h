#pragma once
#include <stddef.h>
#include <stdint.h>

/// The input positions of an output position along one dimension: (1 - weight) x[low] + weight x[high].
typedef struct {
    int32_t low, high;
    float weight;
} lockstep_tap;

/// Images [samples, height, width, channels] to [samples, out_height, out_width, channels], with a tap for
/// each output row and for each output column.
typedef struct {
    ptrdiff_t samples, height, width, channels, out_height, out_width;
    const lockstep_tap *rows, *columns;
    int is_nearest;  ///< not 0: weights are 0, and `low` alone counts
} lockstep_resampling;

/// x -> y; float32, or bfloat16 where `is_rounded` is not 0.
void lockstep_resample(const lockstep_resampling *plan, void *y, const void *x, int is_rounded);

/// dx += the gradient; float32 dx, which starts as zeros; dy float32 or bfloat16. Sums run in the order of
/// dy.
void lockstep_resample_backward(const lockstep_resampling *plan, float *dx, const void *dy, int is_rounded);
