#pragma once
#include <stddef.h>
#include <stdint.h>

/// The largest number of dimensions.
enum { lockstep_rank = 6 };

/// How the elements of a dense result are computed from two operands, which are repeated along dimensions
/// where their extent is 1. Adjacent dimensions with the same pattern in both operands are merged; the
/// innermost strides are 0 or 1.
typedef struct {
    int rank;  ///< at least 1
    ptrdiff_t extents[lockstep_rank];
    ptrdiff_t strides_a[lockstep_rank];
    ptrdiff_t strides_b[lockstep_rank];
} lockstep_broadcast;

/// The plan for a result of `rank` extents. The operands' extents are aligned with the last ones; each is 1
/// or the result's.
lockstep_broadcast lockstep_broadcast_make(
    int rank, const ptrdiff_t *extents, int rank_a, const ptrdiff_t *extents_a, int rank_b, const ptrdiff_t *extents_b);

/// Functions of two numbers.
typedef enum {
    LOCKSTEP_BINARY_ADD,       ///< a + b
    LOCKSTEP_BINARY_SUBTRACT,  ///< a - b
    LOCKSTEP_BINARY_MULTIPLY,  ///< a b
    LOCKSTEP_BINARY_DIVIDE,    ///< a / b
    LOCKSTEP_BINARY_MAXIMUM,   ///< the larger one; equal ones share the gradient
    LOCKSTEP_BINARY_MINIMUM,   ///< the smaller one; equal ones share the gradient
    LOCKSTEP_BINARY_POWER,     ///< a^b
    LOCKSTEP_BINARY_SWIGLU,    ///< a / (1 + e^-a) b
} lockstep_binary_kind;

/// y = f(a, b). float32, or bfloat16 where `is_rounded` is not 0. NaN in either operand gives NaN.
void lockstep_binary_forward(
    lockstep_binary_kind kind, const lockstep_broadcast *plan, void *y, const void *a, const void *b, int is_rounded);

/// d = dy times the derivative of f with respect to a (`operand` 0) or b (1), before the sum over repeated
/// elements: dense, with the result's extents.
void lockstep_binary_backward(
    lockstep_binary_kind kind, int operand, const lockstep_broadcast *plan, void *d, const void *dy, const void *a,
    const void *b, int is_rounded);

/// y = a where the mask [dense, one byte for each element] is not 0, else b; elements of `element_bytes` (2
/// or 4) bytes.
void lockstep_select(
    const lockstep_broadcast *plan, void *y, const uint8_t *mask, const void *a, const void *b, ptrdiff_t element_bytes);

/// The gradient of one side of a selection: d[i] = dy[i] where mask[i] is 0 if `wants_zero`, or where it is
/// not 0 otherwise; else 0.
void lockstep_select_backward(
    void *d, const void *dy, const uint8_t *mask, ptrdiff_t count, int wants_zero, ptrdiff_t element_bytes);
