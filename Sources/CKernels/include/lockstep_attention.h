#pragma once
#include <stddef.h>
#include <stdint.h>

/// Attention of N samples with H heads of D numbers over L steps; a step has E = H x D numbers. Keys and values have
/// K heads, each of which serves H / K heads of queries.
///
/// qkv and its gradient [N, L, E + 2 K D] have a step's queries, keys and values in sequence, y and its gradient
/// [N, L, E]. The probabilities have a matrix for each sample and head, of `lockstep_attention_rows` rows
/// (queries) with `lockstep_attention_columns` columns (keys); masked elements and those beyond L are
/// undefined.
typedef struct {
    ptrdiff_t heads, key_heads;          ///< H, K; K divides H
    ptrdiff_t length, dimension;         ///< L, D
    float scale;                         ///< what the scores are multiplied with
    int is_causal;                       ///< whether query i sees keys 0 ... i only
    const int32_t *lengths;              ///< per sample how many keys count, or NULL: all
} lockstep_attention;

/// L rounded up to whole tiles of queries.
ptrdiff_t lockstep_attention_rows(ptrdiff_t length);
/// L rounded up to whole vectors of keys.
ptrdiff_t lockstep_attention_columns(ptrdiff_t length);

/// y = softmax(scale q k^T) v, and the probabilities, for matrices `first` to `end` of N x H, multiples of H / K. A
/// query without keys gets zeros.
/// - room: `lockstep_attention_forward_room` units of 32 bits that no other thread uses.
void lockstep_attention_forward(float *y, float *probabilities, const float *qkv, uint32_t *room, ptrdiff_t first,
    ptrdiff_t end, const lockstep_attention *parameters);
/// dqkv from dy, the probabilities and qkv.
void lockstep_attention_backward(float *dqkv, const float *dy, const float *probabilities, const float *qkv,
    uint32_t *room, ptrdiff_t first, ptrdiff_t end, const lockstep_attention *parameters);
ptrdiff_t lockstep_attention_forward_room(const lockstep_attention *parameters);
ptrdiff_t lockstep_attention_backward_room(const lockstep_attention *parameters);

/// The same in bfloat16, with sums, scores and softmax in float32. The processor must have AVX-512 BF16.
void lockstep_bfloat16_attention_forward(uint16_t *y, uint16_t *probabilities, const uint16_t *qkv, uint32_t *room,
    ptrdiff_t first, ptrdiff_t end, const lockstep_attention *parameters);
void lockstep_bfloat16_attention_backward(uint16_t *dqkv, const uint16_t *dy, const uint16_t *probabilities,
    const uint16_t *qkv, uint32_t *room, ptrdiff_t first, ptrdiff_t end, const lockstep_attention *parameters);
ptrdiff_t lockstep_bfloat16_attention_forward_room(const lockstep_attention *parameters);
ptrdiff_t lockstep_bfloat16_attention_backward_room(const lockstep_attention *parameters);

/// The floating-point operations of one matrix's products in forward; backward has twice as many.
double lockstep_attention_operations(const lockstep_attention *parameters);
