#pragma once
#include <stdint.h>

#include "lockstep_exp_inline.h"

#pragma clang fp contract(off)

/// e^x for every x to about one unit in the last place: infinity above 88.72, subnormal below -87.3, zero
/// below -104; NaN stays NaN.
static inline __attribute__((always_inline)) float full_exp_of(float x) {
    float bounded = x > 90.0f ? 90.0f : x;
    bounded = bounded < -105.0f ? -105.0f : bounded;
    float n = __builtin_elementwise_floor(fused(bounded, 1.44269504088896341f, 0.5f));
    float r = fused(n, -0.693359375f, bounded);
    r = fused(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fused(p, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    p = fused(p, r * r, r) + 1.0f;
    // Two factors: a single one cannot reach below 2^-126 or above 2^127.
    int32_t exponent = x == x ? (int32_t)n : 0, half = exponent >> 1;
    union {
        int32_t bits;
        float value;
    } first = {.bits = (half + 127) << 23}, second = {.bits = (exponent - half + 127) << 23};
    return p * first.value * second.value;
}

/// The natural logarithm to about one unit in the last place: -infinity of 0, NaN of negative numbers and of
/// NaN. Source: the polynomial of Cephes' logf.
static inline __attribute__((always_inline)) float log_of(float x) {
    int is_small = x < 0x1p-126f;
    union {
        float value;
        int32_t bits;
    } parts = {.value = is_small ? x * 0x1p23f : x};
    int32_t exponent = ((parts.bits >> 23) & 0xFF) - 126 - (is_small ? 23 : 0);
    parts.bits = (parts.bits & 0x007FFFFF) | 0x3F000000;
    float m = parts.value;
    int is_low = m < 0.707106781186547524f;
    float n = (float)(exponent - is_low);
    m = (is_low ? m + m : m) - 1.0f;
    float square = m * m;
    float p = 7.0376836292e-2f;
    p = fused(p, m, -1.1514610310e-1f);
    p = fused(p, m, 1.1676998740e-1f);
    p = fused(p, m, -1.2420140846e-1f);
    p = fused(p, m, 1.4249322787e-1f);
    p = fused(p, m, -1.6668057665e-1f);
    p = fused(p, m, 2.0000714765e-1f);
    p = fused(p, m, -2.4999993993e-1f);
    p = fused(p, m, 3.3333331174e-1f);
    float y = p * m * square;
    y = fused(n, -2.12194440e-4f, y);
    y = fused(square, -0.5f, y);
    float result = fused(n, 0.693359375f, m + y);
    result = x == __builtin_inff() ? x : result;
    result = x == 0.0f ? -__builtin_inff() : result;
    return x >= 0.0f ? result : __builtin_nanf("");
}

/// log(1 + e^x), which neither overflows nor loses small results.
static inline __attribute__((always_inline)) float softplus_of(float x) {
    float e = full_exp_of(x < 0.0f ? x : -x);
    float sum = 1.0f + e, rounding = sum - 1.0f;
    // The logarithm of the rounded sum, corrected for what rounding lost.
    float small = rounding == 0.0f ? e : log_of(sum) * (e / rounding);
    return (x < 0.0f ? 0.0f : x) + small;
}
