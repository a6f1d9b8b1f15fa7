#pragma once
#include <stdint.h>

// Every clone must give the same bits, also for functions defined before the including file sets this.
#pragma clang fp contract(off)

/// a b + c, rounded once, in every clone.
static inline __attribute__((always_inline)) float fused(float a, float b, float c) {
    return __builtin_elementwise_fma(a, b, c);
}

/// e^x for x <= 0 to about one unit in the last place, without a call, so that loops over it become vector
/// code. Source: the polynomial of Cephes' expf.
static inline __attribute__((always_inline)) float exp_of(float x) {
    x = x < -87.0f ? -87.0f : x;
    float n = __builtin_elementwise_floor(fused(x, 1.44269504088896341f, 0.5f));
    float r = fused(n, -0.693359375f, x);
    r = fused(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fused(p, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    p = fused(p, r * r, r) + 1.0f;
    union {
        int32_t bits;
        float value;
    } scale = {.bits = ((int32_t)n + 127) << 23};
    return p * scale.value;
}
