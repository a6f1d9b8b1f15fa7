#include "lockstep_losses.h"

#include <math.h>
#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_exp_inline.h"

#pragma clang fp contract(off)

enum { lanes = 16 };

/// The largest element of a row, in 16 lanes. NaN may be ignored here, but not in the sum of exponentials.
static inline __attribute__((always_inline)) float largest(const float *row, ptrdiff_t count) {
    float tops[lanes];
    ptrdiff_t whole = count / lanes * lanes;
    for (int lane = 0; lane < lanes; lane++) tops[lane] = row[0];
    for (ptrdiff_t c = 0; c < whole; c += lanes) {
        for (int lane = 0; lane < lanes; lane++) tops[lane] = row[c + lane] > tops[lane] ? row[c + lane] : tops[lane];
    }
    for (ptrdiff_t c = whole; c < count; c++) tops[c - whole] = row[c] > tops[c - whole] ? row[c] : tops[c - whole];
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++)
            tops[lane] = tops[lane + width] > tops[lane] ? tops[lane + width] : tops[lane];
    }
    return tops[0];
}

/// The sum over c of e^(row[c] - top), in 16 lanes.
static inline __attribute__((always_inline)) float exponential_sum(const float *row, float top, ptrdiff_t count) {
    float sums[lanes] = {0};
    ptrdiff_t whole = count / lanes * lanes;
    for (ptrdiff_t c = 0; c < whole; c += lanes) {
        for (int lane = 0; lane < lanes; lane++) sums[lane] += exp_of(row[c + lane] - top);
    }
    for (ptrdiff_t c = whole; c < count; c++) sums[c - whole] += exp_of(row[c] - top);
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

LOCKSTEP_CLONES
lockstep_loss lockstep_cross_entropy(
    float *gradient, const float *logits, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes, float smoothing,
    const float *class_weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    float all_weights = (float)classes;
    if (class_weights) {
        all_weights = 0.0f;
        for (ptrdiff_t c = 0; c < classes; c++) all_weights += class_weights[c];
    }
    float share = smoothing / (float)classes;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const float *x = logits + row * classes;
        ptrdiff_t label = labels[row];
        if (label < 0 || label >= classes) {
            if (loss.bad_row < 0) loss.bad_row = row;
            if (gradient) memset(gradient + row * classes, 0, sizeof(float) * (size_t)classes);
            continue;
        }
        float top = largest(x, classes);
        float sum = exponential_sum(x, top, classes);
        double log_sum = (double)top + log((double)sum);
        float weight = class_weights ? class_weights[label] : 1.0f;
        double value = (1.0 - (double)smoothing) * (double)weight * (log_sum - (double)x[label]);
        if (smoothing > 0.0f) {
            double rest = 0.0;
            for (ptrdiff_t c = 0; c < classes; c++) {
                rest += (class_weights ? (double)class_weights[c] : 1.0) * (log_sum - (double)x[c]);
            }
            value += (double)share * rest;
        }
        loss.sum += value;
        loss.weight += (double)weight;
        if (!gradient) continue;
        float *d = gradient + row * classes;
        float hard = (1.0f - smoothing) * weight;
        float factor = (hard + share * all_weights) / sum;
        for (ptrdiff_t c = 0; c < classes; c++) d[c] = exp_of(x[c] - top) * factor;
        if (share > 0.0f) {
            for (ptrdiff_t c = 0; c < classes; c++) d[c] -= share * (class_weights ? class_weights[c] : 1.0f);
        }
        d[label] -= hard;
    }
    return loss;
}

lockstep_loss lockstep_mean_squared_error(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns) {
    lockstep_loss loss = {0.0, (double)rows, -1};
    float factor = 2.0f / (float)columns;
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0;
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            float difference = x[i] - targets[i];
            sum += (double)difference * (double)difference;
            if (gradient) gradient[i] = factor * difference;
        }
        loss.sum += sum / (double)columns;
    }
    return loss;
}

lockstep_loss lockstep_huber(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float delta) {
    lockstep_loss loss = {0.0, (double)rows, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0;
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            float difference = x[i] - targets[i];
            float size = fabsf(difference);
            int is_small = size <= delta;
            sum += is_small ? 0.5 * (double)difference * (double)difference
                            : (double)delta * ((double)size - 0.5 * (double)delta);
            if (!gradient) continue;
            float slope = is_small ? difference : (difference > 0 ? delta : -delta);
            // Do not treat a NaN difference like a small one.
            gradient[i] = (difference == difference ? slope : difference) / (float)columns;
        }
        loss.sum += sum / (double)columns;
    }
    return loss;
}

lockstep_loss lockstep_binary_cross_entropy(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float positive_weight) {
    lockstep_loss loss = {0.0, (double)rows, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0;
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            double z = x[i], t = targets[i];
            double small = log1p(exp(-fabs(z)));
            // -log s(z) and -log(1 - s(z)), neither of which can overflow.
            double of_positive = small + (z < 0 ? -z : 0.0);
            double of_negative = small + (z > 0 ? z : 0.0);
            sum += (double)positive_weight * t * of_positive + (1.0 - t) * of_negative;
            if (!gradient) continue;
            double s = 1.0 / (1.0 + exp(-z));
            gradient[i] = (float)(((1.0 - t) * s - (double)positive_weight * t * (1.0 - s)) / (double)columns);
        }
        loss.sum += sum / (double)columns;
    }
    return loss;
}
