#include <math.h>
#include <string.h>

#include "lockstep_broadcast.h"
#include "lockstep_clones.h"
#include "lockstep_log_inline.h"
#include "lockstep_number_inline.h"
#include "lockstep_sigmoid_inline.h"

#pragma clang fp contract(off)

lockstep_broadcast lockstep_broadcast_make(
    int rank, const ptrdiff_t *extents, int rank_a, const ptrdiff_t *extents_a, int rank_b,
    const ptrdiff_t *extents_b) {
    // From the innermost dimension outwards; reversed at the end.
    lockstep_broadcast inner = {.rank = 0};
    ptrdiff_t next_a = 1, next_b = 1;
    for (int i = 1; i <= rank; i++) {
        ptrdiff_t extent = extents[rank - i];
        ptrdiff_t extent_a = i <= rank_a ? extents_a[rank_a - i] : 1, extent_b = i <= rank_b ? extents_b[rank_b - i] : 1;
        if (extent == 1) continue;
        ptrdiff_t stride_a = extent_a == 1 ? 0 : next_a, stride_b = extent_b == 1 ? 0 : next_b;
        next_a *= extent_a, next_b *= extent_b;
        int last = inner.rank - 1;
        if (last >= 0 && stride_a == inner.strides_a[last] * inner.extents[last]
            && stride_b == inner.strides_b[last] * inner.extents[last]) {
            inner.extents[last] *= extent;
            continue;
        }
        inner.extents[inner.rank] = extent;
        inner.strides_a[inner.rank] = stride_a, inner.strides_b[inner.rank] = stride_b;
        inner.rank++;
    }
    if (inner.rank == 0) return (lockstep_broadcast){.rank = 1, .extents = {1}, .strides_a = {1}, .strides_b = {1}};
    lockstep_broadcast plan = {.rank = inner.rank};
    for (int i = 0; i < inner.rank; i++) {
        int from = inner.rank - 1 - i;
        plan.extents[i] = inner.extents[from];
        plan.strides_a[i] = inner.strides_a[from], plan.strides_b[i] = inner.strides_b[from];
    }
    return plan;
}

// A walk over the rows of a plan, with the start of a row in both operands. `next_row` returns 0 after the
// last one.
typedef struct {
    ptrdiff_t index[lockstep_rank];
    ptrdiff_t a, b;
} walk;

LOCKSTEP_INLINE int next_row(walk *walk, const lockstep_broadcast *plan) {
    for (int i = plan->rank - 2; i >= 0; i--) {
        walk->a += plan->strides_a[i], walk->b += plan->strides_b[i];
        if (++walk->index[i] < plan->extents[i]) return 1;
        walk->a -= plan->strides_a[i] * plan->extents[i], walk->b -= plan->strides_b[i] * plan->extents[i];
        walk->index[i] = 0;
    }
    return 0;
}

static int is_empty(const lockstep_broadcast *plan) {
    for (int i = 0; i < plan->rank; i++) {
        if (plan->extents[i] == 0) return 1;
    }
    return 0;
}

// For each function: its value, and its derivatives with respect to a and b, times dy.

LOCKSTEP_INLINE float add_value(float a, float b) { return a + b; }
LOCKSTEP_INLINE float add_da(float dy, float a, float b) { return dy; }
LOCKSTEP_INLINE float add_db(float dy, float a, float b) { return dy; }

LOCKSTEP_INLINE float subtract_value(float a, float b) { return a - b; }
LOCKSTEP_INLINE float subtract_da(float dy, float a, float b) { return dy; }
LOCKSTEP_INLINE float subtract_db(float dy, float a, float b) { return -dy; }

LOCKSTEP_INLINE float multiply_value(float a, float b) { return a * b; }
LOCKSTEP_INLINE float multiply_da(float dy, float a, float b) { return dy * b; }
LOCKSTEP_INLINE float multiply_db(float dy, float a, float b) { return dy * a; }

LOCKSTEP_INLINE float divide_value(float a, float b) { return a / b; }
LOCKSTEP_INLINE float divide_da(float dy, float a, float b) { return dy / b; }
LOCKSTEP_INLINE float divide_db(float dy, float a, float b) { return -dy * (a / b / b); }

