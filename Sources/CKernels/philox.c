#include "lockstep_philox.h"

#include "lockstep_bfloat16_inline.h"
#include "lockstep_clones.h"
#include "lockstep_log_inline.h"

#pragma clang fp contract(off)

/// One block, its rounds unrolled, so that the compiler turns a loop over blocks into one vector lane per
/// block.
static inline __attribute__((always_inline)) void block(
    uint64_t key, uint64_t stream, uint64_t index, uint32_t *word0, uint32_t *word1, uint32_t *word2,
    uint32_t *word3) {
    uint32_t a = (uint32_t)index, b = (uint32_t)(index >> 32);
    uint32_t c = (uint32_t)stream, d = (uint32_t)(stream >> 32);
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        uint64_t first = (uint64_t)a * 0xD2511F53u;
        uint64_t second = (uint64_t)c * 0xCD9E8D57u;
        a = (uint32_t)(second >> 32) ^ b ^ low;
        b = (uint32_t)second;
        c = (uint32_t)(first >> 32) ^ d ^ high;
        d = (uint32_t)first;
        low += 0x9E3779B9u;
        high += 0xBB67AE85u;
    }
    *word0 = a;
    *word1 = b;
    *word2 = c;
    *word3 = d;
}

void lockstep_philox(uint64_t key, uint64_t stream, uint64_t index, uint32_t words[4]) {
    block(key, stream, index, &words[0], &words[1], &words[2], &words[3]);
}

static uint32_t element(uint64_t key, uint64_t stream, uint64_t index) {
    uint32_t words[4];
    lockstep_philox(key, stream, index / 4, words);
    return words[index % 4];
}

static inline float uniform(uint32_t word) { return (float)(int32_t)(word >> 8) * 0x1p-24f; }

LOCKSTEP_CLONES
static void uniform_blocks(
    float *restrict values, ptrdiff_t blocks, uint64_t key, uint64_t stream, uint64_t first) {
    for (ptrdiff_t i = 0; i < blocks; i++) {
        uint32_t a, b, c, d;
        block(key, stream, first + (uint64_t)i, &a, &b, &c, &d);
        values[4 * i] = uniform(a);
        values[4 * i + 1] = uniform(b);
        values[4 * i + 2] = uniform(c);
        values[4 * i + 3] = uniform(d);
    }
}

void lockstep_philox_uniform(float *values, ptrdiff_t count, uint64_t key, uint64_t stream, uint64_t first) {
    ptrdiff_t i = 0;
    for (; i < count && (first + (uint64_t)i) % 4; i++) values[i] = uniform(element(key, stream, first + (uint64_t)i));
    ptrdiff_t blocks = (count - i) / 4;
    uniform_blocks(values + i, blocks, key, stream, (first + (uint64_t)i) / 4);
    for (i += 4 * blocks; i < count; i++) values[i] = uniform(element(key, stream, first + (uint64_t)i));
}

/// x - x is 0 for a finite x and NaN otherwise, as a product with the mask would be.
static inline float chosen(float x, uint32_t word, uint32_t threshold, float scale) {
    return word < threshold ? x * scale : x - x;
}

LOCKSTEP_CLONES
static void dropout_blocks(
    float *y, const float *x, ptrdiff_t blocks, uint64_t key, uint64_t stream, uint32_t threshold, float scale) {
    for (ptrdiff_t i = 0; i < blocks; i++) {
        uint32_t a, b, c, d;
        block(key, stream, (uint64_t)i, &a, &b, &c, &d);
        y[4 * i] = chosen(x[4 * i], a, threshold, scale);
        y[4 * i + 1] = chosen(x[4 * i + 1], b, threshold, scale);
        y[4 * i + 2] = chosen(x[4 * i + 2], c, threshold, scale);
        y[4 * i + 3] = chosen(x[4 * i + 3], d, threshold, scale);
    }
}

void lockstep_dropout(
    float *y, const float *x, ptrdiff_t count, uint64_t key, uint64_t stream, uint32_t threshold, float scale) {
    ptrdiff_t blocks = count / 4;
    dropout_blocks(y, x, blocks, key, stream, threshold, scale);
    for (ptrdiff_t i = 4 * blocks; i < count; i++)
        y[i] = chosen(x[i], element(key, stream, (uint64_t)i), threshold, scale);
}

