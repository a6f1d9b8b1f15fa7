#pragma once
#include <stddef.h>
#include <stdint.h>

/// A loss summed over the rows of a shard.
typedef struct {
    double sum;
    double weight;
    /// The first row whose label is not a class; -1 if all are.
    ptrdiff_t bad_row;
} lockstep_loss;

/// Cross-entropy of logits [rows, classes] and labels [rows], with label smoothing e and class weights w (or
/// null): -(1 - e) w[y] log p[y] - e / classes sum of w[c] log p[c]; the weight of a row is w[y]. Writes the
/// gradient of the sum to `gradient` [rows, classes] unless it is null.
lockstep_loss lockstep_cross_entropy(
    float *gradient, const float *logits, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes, float smoothing,
    const float *class_weights);

/// (x - t)^2, averaged over a row's columns; the weight of a row is 1.
lockstep_loss lockstep_mean_squared_error(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns);

/// d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), d = x - t, averaged over a row's columns.
lockstep_loss lockstep_huber(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float delta);

/// Binary cross-entropy of logits and targets in [0, 1], averaged over a row's columns:
/// -(w t log s(x) + (1 - t) log(1 - s(x))) with the weight w of positives.
lockstep_loss lockstep_binary_cross_entropy(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float positive_weight);
