#include "lockstep_philox.h"

#include "lockstep_clones.h"

#pragma clang fp contract(off)

enum { lanes = 16 };

/// `lanes` consecutive blocks from `index` on, word by word: words[w][lane].
static inline __attribute__((always_inline)) void blocks(
    uint64_t key, uint64_t stream, uint64_t index, uint32_t words[4][lanes]) {
    uint32_t c0[lanes], c1[lanes], c2[lanes], c3[lanes];
    for (int i = 0; i < lanes; i++) {
        c0[i] = (uint32_t)(index + (uint64_t)i);
        c1[i] = (uint32_t)((index + (uint64_t)i) >> 32);
        c2[i] = (uint32_t)stream;
        c3[i] = (uint32_t)(stream >> 32);
    }
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < lanes; i++) {
            uint64_t a = (uint64_t)c0[i] * 0xD2511F53u;
            uint64_t b = (uint64_t)c2[i] * 0xCD9E8D57u;
            uint32_t n0 = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
            uint32_t n2 = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
            c0[i] = n0;
            c1[i] = (uint32_t)b;
            c2[i] = n2;
            c3[i] = (uint32_t)a;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < lanes; i++) {
        words[0][i] = c0[i];
        words[1][i] = c1[i];
        words[2][i] = c2[i];
        words[3][i] = c3[i];
    }
}

LOCKSTEP_CLONES
void lockstep_philox(uint64_t key, uint64_t stream, uint64_t index, uint32_t words[4]) {
    uint32_t all[4][lanes];
    blocks(key, stream, index, all);
    for (int word = 0; word < 4; word++) words[word] = all[word][0];
}

LOCKSTEP_CLONES
void lockstep_dropout(
    float *y, const float *x, ptrdiff_t count, uint64_t key, uint64_t stream, uint32_t threshold, float scale) {
    uint32_t words[4][lanes];
    for (ptrdiff_t start = 0; start < count; start += 4 * lanes) {
        blocks(key, stream, (uint64_t)start / 4, words);
        ptrdiff_t size = count - start < 4 * lanes ? count - start : 4 * lanes;
        for (ptrdiff_t i = 0; i < size; i++) {
            y[start + i] = words[i % 4][i / 4] < threshold ? x[start + i] * scale : 0.0f;
        }
    }
}
