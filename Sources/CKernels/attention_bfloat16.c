// Attention in bfloat16: AVX-512 BF16 products, which add pairs in float32.
#include "lockstep_bfloat16_inline.h"
#include "lockstep_exp_inline.h"

typedef uint16_t number;
#define NUMBERS_PER_UNIT 2
#define stored lockstep_bfloat16_of
#define loaded lockstep_float_of

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"))), apply_to = function)
#define ACCUMULATE(sums, a, b) (floats)_mm512_dpbf16_ps((__m512)(sums), (__m512bh)(a), (__m512bh)(b))
#include "lockstep_attention_inline.h"

enum { wide = 4 };

ptrdiff_t lockstep_bfloat16_attention_forward_room(const lockstep_attention *a) { return forward_room(a); }
ptrdiff_t lockstep_bfloat16_attention_backward_room(const lockstep_attention *a) { return backward_room(a); }

void lockstep_bfloat16_attention_forward(uint16_t *y, uint16_t *probabilities, const uint16_t *qkv, uint32_t *room,
    ptrdiff_t first, ptrdiff_t end, const lockstep_attention *a) {
    for (ptrdiff_t i = first; i < end; i++) {
        head place = head_of(i, a);
        forward_head(wide, y + place.y, probabilities + place.p, qkv + place.qkv, qkv + place.keys, room,
            place.sample, a);
    }
}

void lockstep_bfloat16_attention_backward(uint16_t *dqkv, const uint16_t *dy, const uint16_t *probabilities,
    const uint16_t *qkv, uint32_t *room, ptrdiff_t first, ptrdiff_t end, const lockstep_attention *a) {
    for (ptrdiff_t i = first; i < end; i++) {
        backward_head(wide, dqkv, dy, probabilities, qkv, head_of(i, a), i % group_of(a), room, a);
    }
}
#pragma clang attribute pop
#endif