// Comparisons with NaN are false: the operand that is NaN remains, or the sum.
LOCKSTEP_INLINE float maximum_value(float a, float b) { return a > b ? a : (b >= a ? b : a + b); }
LOCKSTEP_INLINE float minimum_value(float a, float b) { return a < b ? a : (b <= a ? b : a + b); }
LOCKSTEP_INLINE float share_of(float dy, int is_chosen, int is_other) {
    return is_chosen ? dy : (is_other ? 0.0f : 0.5f * dy);
}
LOCKSTEP_INLINE float maximum_da(float dy, float a, float b) { return share_of(dy, a > b, a < b); }
LOCKSTEP_INLINE float maximum_db(float dy, float a, float b) { return share_of(dy, b > a, b < a); }
LOCKSTEP_INLINE float minimum_da(float dy, float a, float b) { return share_of(dy, a < b, a > b); }
LOCKSTEP_INLINE float minimum_db(float dy, float a, float b) { return share_of(dy, b < a, b > a); }

LOCKSTEP_INLINE float power_value(float a, float b) { return powf(a, b); }
LOCKSTEP_INLINE float power_da(float dy, float a, float b) {
    return b == 0.0f ? 0.0f : dy * (b * powf(a, b - 1.0f));
}
LOCKSTEP_INLINE float power_db(float dy, float a, float b) {
    return (a == 0.0f && b >= 0.0f) ? 0.0f : dy * (powf(a, b) * log_of(a));
}

LOCKSTEP_INLINE float swiglu_value(float a, float b) {
    float silu = a * sigmoid_of(a);
    return (a == -__builtin_inff() ? -0.0f : silu) * b;
}
LOCKSTEP_INLINE float swiglu_da(float dy, float a, float b) {
    float sigmoid = sigmoid_of(a);
    return dy * b * (sigmoid * (1.0f + a * (1.0f - sigmoid)));
}
LOCKSTEP_INLINE float swiglu_db(float dy, float a, float b) { return dy * (a * sigmoid_of(a)); }

#define KINDS(X)          \
    X(ADD, add)           \
    X(SUBTRACT, subtract) \
    X(MULTIPLY, multiply) \
    X(DIVIDE, divide)     \
    X(MAXIMUM, maximum)   \
    X(MINIMUM, minimum)   \
    X(POWER, power)       \
    X(SWIGLU, swiglu)

// The rows of a plan whose innermost strides are `sa` and `sb`; `value` is an expression of number(...)s and
// i.
#define ROWS(sa, sb, rounded, value)                                     \
    for (ptrdiff_t i = 0; i < count; i++) {                              \
        float xa = number(row_a, (sa) ? i : 0, rounded);                 \
        float xb = number(row_b, (sb) ? i : 0, rounded);                 \
        put(row, i, rounded, value);                                     \
    }

#define WALK(rounded, prepare, value)                                                        \
    if (is_empty(plan)) return;                                                              \
    walk at = {.a = 0};                                                                      \
    ptrdiff_t count = plan->extents[plan->rank - 1], first = 0;                              \
    int sa = plan->strides_a[plan->rank - 1] != 0, sb = plan->strides_b[plan->rank - 1] != 0; \
    do {                                                                                     \
        void *restrict row = place_of(to, first, rounded);                                   \
        const void *restrict row_a = numbers_from(a, at.a, rounded);                         \
        const void *restrict row_b = numbers_from(b, at.b, rounded);                         \
        prepare;                                                                             \
        if (sa && sb) {                                                                      \
            ROWS(1, 1, rounded, value)                                                       \
        } else if (sa) {                                                                     \
            ROWS(1, 0, rounded, value)                                                       \
        } else {                                                                             \
            ROWS(0, 1, rounded, value)                                                       \
        }                                                                                    \
        first += count;                                                                      \
    } while (next_row(&at, plan));

