#include "lockstep_updates.h"

#include "lockstep_clones.h"
#include "lockstep_prepared_inline.h"
#include "lockstep_subnormal_inline.h"

// Every clone must give the same bits: no operation is contracted, and sums of hashes are exact modulo 2^64.
#pragma clang fp contract(off)

// For loops with divisions and square roots: some processors (Intel) take more than twice as long for 16
// numbers at once as for 8, and none is faster.
#define EIGHT_AT_ONCE _Pragma("clang loop vectorize_width(8) interleave_count(1)")

// An element's weight in the hash; neighbors differ by `weight_step`, so that a loop adds instead of
// multiplying. Both factors have 32 bits, which processors multiply in vectors; few multiply 64 by 64 bits.
static const uint32_t weight_step = 2u * 0x9E3779B9u;

static inline uint32_t weight_of(ptrdiff_t index) {
    return weight_step * (uint32_t)index + 1u;
}

static inline uint64_t hash_of(float parameter, uint32_t weight) {
    uint32_t bits;
    __builtin_memcpy(&bits, &parameter, sizeof bits);
    return (uint64_t)(bits ^ 0x9E3779B9u) * (uint64_t)weight;
}

LOCKSTEP_CLONES
uint64_t lockstep_parameter_hash(const float *parameters, ptrdiff_t begin, ptrdiff_t end) {
    uint64_t hash = 0;
    uint32_t weight = weight_of(begin);
    for (ptrdiff_t i = begin; i < end; i++, weight += weight_step) hash += hash_of(parameters[i], weight);
    return hash;
}

LOCKSTEP_INLINE void average_loop(
    float *restrict averages, const float *restrict parameters, ptrdiff_t begin, ptrdiff_t end, lockstep_way way) {
    for (ptrdiff_t i = begin; i < end; i++) averages[i] = between(averages[i], parameters[i], way);
}

LOCKSTEP_CLONES
void lockstep_update_average(
    float *restrict averages, const float *restrict parameters, ptrdiff_t begin, ptrdiff_t end, double new_share) {
    if (new_share < 0.5)
        average_loop(averages, parameters, begin, end, way_from_a((float)new_share));
    else
        average_loop(averages, parameters, begin, end, (lockstep_way){-(float)(1 - new_share), 1});
}

LOCKSTEP_CLONES
static void sgd_plain(
    float *restrict parameters, const float *restrict gradients, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update) {
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        p -= update.learning_rate * prepared(gradients[i], p, update);
        parameters[i] = p;
    }
}

LOCKSTEP_CLONES
static void sgd_momentum(
    float *restrict parameters, const float *restrict gradients, float *restrict moment, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float momentum, float nesterov) {
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float m = momentum * moment[i] + g;
        moment[i] = m;
        // nesterov is 0 or 1: the direction is m, or g + momentum m.
        float direction = nesterov * (g + momentum * m) + (1.0f - nesterov) * m;
        p -= update.learning_rate * direction;
        parameters[i] = p;
    }
}

void lockstep_update_sgd(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float momentum, int nesterov) {
    unsigned long before = lockstep_flush_subnormals();
    if (!moment)
        sgd_plain(parameters, gradients, begin, end, update);
    else
        sgd_momentum(parameters, gradients, moment, begin, end, update, momentum, nesterov ? 1.0f : 0.0f);
    lockstep_restore_subnormals(before);
}

LOCKSTEP_INLINE void adam_loop(
    float *restrict parameters, const float *restrict gradients, float *restrict first, float *restrict second,
    ptrdiff_t begin, ptrdiff_t end, lockstep_update update, lockstep_way way, float beta2, float new_share2,
    float epsilon, float step_size, float inverse_root, float keep) {
    EIGHT_AT_ONCE
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float m = between(first[i], g, way);
        float v = beta2 * second[i] + new_share2 * (g * g);
        first[i] = m;
        second[i] = v;
        float denominator = __builtin_elementwise_sqrt(v) * inverse_root + epsilon;
        p = keep * p - step_size * (m / denominator);
        parameters[i] = p;
    }
}

LOCKSTEP_CLONES
static void adam(
    float *restrict parameters, const float *restrict gradients, float *restrict first, float *restrict second,
    ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float new_share1, float beta2, float new_share2,
    float epsilon, float step_size, float inverse_root, float keep) {
    if (is_nearer_to_a(new_share1))
        adam_loop(parameters, gradients, first, second, begin, end, update, way_from_a(new_share1), beta2, new_share2,
            epsilon, step_size, inverse_root, keep);
    else
        adam_loop(parameters, gradients, first, second, begin, end, update, way_from_b(new_share1), beta2, new_share2,
            epsilon, step_size, inverse_root, keep);
}

