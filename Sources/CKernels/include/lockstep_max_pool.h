#pragma once
#include <stddef.h>

/// Max pooling of images x [N, H, W, C]: y [N, YH, YW, C]. Padding is never the maximum.
typedef struct {
    ptrdiff_t samples, channels, height, width;  ///< N, C, H, W
    ptrdiff_t output_height, output_width;    ///< YH, YW
    ptrdiff_t kernel_height, kernel_width;
    ptrdiff_t stride_h, stride_w;
    ptrdiff_t padding_h, padding_w;
    int is_rounded;                           ///< whether x and y are bfloat16, not float32
    int place_bytes;                          ///< the size of a place: 1 or 4
    int has_relu;                             ///< whether y is cut below zero; NaN stays
} lockstep_max_pool;

/// Computes rows first ..< end of the N x YH rows of y, and for each maximum its position in the window
/// (row-major).
///
/// Of equal values the first is the maximum. NaN is larger than any number, and the last of several NaN
/// counts, as in PyTorch. places [N, YH, YW, C] have the format of oneDNN's backward pass.
void lockstep_max_pool_rows(
    void *y, void *places, const void *x, const lockstep_max_pool *pool, ptrdiff_t first, ptrdiff_t end);