#define FORWARD(name, suffix, rounded)                                                                              \
    LOCKSTEP_CLONES static void name##_forward##suffix(const lockstep_broadcast *plan, void *to, const void *a,     \
        const void *b) {                                                                                            \
        WALK(rounded, , name##_value(xa, xb))                                                                       \
    }

#define BACKWARD(name, operand, suffix, rounded)                                                                    \
    LOCKSTEP_CLONES static void name##_backward_##operand##suffix(const lockstep_broadcast *plan, void *to, const void *dy,  \
        const void *a, const void *b) {                                                                             \
        WALK(rounded, const void *restrict row_d = numbers_from(dy, first, rounded),                                \
            name##_##operand(number(row_d, i, rounded), xa, xb))                                                    \
    }

#define LOOPS(KIND, name)           \
    FORWARD(name, , 0)              \
    FORWARD(name, _rounded, 1)      \
    BACKWARD(name, da, , 0)         \
    BACKWARD(name, da, _rounded, 1) \
    BACKWARD(name, db, , 0)         \
    BACKWARD(name, db, _rounded, 1)
KINDS(LOOPS)

void lockstep_binary_forward(
    lockstep_binary_kind kind, const lockstep_broadcast *plan, void *y, const void *a, const void *b, int is_rounded) {
    switch (kind) {
#define CASE(KIND, name)         \
    case LOCKSTEP_BINARY_##KIND: \
        return is_rounded ? name##_forward_rounded(plan, y, a, b) : name##_forward(plan, y, a, b);
        KINDS(CASE)
#undef CASE
    }
}

void lockstep_binary_backward(
    lockstep_binary_kind kind, int operand, const lockstep_broadcast *plan, void *d, const void *dy, const void *a,
    const void *b, int is_rounded) {
    switch (kind) {
#define CASE(KIND, name)                                                                                            \
    case LOCKSTEP_BINARY_##KIND:                                                                                    \
        if (operand == 0)                                                                                           \
            return is_rounded ? name##_backward_da_rounded(plan, d, dy, a, b) : name##_backward_da(plan, d, dy, a, b);                \
        return is_rounded ? name##_backward_db_rounded(plan, d, dy, a, b) : name##_backward_db(plan, d, dy, a, b);
        KINDS(CASE)
#undef CASE
    }
}

#define SELECT(name, type)                                                                                           \
    LOCKSTEP_CLONES static void name(                                                                                \
        const lockstep_broadcast *plan, type *to, const uint8_t *mask, const type *a, const type *b) {               \
        if (is_empty(plan)) return;                                                                                  \
        walk at = {.a = 0};                                                                                          \
        ptrdiff_t count = plan->extents[plan->rank - 1], first = 0;                                                  \
        ptrdiff_t sa = plan->strides_a[plan->rank - 1], sb = plan->strides_b[plan->rank - 1];                        \
        do {                                                                                                         \
            for (ptrdiff_t i = 0; i < count; i++)                                                                    \
                to[first + i] = mask[first + i] ? a[at.a + i * sa] : b[at.b + i * sb];                               \
            first += count;                                                                                          \
        } while (next_row(&at, plan));                                                                               \
    }                                                                                                                \
    LOCKSTEP_CLONES static void name##_backward(                                                                     \
        type *restrict d, const type *restrict dy, const uint8_t *restrict mask, ptrdiff_t count, int wants_zero) {  \
        for (ptrdiff_t i = 0; i < count; i++) d[i] = (mask[i] == 0) == (wants_zero != 0) ? dy[i] : 0;                \
    }
SELECT(select_words, uint32_t)
SELECT(select_halves, uint16_t)

void lockstep_select(
    const lockstep_broadcast *plan, void *y, const uint8_t *mask, const void *a, const void *b,
    ptrdiff_t element_bytes) {
    if (element_bytes == 4)
        select_words(plan, y, mask, a, b);
    else
        select_halves(plan, y, mask, a, b);
}

void lockstep_select_backward(
    void *d, const void *dy, const uint8_t *mask, ptrdiff_t count, int wants_zero, ptrdiff_t element_bytes) {
    if (element_bytes == 4)
        select_words_backward(d, dy, mask, count, wants_zero);
    else
        select_halves_backward(d, dy, mask, count, wants_zero);
}
