// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel
// 2009: four lanes of 128 bits are folded 512 bits further at a time, then into one, then reduced (Barrett).
// Bits are reflected.
#include "lockstep_crc32.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

/// Shifts 128 bits by the distance of the two factors, onto `next`.
FOLDING static inline __m128i fold(__m128i value, __m128i factors, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(value, factors, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// `count` is a multiple of 64, and not 0. `state` is the complement of the checksum.
FOLDING static uint32_t fold_all(uint32_t state, const __m128i *bytes, size_t count) {
    // x^(512+32) and x^(512-32), then x^(128+32) and x^(128-32), then x^64, all modulo the polynomial.
    const __m128i by_512 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    const __m128i by_128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i by_64 = _mm_set_epi64x(0, 0x0163cd6124);
    // The polynomial, and the quotient of x^64 by it.
    const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
    const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
    __m128i lanes[4];
    for (int lane = 0; lane < 4; lane++) lanes[lane] = _mm_loadu_si128(bytes + lane);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)state));
    for (size_t place = 4; place < count / 16; place += 4) {
        for (int lane = 0; lane < 4; lane++) {
            lanes[lane] = fold(lanes[lane], by_512, _mm_loadu_si128(bytes + place + lane));
        }
    }
    __m128i value = lanes[0];
    for (int lane = 1; lane < 4; lane++) value = fold(value, by_128, lanes[lane]);
    // From 128 to 64 bits, and from there to 32.
    value = _mm_xor_si128(_mm_clmulepi64_si128(value, by_128, 0x10), _mm_srli_si128(value, 8));
    __m128i upper = _mm_srli_si128(value, 4);
    value = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(value, low_words), by_64, 0x00), upper);
    __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(value, low_words), barrett, 0x10);
    __m128i product = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(value, product), 1);
}

size_t lockstep_crc32_extend(uint32_t *crc, const void *bytes, size_t count) {
    size_t whole = count & ~(size_t)63;
    if (whole == 0 || !__builtin_cpu_supports("pclmul")) return 0;
    *crc = ~fold_all(~*crc, bytes, whole);
    return whole;
}
#else
size_t lockstep_crc32_extend(uint32_t *crc, const void *bytes, size_t count) {
    (void)crc, (void)bytes, (void)count;
    return 0;
}
#endif
