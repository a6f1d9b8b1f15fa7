#pragma once
#include <stddef.h>

/// Functions of one number, with up to two constants a and b.
typedef enum {
    LOCKSTEP_UNARY_AFFINE,    ///< a x + b
    LOCKSTEP_UNARY_QUOTIENT,  ///< x / a
    LOCKSTEP_UNARY_INVERSE,   ///< a / x
    LOCKSTEP_UNARY_SQUARE,    ///< x^2
    LOCKSTEP_UNARY_EXP,       ///< e^x
    LOCKSTEP_UNARY_LOG,       ///< the natural logarithm
    LOCKSTEP_UNARY_SQRT,      ///< the square root
    LOCKSTEP_UNARY_ABS,       ///< |x|; its slope at 0 is 0
    LOCKSTEP_UNARY_POWER,     ///< x^a
    LOCKSTEP_UNARY_CLAMP,     ///< x cut to [a, b]; the slope is 1 on the borders
    LOCKSTEP_UNARY_SOFTPLUS,  ///< log(1 + e^(a x)) / a
    LOCKSTEP_UNARY_SILU,      ///< x / (1 + e^-x)
} lockstep_unary_kind;

/// y[i] = f(x[i]) for i in 0 ..< count; float32, or bfloat16 where `is_rounded` is not 0. NaN gives NaN.
void lockstep_unary_forward(
    lockstep_unary_kind kind, void *y, const void *x, ptrdiff_t count, float a, float b, int is_rounded);

/// dx[i] = dy[i] f'(x[i]). `saved` is y where `lockstep_unary_saves_output` is not 0, else x.
void lockstep_unary_backward(
    lockstep_unary_kind kind, void *dx, const void *dy, const void *saved, ptrdiff_t count, float a, float b,
    int is_rounded);

/// Whether backward reads the output instead of the input.
int lockstep_unary_saves_output(lockstep_unary_kind kind);
