#pragma once
#include <stddef.h>
#include <stdint.h>

/// The preparation of a gradient in every fused update: scale (one over the sum of weights), clip by the
/// norm's coefficient, clamp to a value, then add l2 x parameter + l1 x sign(parameter).
typedef struct {
    float scale;
    float clip_coefficient;
    float clip_value;
    float l1;
    float l2;
    float learning_rate;
} lockstep_update;

/// The hash of elements begin ..< end: the sum modulo 2^64 of (bits ^ 0x9E3779B9) x (2 x index x 0x9E3779B9 +
/// 1 modulo 2^32). Hashes of parts add up to the hash of the whole.
uint64_t lockstep_parameter_hash(const float *parameters, ptrdiff_t begin, ptrdiff_t end);

/// Updates moving averages: a += new_share (p - a), for elements begin ..< end, computed from the nearer end:
/// with a new_share near 1, no rounding error of a large a remains.
void lockstep_update_average(
    float *averages, const float *parameters, ptrdiff_t begin, ptrdiff_t end, double new_share);

/// All updates process elements begin ..< end of flat buffers. Subnormal numbers count as zero: moments of a
/// weight without gradient decay to them and would stay there, and some processors are several times slower
/// with them.

/// SGD: m = momentum m + g; p -= rate (nesterov ? g + momentum m : m). `moment` may be null without momentum.
void lockstep_update_sgd(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float momentum, int nesterov);

/// Weights of new values (1 - beta1, 1 - beta2, 1 - alpha) are separate arguments: computed in float, 1 -
/// 0.999 would be off by 5e-5, and with it every step.

/// Adam: m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2; p = keep p - step_size m / (sqrt(v)
/// inverse_root + epsilon). `keep` is 1 - rate x decay for decoupled decay, else 1; `step_size` is rate / (1
/// - beta1^t), `inverse_root` 1 / sqrt(1 - beta2^t).
void lockstep_update_adam(
    float *parameters, const float *gradients, float *first, float *second, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float new_share1, float beta2, float new_share2, float epsilon, float step_size, float inverse_root,
    float keep);

/// RMSprop: v = alpha v + (1 - alpha) g^2; d = sqrt(v - mean^2) + epsilon (mean only when `mean` is given);
/// with `moment`: m = momentum m + g / d, p -= rate m; else p -= rate g / d.
void lockstep_update_rmsprop(
    float *parameters, const float *gradients, float *square, float *moment, float *mean, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float alpha, float new_share, float epsilon, float momentum);

/// Adagrad: s += square_share g^2; p -= rate g / (sqrt(s) + epsilon).
void lockstep_update_adagrad(
    float *parameters, const float *gradients, float *sum, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float square_share, float epsilon);

/// Lion: c = m + new_share1 (g - m); p = keep p - rate sign(c); m += new_share2 (g - m). `keep` is 1 - rate x decay.
void lockstep_update_lion(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float new_share1, float new_share2, float keep);

/// Sums of squares of one part of a parameter, at most a chunk: in double, 16 lanes, folded in a fixed order.
typedef struct {
    double parameters;
    double direction;
} lockstep_layer_squares;

/// The squares of the parameters and of the prepared gradients.
lockstep_layer_squares lockstep_lars_squares(
    const float *parameters, const float *gradients, ptrdiff_t begin, ptrdiff_t end, lockstep_update update);

/// LARS: m = momentum m + ratio g; p -= rate m. `moment` may be null without momentum.
void lockstep_update_lars(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float ratio, float momentum);

/// What is the same in both passes of LAMB: u = correction m / (sqrt(v) inverse_root + epsilon) + decay p, where `correction` is
/// 1 / (1 - beta1^t) and `inverse_root` 1 / sqrt(1 - beta2^t).
typedef struct {
    float correction;
    float inverse_root;
    float epsilon;
    float decay;
} lockstep_lamb_direction;

/// LAMB, first pass: updates both moments as Adam does, and sums the squares of the parameters and of u.
lockstep_layer_squares lockstep_lamb_squares(
    const float *parameters, const float *gradients, float *first, float *second, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float new_share1, float beta2, float new_share2, lockstep_lamb_direction direction);

/// LAMB, second pass: p -= step u.
void lockstep_update_lamb(
    float *parameters, const float *first, const float *second, ptrdiff_t begin, ptrdiff_t end, float step,
    lockstep_lamb_direction direction);
