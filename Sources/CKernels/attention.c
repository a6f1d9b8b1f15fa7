// Attention in float32.
#include "lockstep_clones.h"

typedef float number;
#define NUMBERS_PER_UNIT 1
#define ACCUMULATE(sums, a, b) __builtin_elementwise_fma((floats)(a), (floats)(b), sums)
#define stored(x) (x)
#define loaded(x) (x)
#include "lockstep_attention_inline.h"

// Sixteen vectors of sums need the 32 registers of AVX-512; four suit AVX2's 16 registers of half the length.
// The bits are the same.
enum { wide = 4, narrow = 1 };

ptrdiff_t lockstep_attention_rows(ptrdiff_t length) { return up_to(length, tile_rows); }
ptrdiff_t lockstep_attention_columns(ptrdiff_t length) { return up_to(length, lanes); }
ptrdiff_t lockstep_attention_forward_room(const lockstep_attention *a) { return forward_room(a); }
ptrdiff_t lockstep_attention_backward_room(const lockstep_attention *a) { return backward_room(a); }

double lockstep_attention_operations(const lockstep_attention *a) {
    double products = 0;
    for (ptrdiff_t query = 0; query < a->length; query++)
        products += (double)reach(query / tile_rows * tile_rows, a) * (double)a->dimension;
    // A product and a sum, in scores and in outputs.
    return 4 * products;
}

LOCKSTEP_CLONES
static void forward_narrow(
    float *y, float *p, const float *qkv, head place, unit *room, const lockstep_attention *a) {
    forward_head(narrow, y + place.y, p + place.p, qkv + place.qkv, qkv + place.keys, room, place.sample, a);
}

LOCKSTEP_CLONES
static void backward_narrow(float *dqkv, const float *dy, const float *p, const float *qkv, head place,
    ptrdiff_t number_in_group, unit *room, const lockstep_attention *a) {
    backward_head(narrow, dqkv, dy, p, qkv, place, number_in_group, room, a);
}

#if defined(__x86_64__)
// Without the width the compiler would use registers of half the length.
#define WIDE __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))

WIDE static void forward_wide(
    float *y, float *p, const float *qkv, head place, unit *room, const lockstep_attention *a) {
    forward_head(wide, y + place.y, p + place.p, qkv + place.qkv, qkv + place.keys, room, place.sample, a);
}

WIDE static void backward_wide(float *dqkv, const float *dy, const float *p, const float *qkv, head place,
    ptrdiff_t number_in_group, unit *room, const lockstep_attention *a) {
    backward_head(wide, dqkv, dy, p, qkv, place, number_in_group, room, a);
}

static int is_wide(void) { return __builtin_cpu_supports("x86-64-v4"); }
#else
#define forward_wide forward_narrow
#define backward_wide backward_narrow
static int is_wide(void) { return 0; }
#endif

void lockstep_attention_forward(float *y, float *probabilities, const float *qkv, uint32_t *room, ptrdiff_t first,
    ptrdiff_t end, const lockstep_attention *a) {
    for (ptrdiff_t i = first; i < end; i++) {
        (is_wide() ? forward_wide : forward_narrow)(y, probabilities, qkv, head_of(i, a), room, a);
    }
}

void lockstep_attention_backward(float *dqkv, const float *dy, const float *probabilities, const float *qkv,
    uint32_t *room, ptrdiff_t first, ptrdiff_t end, const lockstep_attention *a) {
    for (ptrdiff_t i = first; i < end; i++) {
        (is_wide() ? backward_wide : backward_narrow)(
            dqkv, dy, probabilities, qkv, head_of(i, a), i % group_of(a), room, a);
    }
}
