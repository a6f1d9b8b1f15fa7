#include "lockstep_updates.h"

#include "lockstep_clones.h"

// Every clone must give the same bits: no operation is contracted, and sums of hashes are exact modulo 2^64.
#pragma clang fp contract(off)

static inline float prepared(float gradient, float parameter, lockstep_update update) {
    float g = gradient * update.scale * update.clip_coefficient;
    g = g > update.clip_value ? update.clip_value : g;
    g = g < -update.clip_value ? -update.clip_value : g;
    float sign = (float)(parameter > 0.0f) - (float)(parameter < 0.0f);
    return g + (update.l2 * parameter + update.l1 * sign);
}

static inline uint64_t hash_of(float parameter, ptrdiff_t index) {
    uint32_t bits;
    __builtin_memcpy(&bits, &parameter, sizeof bits);
    return (uint64_t)(bits ^ 0x9E3779B9u) * (2u * (uint64_t)index * 0x9E3779B97F4A7C15u + 1u);
}

LOCKSTEP_CLONES
uint64_t lockstep_parameter_hash(const float *parameters, ptrdiff_t begin, ptrdiff_t end) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) hash += hash_of(parameters[i], i);
    return hash;
}

LOCKSTEP_CLONES
static uint64_t sgd_plain(
    float *restrict parameters, const float *restrict gradients, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        p -= update.learning_rate * prepared(gradients[i], p, update);
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}

LOCKSTEP_CLONES
static uint64_t sgd_momentum(
    float *restrict parameters, const float *restrict gradients, float *restrict moment, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float momentum, float nesterov) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float m = momentum * moment[i] + g;
        moment[i] = m;
        // nesterov is 0 or 1: the direction is m, or g + momentum m.
        float direction = nesterov * (g + momentum * m) + (1.0f - nesterov) * m;
        p -= update.learning_rate * direction;
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}

uint64_t lockstep_update_sgd(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float momentum, int nesterov) {
    if (!moment) return sgd_plain(parameters, gradients, begin, end, update);
    return sgd_momentum(parameters, gradients, moment, begin, end, update, momentum, nesterov ? 1.0f : 0.0f);
}

LOCKSTEP_CLONES
uint64_t lockstep_update_adam(
    float *restrict parameters, const float *restrict gradients, float *restrict first, float *restrict second,
    ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float new_share1, float beta2, float new_share2,
    float epsilon, float step_size, float root, float keep) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float m = first[i] + new_share1 * (g - first[i]);
        float v = beta2 * second[i] + new_share2 * (g * g);
        first[i] = m;
        second[i] = v;
        float denominator = __builtin_elementwise_sqrt(v) / root + epsilon;
        p = keep * p - step_size * (m / denominator);
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}

LOCKSTEP_CLONES
static uint64_t rmsprop_plain(
    float *restrict parameters, const float *restrict gradients, float *restrict square, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float alpha, float new_share, float epsilon) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float v = alpha * square[i] + new_share * (g * g);
        square[i] = v;
        p -= update.learning_rate * (g / (__builtin_elementwise_sqrt(v) + epsilon));
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}

LOCKSTEP_CLONES
static uint64_t rmsprop_full(
    float *restrict parameters, const float *restrict gradients, float *restrict square, float *restrict moment,
    float *restrict mean, ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float alpha, float new_share,
    float epsilon, float momentum) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float v = alpha * square[i] + new_share * (g * g);
        square[i] = v;
        float variance = v;
        if (mean) {
            float average = mean[i] + new_share * (g - mean[i]);
            mean[i] = average;
            variance = v - average * average;
        }
        float direction = g / (__builtin_elementwise_sqrt(variance) + epsilon);
        if (moment) {
            direction = momentum * moment[i] + direction;
            moment[i] = direction;
        }
        p -= update.learning_rate * direction;
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}

uint64_t lockstep_update_rmsprop(
    float *parameters, const float *gradients, float *square, float *moment, float *mean, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float alpha, float new_share, float epsilon, float momentum) {
    if (!moment && !mean) {
        return rmsprop_plain(parameters, gradients, square, begin, end, update, alpha, new_share, epsilon);
    }
    return rmsprop_full(
        parameters, gradients, square, moment, mean, begin, end, update, alpha, new_share, epsilon, momentum);
}

LOCKSTEP_CLONES
uint64_t lockstep_update_adagrad(
    float *restrict parameters, const float *restrict gradients, float *restrict sum, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float epsilon) {
    uint64_t hash = 0;
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float g = prepared(gradients[i], p, update);
        float s = sum[i] + g * g;
        sum[i] = s;
        p -= update.learning_rate * (g / (__builtin_elementwise_sqrt(s) + epsilon));
        parameters[i] = p;
        hash += hash_of(p, i);
    }
    return hash;
}
