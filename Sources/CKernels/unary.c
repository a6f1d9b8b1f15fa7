#include "lockstep_unary.h"

#include <math.h>

#include "lockstep_clones.h"
#include "lockstep_log_inline.h"
#include "lockstep_number_inline.h"
#include "lockstep_sigmoid_inline.h"

#pragma clang fp contract(off)

// For each function f: its value at x, and dx from dy and s, which is x or, for some functions, y.

LOCKSTEP_INLINE float affine_value(float x, float a, float b) { return a * x + b; }
LOCKSTEP_INLINE float affine_slope(float dy, float s, float a, float b) { return dy * a; }

LOCKSTEP_INLINE float quotient_value(float x, float a, float b) { return x / a; }
LOCKSTEP_INLINE float quotient_slope(float dy, float s, float a, float b) { return dy / a; }

LOCKSTEP_INLINE float inverse_value(float x, float a, float b) { return a / x; }
LOCKSTEP_INLINE float inverse_slope(float dy, float s, float a, float b) { return -dy * (a / s / s); }

LOCKSTEP_INLINE float square_value(float x, float a, float b) { return x * x; }
LOCKSTEP_INLINE float square_slope(float dy, float s, float a, float b) { return 2.0f * s * dy; }

LOCKSTEP_INLINE float exp_value(float x, float a, float b) { return full_exp_of(x); }
LOCKSTEP_INLINE float exp_slope(float dy, float s, float a, float b) { return dy * s; }

LOCKSTEP_INLINE float log_value(float x, float a, float b) { return log_of(x); }
LOCKSTEP_INLINE float log_slope(float dy, float s, float a, float b) { return dy / s; }

LOCKSTEP_INLINE float sqrt_value(float x, float a, float b) { return __builtin_elementwise_sqrt(x); }
LOCKSTEP_INLINE float sqrt_slope(float dy, float s, float a, float b) { return dy / (2.0f * s); }

LOCKSTEP_INLINE float abs_value(float x, float a, float b) { return __builtin_elementwise_abs(x); }
LOCKSTEP_INLINE float abs_slope(float dy, float s, float a, float b) {
    float sign = s > 0.0f ? dy : (s < 0.0f ? -dy : 0.0f);
    return s == s ? sign : s;
}

LOCKSTEP_INLINE float power_value(float x, float a, float b) { return powf(x, a); }
LOCKSTEP_INLINE float power_slope(float dy, float s, float a, float b) {
    return a == 0.0f ? 0.0f : dy * (a * powf(s, a - 1.0f));
}

// Comparisons are written so that NaN stays NaN.
LOCKSTEP_INLINE float clamp_value(float x, float a, float b) {
    float y = x < a ? a : x;
    return y > b ? b : y;
}
LOCKSTEP_INLINE float clamp_slope(float dy, float s, float a, float b) {
    return (s < a || s > b) ? 0.0f : dy;
}

LOCKSTEP_INLINE float softplus_value(float x, float a, float b) { return softplus_of(a * x) / a; }
LOCKSTEP_INLINE float softplus_slope(float dy, float s, float a, float b) { return dy * sigmoid_of(a * s); }

LOCKSTEP_INLINE float silu_value(float x, float a, float b) {
    // -infinity times 0 is 0 here, as in the limit.
    float y = x * sigmoid_of(x);
    return x == -__builtin_inff() ? -0.0f : y;
}
LOCKSTEP_INLINE float silu_slope(float dy, float s, float a, float b) {
    float sigmoid = sigmoid_of(s);
    return dy * (sigmoid * (1.0f + s * (1.0f - sigmoid)));
}

#define KINDS(X)        \
    X(AFFINE, affine)   \
    X(QUOTIENT, quotient) \
    X(INVERSE, inverse) \
    X(SQUARE, square)   \
    X(EXP, exp)         \
    X(LOG, log)         \
    X(SQRT, sqrt)       \
    X(ABS, abs)         \
    X(POWER, power)     \
    X(CLAMP, clamp)     \
    X(SOFTPLUS, softplus) \
    X(SILU, silu)

#define LOOP(function, rounded, pointers, expression)                                                      \
    LOCKSTEP_CLONES static void function(pointers, ptrdiff_t count, float a, float b) {                    \
        for (ptrdiff_t i = 0; i < count; i++) put(to, i, rounded, expression);                             \
    }
#define COMMA ,
#define FORWARD void *restrict to COMMA const void *restrict x
#define BACKWARD void *restrict to COMMA const void *restrict dy COMMA const void *restrict s

#define LOOPS(KIND, name)                                                                                     \
    LOOP(name##_forward, 0, FORWARD, name##_value(number(x, i, 0), a, b))                                     \
    LOOP(name##_forward_rounded, 1, FORWARD, name##_value(number(x, i, 1), a, b))                             \
    LOOP(name##_backward, 0, BACKWARD, name##_slope(number(dy, i, 0), number(s, i, 0), a, b))                 \
    LOOP(name##_backward_rounded, 1, BACKWARD, name##_slope(number(dy, i, 1), number(s, i, 1), a, b))
KINDS(LOOPS)

void lockstep_unary_forward(
    lockstep_unary_kind kind, void *y, const void *x, ptrdiff_t count, float a, float b, int is_rounded) {
    switch (kind) {
#define CASE(KIND, name)        \
    case LOCKSTEP_UNARY_##KIND: \
        return is_rounded ? name##_forward_rounded(y, x, count, a, b) : name##_forward(y, x, count, a, b);
        KINDS(CASE)
#undef CASE
    }
}

void lockstep_unary_backward(
    lockstep_unary_kind kind, void *dx, const void *dy, const void *saved, ptrdiff_t count, float a, float b,
    int is_rounded) {
    switch (kind) {
#define CASE(KIND, name)                                                          \
    case LOCKSTEP_UNARY_##KIND:                                                   \
        return is_rounded ? name##_backward_rounded(dx, dy, saved, count, a, b) \
                          : name##_backward(dx, dy, saved, count, a, b);
        KINDS(CASE)
#undef CASE
    }
}

int lockstep_unary_saves_output(lockstep_unary_kind kind) {
    return kind == LOCKSTEP_UNARY_EXP || kind == LOCKSTEP_UNARY_SQRT;
}
