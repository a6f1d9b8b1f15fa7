#include "lockstep_pointwise_losses.h"

#include <math.h>
#include <string.h>

#include "lockstep_clones.h"

#pragma clang fp contract(off)

// Each element costs little more than its memory traffic, or one logarithm; sums are in double, in a fixed
// order.

/// base^exponent; common exponents of focal losses need no call of pow.
static inline double power_of(double base, double exponent) {
    if (exponent == 2.0) return base * base;
    if (exponent == 1.0) return base;
    return exponent == 0.0 ? 1.0 : pow(base, exponent);
}

static double weight_of(const float *weights, ptrdiff_t row) { return weights ? (double)weights[row] : 1.0; }

lockstep_loss lockstep_absolute_error(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, const float *weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0, weight = weight_of(weights, row);
        float slope = (float)(weight / (double)columns);
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            float difference = x[i] - targets[i];
            sum += (double)fabsf(difference);
            if (!gradient) continue;
            float sign = difference > 0.0f ? slope : (difference < 0.0f ? -slope : 0.0f);
            gradient[i] = difference == difference ? sign : difference;
        }
        loss.sum += weight * sum / (double)columns;
        loss.weight += weight;
    }
    return loss;
}

lockstep_loss lockstep_kullback_leibler(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, const float *weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0, weight = weight_of(weights, row);
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            double t = targets[i];
            sum += t == 0.0 ? -t * (double)x[i] : t * (log(t) - (double)x[i]);
            if (gradient) gradient[i] = (float)(-weight * t);
        }
        loss.sum += weight * sum;
        loss.weight += weight;
    }
    return loss;
}

/// Whether a label is a class; records the first row whose label is not, and clears its gradient.
static int is_class(lockstep_loss *loss, float *gradient, const int32_t *labels, ptrdiff_t row, ptrdiff_t classes) {
    if (labels[row] >= 0 && labels[row] < classes) return 1;
    if (loss->bad_row < 0) loss->bad_row = row;
    if (gradient) memset(gradient + row * classes, 0, sizeof(float) * (size_t)classes);
    return 0;
}

lockstep_loss lockstep_negative_log_likelihood(
    float *gradient, const float *x, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes,
    const float *class_weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        if (!is_class(&loss, gradient, labels, row, classes)) continue;
        ptrdiff_t label = labels[row];
        double weight = weight_of(class_weights, label);
        loss.sum -= weight * (double)x[row * classes + label];
        loss.weight += weight;
        if (!gradient) continue;
        memset(gradient + row * classes, 0, sizeof(float) * (size_t)classes);
        gradient[row * classes + label] = (float)-weight;
    }
    return loss;
}

lockstep_loss lockstep_focal(
    float *gradient, const float *x, const int32_t *labels, ptrdiff_t rows, ptrdiff_t classes, float gamma,
    const float *class_weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        if (!is_class(&loss, gradient, labels, row, classes)) continue;
        const float *logits = x + row * classes;
        double weight = weight_of(class_weights, labels[row]), top = -INFINITY, others = 0.0;
        for (ptrdiff_t c = 0; c < classes; c++) top = (double)logits[c] > top ? (double)logits[c] : top;
        double sum = 0.0;
        for (ptrdiff_t c = 0; c < classes; c++) {
            double e = exp((double)logits[c] - top);
            sum += e;
            // 1 - p as a sum of the other terms, without cancellation.
            if (c != labels[row]) others += e;
        }
        double rest = others / sum, log_p = (double)logits[labels[row]] - top - log(sum), p = exp(log_p);
        double power = power_of(rest, (double)gamma);
        loss.sum -= weight * power * log_p;
        loss.weight += weight;
        if (!gradient) continue;
        // The derivative with respect to log p; that of log p with respect to logit c is (c == y) - p[c].
        double lower = gamma == 0.0f || rest == 0.0 ? 0.0 : (double)gamma * power_of(rest, (double)gamma - 1.0) * p * log_p;
        double slope = weight * (lower - power);
        for (ptrdiff_t c = 0; c < classes; c++) {
            double share = c == labels[row] ? rest : -exp((double)logits[c] - top) / sum;
            gradient[row * classes + c] = (float)(slope * share);
        }
    }
    return loss;
}

