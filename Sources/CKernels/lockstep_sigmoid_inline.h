#pragma once
#include "lockstep_exp_inline.h"

#pragma clang fp contract(off)

/// 1 / (1 + e^-x), without a call, so that loops over it become vector code; accurate in both tails.
static inline __attribute__((always_inline)) float sigmoid_of(float x) {
    float e = exp_of(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/// tanh(x) to about two units in the last place. Source: the polynomial of Cephes' tanhf for |x| < 0.625.
static inline __attribute__((always_inline)) float tanh_of(float x) {
    float size = __builtin_elementwise_abs(x), square = x * x;
    float p = -5.70498872745e-3f;
    p = fused(p, square, 2.06390887954e-2f);
    p = fused(p, square, -5.37397155531e-2f);
    p = fused(p, square, 1.33314422036e-1f);
    p = fused(p, square, -3.33332819422e-1f);
    float small = fused(p * square, x, x);
    float e = exp_of(-2.0f * size);
    float large = (1.0f - e) / (1.0f + e);
    large = x < 0.0f ? -large : large;
    return size < 0.625f ? small : large;
}