static inline uint16_t chosen_bfloat16(uint16_t x, uint32_t word, uint32_t threshold, float scale) {
    return lockstep_bfloat16_of(chosen(lockstep_float_of(x), word, threshold, scale));
}

LOCKSTEP_CLONES
static void dropout_blocks_bfloat16(
    uint16_t *y, const uint16_t *x, ptrdiff_t blocks, uint64_t key, uint64_t stream, uint32_t threshold, float scale) {
    for (ptrdiff_t i = 0; i < blocks; i++) {
        uint32_t a, b, c, d;
        block(key, stream, (uint64_t)i, &a, &b, &c, &d);
        y[4 * i] = chosen_bfloat16(x[4 * i], a, threshold, scale);
        y[4 * i + 1] = chosen_bfloat16(x[4 * i + 1], b, threshold, scale);
        y[4 * i + 2] = chosen_bfloat16(x[4 * i + 2], c, threshold, scale);
        y[4 * i + 3] = chosen_bfloat16(x[4 * i + 3], d, threshold, scale);
    }
}

void lockstep_dropout_bfloat16(
    uint16_t *y, const uint16_t *x, ptrdiff_t count, uint64_t key, uint64_t stream, uint32_t threshold, float scale) {
    ptrdiff_t blocks = count / 4;
    dropout_blocks_bfloat16(y, x, blocks, key, stream, threshold, scale);
    for (ptrdiff_t i = 4 * blocks; i < count; i++)
        y[i] = chosen_bfloat16(x[i], element(key, stream, (uint64_t)i), threshold, scale);
}

/// radius (cos, sin) of 2 pi times a turn in [0, 1). Source: the polynomials of Cephes' sinf and cosf.
static inline __attribute__((always_inline)) void polar(float radius, uint32_t turn, float *x, float *y) {
    // The nearest quarter turn, and the angle from it, in [-pi / 4, pi / 4].
    uint32_t quarter = (turn + 0x20000000u) >> 30;
    int32_t rest = (int32_t)(turn - (quarter << 30));
    float angle = (float)rest * 1.46291807926715968e-9f, square = angle * angle;
    float sine = fused(fused(-1.9515295891e-4f, square, 8.3321608736e-3f), square, -1.6666654611e-1f);
    sine = fused(sine * square, angle, angle);
    float cosine = fused(fused(2.443315711809948e-5f, square, -1.388731625493765e-3f), square, 4.166664568298827e-2f);
    cosine = fused(cosine * square, square, fused(square, -0.5f, 1.0f));
    float c = quarter & 1 ? sine : cosine, s = quarter & 1 ? cosine : sine;
    // Quarters 1 and 2 have a negative cosine, 2 and 3 a negative sine.
    *x = radius * ((quarter + 1) & 2 ? -c : c);
    *y = radius * (quarter & 2 ? -s : s);
}

static inline __attribute__((always_inline)) void pair(uint32_t size, uint32_t turn, float *x, float *y) {
    float uniform = ((float)size + 0.5f) * 0x1p-32f;
    polar(__builtin_elementwise_sqrt(-2.0f * log_of(uniform < 1.0f ? uniform : 1.0f)), turn, x, y);
}

LOCKSTEP_CLONES
static void normal_blocks(float *restrict values, ptrdiff_t blocks, uint64_t key, uint64_t stream, uint64_t first) {
    for (ptrdiff_t i = 0; i < blocks; i++) {
        uint32_t a, b, c, d;
        block(key, stream, first + (uint64_t)i, &a, &b, &c, &d);
        pair(a, b, &values[4 * i], &values[4 * i + 1]);
        pair(c, d, &values[4 * i + 2], &values[4 * i + 3]);
    }
}

void lockstep_philox_normal(float *values, ptrdiff_t count, uint64_t key, uint64_t stream) {
    ptrdiff_t blocks = count / 4;
    normal_blocks(values, blocks, key, stream, 0);
    if (count % 4 == 0) return;
    float rest[4];
    normal_blocks(rest, 1, key, stream, (uint64_t)blocks);
    for (ptrdiff_t i = 4 * blocks; i < count; i++) values[i] = rest[i - 4 * blocks];
}
