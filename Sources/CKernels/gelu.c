#include "lockstep_gelu.h"

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"
#include "lockstep_sigmoid_inline.h"

// Every clone must give the same bits: no operation is contracted.
#pragma clang fp contract(off)

#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

/// Beyond this distance from 0 the function is x or 0 and its derivative 1 or 0, to 1e-16. No product becomes
/// subnormal, which is slow.
static const float limit = 9.0f;

LOCKSTEP_INLINE float at_least_bottom(float x) { return x < -limit ? -limit : x; }

LOCKSTEP_INLINE float limited(float x) {
    x = at_least_bottom(x);
    return x > limit ? limit : x;
}

/// P(x), and the derivative of x P(x). The error function is Abramowitz and Stegun's 7.1.26, whose
/// exponential is also the one of the density.
LOCKSTEP_INLINE float by_error_function(float x, float *derivative) {
    float c = limited(x);
    float size = __builtin_elementwise_abs(c);
    float t = 1.0f / fused(0.3275911f * 0.70710678118654752f, size, 1.0f);
    float e = exp_of(-0.5f * (c * c));
    float p = 1.061405429f;
    p = fused(p, t, -1.453152027f);
    p = fused(p, t, 1.421413741f);
    p = fused(p, t, -0.284496736f);
    p = fused(p, t, 0.254829592f);
    float tail = 0.5f * (p * t * e);
    float share = c < 0.0f ? tail : 1.0f - tail;
    *derivative = fused(c, e * 0.39894228040143268f, share);
    return share;
}

LOCKSTEP_INLINE float by_hyperbolic_tangent(float x, float *derivative) {
    const float factor = 2.0f * 0.79788456080286536f;
    float c = limited(x);
    float square = c * c;
    float share = sigmoid_of(factor * (c + 0.044715f * (square * c)));
    *derivative = share + c * (share * (1.0f - share)) * (factor * (1.0f + 3.0f * 0.044715f * square));
    return share;
}

LOCKSTEP_INLINE void elements(
    void *y, void *derivative, const void *x, ptrdiff_t count, int is_rounded, int by_tanh) {
    if (derivative) {
        INDEPENDENT
        for (ptrdiff_t i = 0; i < count; i++) {
            float slope, argument = number(x, i, is_rounded);
            float share = by_tanh ? by_hyperbolic_tangent(argument, &slope) : by_error_function(argument, &slope);
            put(y, i, is_rounded, at_least_bottom(argument) * share);
            put(derivative, i, is_rounded, slope);
        }
        return;
    }
    INDEPENDENT
    for (ptrdiff_t i = 0; i < count; i++) {
        float slope, argument = number(x, i, is_rounded);
        float share = by_tanh ? by_hyperbolic_tangent(argument, &slope) : by_error_function(argument, &slope);
        put(y, i, is_rounded, at_least_bottom(argument) * share);
    }
}

LOCKSTEP_CLONES
static void gelu_erf(void *y, void *derivative, const void *x, ptrdiff_t count) {
    elements(y, derivative, x, count, 0, 0);
}

LOCKSTEP_CLONES
static void gelu_erf_rounded(void *y, void *derivative, const void *x, ptrdiff_t count) {
    elements(y, derivative, x, count, 1, 0);
}

LOCKSTEP_CLONES
static void gelu_tanh(void *y, void *derivative, const void *x, ptrdiff_t count) {
    elements(y, derivative, x, count, 0, 1);
}

LOCKSTEP_CLONES
static void gelu_tanh_rounded(void *y, void *derivative, const void *x, ptrdiff_t count) {
    elements(y, derivative, x, count, 1, 1);
}

void lockstep_gelu(void *y, void *derivative, const void *x, ptrdiff_t count, int is_rounded, int by_tanh) {
    if (by_tanh)
        (is_rounded ? gelu_tanh_rounded : gelu_tanh)(y, derivative, x, count);
    else
        (is_rounded ? gelu_erf_rounded : gelu_erf)(y, derivative, x, count);
}

LOCKSTEP_INLINE void products(void *y, const void *a, const void *b, ptrdiff_t count, int is_rounded) {
    INDEPENDENT
    for (ptrdiff_t i = 0; i < count; i++) put(y, i, is_rounded, number(a, i, is_rounded) * number(b, i, is_rounded));
}

LOCKSTEP_CLONES
static void multiply(void *y, const void *a, const void *b, ptrdiff_t count) { products(y, a, b, count, 0); }

LOCKSTEP_CLONES
static void multiply_rounded(void *y, const void *a, const void *b, ptrdiff_t count) { products(y, a, b, count, 1); }

void lockstep_multiply(void *y, const void *a, const void *b, ptrdiff_t count, int is_rounded) {
    (is_rounded ? multiply_rounded : multiply)(y, a, b, count);
}
