#pragma once
#include <stddef.h>

/// The extents of attention with cached keys and values, of one sequence: H heads of D numbers, K heads of
/// keys and values, each of which serves H / K heads.
typedef struct {
    ptrdiff_t heads, key_heads;  ///< H, K
    ptrdiff_t dimension;         ///< D
    ptrdiff_t capacity;          ///< the steps that the caches have room for; a multiple of 16
    ptrdiff_t past;              ///< the steps in the caches
    ptrdiff_t steps;             ///< the steps to add
    float scale;                 ///< the factor of the scores
} lockstep_cached_attention_extents;

/// Adds the keys and values of further steps to the caches, and computes the attention of each of these steps to
/// itself and all earlier ones.
///
/// qkv [steps, H + 2 K, D] and y [steps, H, D] are float32, or bfloat16 where `is_rounded`; keys [K, D, capacity] and
/// values [K, capacity, D] are float32. In float32 the bits are those of `lockstep_attention_forward`.
/// - room: capacity + D numbers.
void lockstep_cached_attention(void *y, const void *qkv, float *keys, float *values, float *room,
    const lockstep_cached_attention_extents *extents, int is_rounded);