void lockstep_update_adam(
    float *parameters, const float *gradients, float *first, float *second, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float new_share1, float beta2, float new_share2, float epsilon, float step_size, float inverse_root,
    float keep) {
    unsigned long before = lockstep_flush_subnormals();
    adam(parameters, gradients, first, second, begin, end, update, new_share1, beta2, new_share2, epsilon, step_size,
        inverse_root, keep);
    lockstep_restore_subnormals(before);
}

LOCKSTEP_INLINE void lion_loop(
    float *restrict parameters, const float *restrict gradients, float *restrict moment, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, lockstep_way direction, lockstep_way way, float keep) {
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float c = between(moment[i], g, direction);
        float sign = (float)(c > 0.0f) - (float)(c < 0.0f);
        // NaN has no sign, and has to stay visible.
        sign = c == c ? sign : c;
        moment[i] = between(moment[i], g, way);
        parameters[i] = keep * p - update.learning_rate * sign;
    }
}

LOCKSTEP_CLONES
static void lion(
    float *restrict parameters, const float *restrict gradients, float *restrict moment, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float new_share1, float new_share2, float keep) {
    lockstep_way direction = is_nearer_to_a(new_share1) ? way_from_a(new_share1) : way_from_b(new_share1);
    if (is_nearer_to_a(new_share2))
        lion_loop(parameters, gradients, moment, begin, end, update, direction, way_from_a(new_share2), keep);
    else
        lion_loop(parameters, gradients, moment, begin, end, update, direction, way_from_b(new_share2), keep);
}

void lockstep_update_lion(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float new_share1, float new_share2, float keep) {
    unsigned long before = lockstep_flush_subnormals();
    lion(parameters, gradients, moment, begin, end, update, new_share1, new_share2, keep);
    lockstep_restore_subnormals(before);
}

LOCKSTEP_CLONES
static void rmsprop_plain(
    float *restrict parameters, const float *restrict gradients, float *restrict square, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float alpha, float new_share, float epsilon) {
    EIGHT_AT_ONCE
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float v = alpha * square[i] + new_share * (g * g);
        square[i] = v;
        p -= update.learning_rate * (g / (__builtin_elementwise_sqrt(v) + epsilon));
        parameters[i] = p;
    }
}

LOCKSTEP_INLINE void rmsprop_loop(
    float *restrict parameters, const float *restrict gradients, float *restrict square, float *restrict moment,
    float *restrict mean, ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float alpha, float new_share,
    lockstep_way way, float epsilon, float momentum) {
    EIGHT_AT_ONCE
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float v = alpha * square[i] + new_share * (g * g);
        square[i] = v;
        float variance = v;
        if (mean) {
            float average = between(mean[i], g, way);
            mean[i] = average;
            variance = v - average * average;
            // Rounding may make it negative, and its square root NaN. NaN stays NaN.
            variance = variance < 0.0f ? 0.0f : variance;
        }
        float direction = g / (__builtin_elementwise_sqrt(variance) + epsilon);
        if (moment) {
            direction = momentum * moment[i] + direction;
            moment[i] = direction;
        }
        p -= update.learning_rate * direction;
        parameters[i] = p;
    }
}

LOCKSTEP_CLONES
static void rmsprop_full(
    float *restrict parameters, const float *restrict gradients, float *restrict square, float *restrict moment,
    float *restrict mean, ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float alpha, float new_share,
    float epsilon, float momentum) {
    if (is_nearer_to_a(new_share))
        rmsprop_loop(parameters, gradients, square, moment, mean, begin, end, update, alpha, new_share,
            way_from_a(new_share), epsilon, momentum);
    else
        rmsprop_loop(parameters, gradients, square, moment, mean, begin, end, update, alpha, new_share,
            way_from_b(new_share), epsilon, momentum);
}

void lockstep_update_rmsprop(
    float *parameters, const float *gradients, float *square, float *moment, float *mean, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float alpha, float new_share, float epsilon, float momentum) {
    unsigned long before = lockstep_flush_subnormals();
    if (!moment && !mean)
        rmsprop_plain(parameters, gradients, square, begin, end, update, alpha, new_share, epsilon);
    else
        rmsprop_full(
            parameters, gradients, square, moment, mean, begin, end, update, alpha, new_share, epsilon, momentum);
    lockstep_restore_subnormals(before);
}

LOCKSTEP_CLONES
static void adagrad(
    float *restrict parameters, const float *restrict gradients, float *restrict sum, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float square_share, float epsilon) {
    EIGHT_AT_ONCE
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float s = sum[i] + square_share * (g * g);
        sum[i] = s;
        p -= update.learning_rate * (g / (__builtin_elementwise_sqrt(s) + epsilon));
        parameters[i] = p;
    }
}

void lockstep_update_adagrad(
    float *parameters, const float *gradients, float *sum, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float square_share, float epsilon) {
    unsigned long before = lockstep_flush_subnormals();
    adagrad(parameters, gradients, sum, begin, end, update, square_share, epsilon);
    lockstep_restore_subnormals(before);
}
