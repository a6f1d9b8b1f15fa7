#include "lockstep_clones.h"
#include "lockstep_prepared_inline.h"
#include "lockstep_subnormal_inline.h"
#include "lockstep_updates.h"

// Updates that need norms of whole parameters: a first pass sums squares, a second one updates.

// Every clone must give the same bits: no operation is contracted, and sums have fixed lanes.
#pragma clang fp contract(off)

enum { lanes = 16 };

static inline double folded(double *sums) {
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

LOCKSTEP_CLONES
static lockstep_layer_squares lars_squares(
    const float *restrict parameters, const float *restrict gradients, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update) {
    double weights[lanes] = {0}, directions[lanes] = {0};
    for (ptrdiff_t i = begin; i < end; i += lanes) {
        int count = end - i < lanes ? (int)(end - i) : lanes;
        for (int lane = 0; lane < count; lane++) {
            float p = parameters[i + lane];
            float g = prepared(gradients[i + lane], p, update);
            weights[lane] += (double)p * (double)p;
            directions[lane] += (double)g * (double)g;
        }
    }
    return (lockstep_layer_squares){folded(weights), folded(directions)};
}

lockstep_layer_squares lockstep_lars_squares(
    const float *parameters, const float *gradients, ptrdiff_t begin, ptrdiff_t end, lockstep_update update) {
    unsigned long before = lockstep_flush_subnormals();
    lockstep_layer_squares squares = lars_squares(parameters, gradients, begin, end, update);
    lockstep_restore_subnormals(before);
    return squares;
}

LOCKSTEP_CLONES
static void lars(
    float *restrict parameters, const float *restrict gradients, float *restrict moment, ptrdiff_t begin,
    ptrdiff_t end, lockstep_update update, float ratio, float momentum) {
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        float m = ratio * prepared(gradients[i], p, update);
        if (moment) {
            m = momentum * moment[i] + m;
            moment[i] = m;
        }
        parameters[i] = p - update.learning_rate * m;
    }
}

void lockstep_update_lars(
    float *parameters, const float *gradients, float *moment, ptrdiff_t begin, ptrdiff_t end, lockstep_update update,
    float ratio, float momentum) {
    unsigned long before = lockstep_flush_subnormals();
    lars(parameters, gradients, moment, begin, end, update, ratio, momentum);
    lockstep_restore_subnormals(before);
}

// The same bits in both passes: nothing of the direction is kept between them.
static inline float lamb_direction(float p, float m, float v, lockstep_lamb_direction direction) {
    float denominator = __builtin_elementwise_sqrt(v) * direction.inverse_root + direction.epsilon;
    return direction.correction * m / denominator + direction.decay * p;
}

LOCKSTEP_INLINE lockstep_layer_squares lamb_loop(
    const float *restrict parameters, const float *restrict gradients, float *restrict first, float *restrict second,
    ptrdiff_t begin, ptrdiff_t end, lockstep_update update, lockstep_way way, float beta2, float new_share2,
    lockstep_lamb_direction direction) {
    double weights[lanes] = {0}, directions[lanes] = {0};
    for (ptrdiff_t i = begin; i < end; i += lanes) {
        int count = end - i < lanes ? (int)(end - i) : lanes;
        for (int lane = 0; lane < count; lane++) {
            float p = parameters[i + lane];
            float g = prepared(gradients[i + lane], p, update);
            float m = between(first[i + lane], g, way);
            float v = beta2 * second[i + lane] + new_share2 * (g * g);
            first[i + lane] = m;
            second[i + lane] = v;
            float u = lamb_direction(p, m, v, direction);
            weights[lane] += (double)p * (double)p;
            directions[lane] += (double)u * (double)u;
        }
    }
    return (lockstep_layer_squares){folded(weights), folded(directions)};
}

LOCKSTEP_CLONES
static lockstep_layer_squares lamb_squares(
    const float *restrict parameters, const float *restrict gradients, float *restrict first, float *restrict second,
    ptrdiff_t begin, ptrdiff_t end, lockstep_update update, float new_share1, float beta2, float new_share2,
    lockstep_lamb_direction direction) {
    if (is_nearer_to_a(new_share1))
        return lamb_loop(parameters, gradients, first, second, begin, end, update, way_from_a(new_share1), beta2,
            new_share2, direction);
    return lamb_loop(parameters, gradients, first, second, begin, end, update, way_from_b(new_share1), beta2,
        new_share2, direction);
}

lockstep_layer_squares lockstep_lamb_squares(
    const float *parameters, const float *gradients, float *first, float *second, ptrdiff_t begin, ptrdiff_t end,
    lockstep_update update, float new_share1, float beta2, float new_share2, lockstep_lamb_direction direction) {
    unsigned long before = lockstep_flush_subnormals();
    lockstep_layer_squares squares = lamb_squares(
        parameters, gradients, first, second, begin, end, update, new_share1, beta2, new_share2, direction);
    lockstep_restore_subnormals(before);
    return squares;
}

LOCKSTEP_CLONES
static void lamb(
    float *restrict parameters, const float *restrict first, const float *restrict second, ptrdiff_t begin,
    ptrdiff_t end, float step, lockstep_lamb_direction direction) {
    for (ptrdiff_t i = begin; i < end; i++) {
        float p = parameters[i];
        parameters[i] = p - step * lamb_direction(p, first[i], second[i], direction);
    }
}

void lockstep_update_lamb(
    float *parameters, const float *first, const float *second, ptrdiff_t begin, ptrdiff_t end, float step,
    lockstep_lamb_direction direction) {
    unsigned long before = lockstep_flush_subnormals();
    lamb(parameters, first, second, begin, end, step, direction);
    lockstep_restore_subnormals(before);
}