lockstep_loss lockstep_binary_focal(
    float *gradient, const float *x, const float *targets, ptrdiff_t rows, ptrdiff_t columns, float gamma, float alpha,
    const float *weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double sum = 0.0, weight = weight_of(weights, row);
        for (ptrdiff_t i = row * columns; i < (row + 1) * columns; i++) {
            double z = x[i], t = targets[i], e = exp(-fabs(z)), small = log1p(e);
            double of_positive = small + (z < 0 ? -z : 0.0), of_negative = small + (z > 0 ? z : 0.0);
            double s = (z < 0 ? e : 1.0) / (1.0 + e), not_s = (z < 0 ? 1.0 : e) / (1.0 + e);
            double entropy = t * of_positive + (1.0 - t) * of_negative;
            double rest = t * not_s + (1.0 - t) * s, power = power_of(rest, (double)gamma);
            double factor = alpha < 0.0f ? 1.0 : (double)alpha * t + (1.0 - (double)alpha) * (1.0 - t);
            sum += factor * entropy * power;
            if (!gradient) continue;
            double of_power = gamma == 0.0f || rest == 0.0
                ? 0.0
                : (double)gamma * power_of(rest, (double)gamma - 1.0) * (1.0 - 2.0 * t) * s * not_s;
            double of_entropy = (1.0 - t) * s - t * not_s;
            gradient[i] = (float)(weight * factor * (of_entropy * power + entropy * of_power) / (double)columns);
        }
        loss.sum += weight * sum / (double)columns;
        loss.weight += weight;
    }
    return loss;
}

enum { lanes = 16 };

/// Adds sums over the positions of `count` channels from `at` on: of p t, and of p + t. A single channel is
/// summed in lanes of positions.
LOCKSTEP_CLONES
static void add_places(
    double *restrict common, double *restrict all, const float *restrict p, const float *restrict t, ptrdiff_t places,
    ptrdiff_t channels, ptrdiff_t count) {
    double products[lanes] = {0}, sums[lanes] = {0};
    ptrdiff_t step = channels == 1 ? lanes : channels, width = channels == 1 ? lanes : count;
    ptrdiff_t end = channels == 1 ? places / lanes * lanes : places * channels, at = 0;
    for (; at < end; at += step) {
        for (ptrdiff_t c = 0; c < width; c++) {
            products[c] += (double)p[at + c] * (double)t[at + c];
            sums[c] += (double)p[at + c] + (double)t[at + c];
        }
    }
    for (; channels == 1 && at < places; at++) {
        products[at - end] += (double)p[at] * (double)t[at];
        sums[at - end] += (double)p[at] + (double)t[at];
    }
    for (ptrdiff_t c = 0; c < width; c++) {
        common[channels == 1 ? 0 : c] += products[c];
        all[channels == 1 ? 0 : c] += sums[c];
    }
}

/// d = factor (ratio - 2 t) / all for `count` channels.
LOCKSTEP_CLONES
static void write_slopes(
    float *restrict d, const float *restrict t, const double *restrict ratio, const double *restrict all, double factor,
    ptrdiff_t places, ptrdiff_t channels, ptrdiff_t count) {
    if (channels == 1) {
        double scale = factor / all[0], shift = ratio[0];
        for (ptrdiff_t at = 0; at < places; at++) d[at] = (float)(scale * (shift - 2.0 * (double)t[at]));
        return;
    }
    for (ptrdiff_t at = 0; at < places * channels; at += channels) {
        for (ptrdiff_t c = 0; c < count; c++)
            d[at + c] = (float)(factor * (ratio[c] - 2.0 * (double)t[at + c]) / all[c]);
    }
}

