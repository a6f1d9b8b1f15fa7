#pragma once
#include "lockstep_losses.h"

// Losses of rows of x, weighted by `weights` [rows] (NULL: 1 each): the sum of weight times loss, and of the
// weights. Each writes the gradient of that sum to `gradient` [as x] unless it is null. Sums run in double,
// row after row.

/// |x - t|, averaged over a row's columns; the slope at 0 is 0.
lockstep_loss lockstep_absolute_error(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, const float *weights);

/// The sum over a row's columns of t (log t - x) for logarithms x of probabilities; 0 where t is 0.
lockstep_loss lockstep_kullback_leibler(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, const float *weights);

/// -w[y] x[y] for logarithms x of probabilities; a row's weight is w[y] (`class_weights` [classes], NULL: 1).
lockstep_loss lockstep_negative_log_likelihood(
    float *gradient, const float *x, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes,
    const float *class_weights);

/// -w[y] (1 - p[y])^gamma log p[y] with p the softmax of a row of logits; a row's weight is w[y].
lockstep_loss lockstep_focal(
    float *gradient, const float *x, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes, float gamma,
    const float *class_weights);

/// For logits x and targets t in [0, 1], with q = t s(x) + (1 - t) (1 - s(x)): the binary cross-entropy times
/// (1 - q)^gamma and times alpha t + (1 - alpha) (1 - t) (alpha below 0: without that factor), averaged over
/// a row's columns.
lockstep_loss lockstep_binary_focal(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float gamma, float alpha,
    const float *weights);

/// 1 - (2 sum p t + smoothing) / (sum p + sum t + smoothing) over the positions of each channel of a sample,
/// averaged over channels; p and t [rows, places, channels].
lockstep_loss lockstep_dice(
    float *gradient, const float *p, const float *targets, ptrdiff_t rows, ptrdiff_t places, ptrdiff_t channels,
    float smoothing, const float *weights);

/// For rows a and b with a sign (+1 or -1): 1 - cos(a, b), or max(0, cos(a, b) - margin). Gradients may be
/// null.
lockstep_loss lockstep_cosine_embedding(
    float *gradient_a, float *gradient_b, const float *a, const float *b, const float *signs, ptrdiff_t rows,
    ptrdiff_t columns, float margin);

/// max(0, |a - p| - |a - n| + margin) with Euclidean lengths of a - p + 1e-6, as in PyTorch. Gradients may be
/// null.
lockstep_loss lockstep_triplet(
    float *gradient_a, float *gradient_p, float *gradient_n, const float *a, const float *p, const float *n,
    ptrdiff_t rows, ptrdiff_t columns, float margin);