lockstep_loss lockstep_dice(
    float *gradient, const float *p, const float *targets, ptrdiff_t rows, ptrdiff_t places, ptrdiff_t channels,
    float smoothing, const float *weights) {
    lockstep_loss loss = {0.0, 0.0, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        double weight = weight_of(weights, row), sum = 0.0;
        for (ptrdiff_t first = 0; first < channels; first += lanes) {
            ptrdiff_t count = channels - first < lanes ? channels - first : lanes;
            double ratio[lanes] = {0}, all[lanes] = {0};
            ptrdiff_t start = row * places * channels + first;
            add_places(ratio, all, p + start, targets + start, places, channels, count);
            for (ptrdiff_t c = 0; c < count; c++) {
                all[c] += (double)smoothing;
                ratio[c] = (2.0 * ratio[c] + (double)smoothing) / all[c];
                sum += 1.0 - ratio[c];
            }
            if (gradient)
                write_slopes(
                    gradient + start, targets + start, ratio, all, weight / (double)channels, places, channels, count);
        }
        loss.sum += weight * sum / (double)channels;
        loss.weight += weight;
    }
    return loss;
}

lockstep_loss lockstep_cosine_embedding(
    float *gradient_a, float *gradient_b, const float *a, const float *b, const float *signs, ptrdiff_t rows,
    ptrdiff_t columns, float margin) {
    lockstep_loss loss = {0.0, (double)rows, -1};
    for (ptrdiff_t row = 0; row < rows; row++) {
        const float *x = a + row * columns, *y = b + row * columns;
        // The epsilon avoids a division by zero for rows of zeros, as in PyTorch.
        double product = 0.0, xx = 1e-12, yy = 1e-12;
        for (ptrdiff_t i = 0; i < columns; i++) {
            product += (double)x[i] * (double)y[i];
            xx += (double)x[i] * (double)x[i];
            yy += (double)y[i] * (double)y[i];
        }
        double size = sqrt(xx * yy), cosine = product / size, slope = -1.0;
        if (signs[row] > 0.0f) {
            loss.sum += 1.0 - cosine;
        } else {
            double excess = cosine - (double)margin;
            // NaN is not below 0.
            slope = excess <= 0.0 ? 0.0 : 1.0;
            loss.sum += excess <= 0.0 ? 0.0 : excess;
        }
        for (ptrdiff_t i = 0; i < columns; i++) {
            if (gradient_a)
                gradient_a[row * columns + i] = (float)(slope * ((double)y[i] / size - cosine * (double)x[i] / xx));
            if (gradient_b)
                gradient_b[row * columns + i] = (float)(slope * ((double)x[i] / size - cosine * (double)y[i] / yy));
        }
    }
    return loss;
}

lockstep_loss lockstep_triplet(
    float *gradient_a, float *gradient_p, float *gradient_n, const float *a, const float *p, const float *n,
    ptrdiff_t rows, ptrdiff_t columns, float margin) {
    lockstep_loss loss = {0.0, (double)rows, -1};
    const double small = 1e-6;
    for (ptrdiff_t row = 0; row < rows; row++) {
        ptrdiff_t start = row * columns, end = start + columns;
        double to_p = 0.0, to_n = 0.0;
        for (ptrdiff_t i = start; i < end; i++) {
            double dp = (double)a[i] - (double)p[i] + small, dn = (double)a[i] - (double)n[i] + small;
            to_p += dp * dp;
            to_n += dn * dn;
        }
        to_p = sqrt(to_p), to_n = sqrt(to_n);
        double excess = to_p - to_n + (double)margin;
        int is_far = excess <= 0.0;
        loss.sum += is_far ? 0.0 : excess;
        for (ptrdiff_t i = start; i < end; i++) {
            double dp = to_p > 0.0 || to_p != to_p ? ((double)a[i] - (double)p[i] + small) / to_p : 0.0;
            double dn = to_n > 0.0 || to_n != to_n ? ((double)a[i] - (double)n[i] + small) / to_n : 0.0;
            if (gradient_a) gradient_a[i] = is_far ? 0.0f : (float)(dp - dn);
            if (gradient_p) gradient_p[i] = is_far ? 0.0f : (float)-dp;
            if (gradient_n) gradient_n[i] = is_far ? 0.0f : (float)dn;
        }
    }
    return loss;
}
