#include "lockstep_strided.h"

#include <stdint.h>
#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

// The edge of the tiles that are copied where x and y are contiguous along different dimensions. Rows whose
// stride is a power of two map to one set of the first-level cache, which has at least eight ways.
enum { tile = 8 };

lockstep_strided lockstep_strided_make(
    int rank, const ptrdiff_t *extents, const ptrdiff_t *strides_x, const ptrdiff_t *strides_y) {
    lockstep_strided sorted = {.rank = 0};
    for (int i = 0; i < rank; i++) {
        if (extents[i] == 1) continue;
        int place = sorted.rank++;
        for (; place > 0 && sorted.strides_y[place - 1] < strides_y[i]; place--) {
            sorted.extents[place] = sorted.extents[place - 1];
            sorted.strides_x[place] = sorted.strides_x[place - 1];
            sorted.strides_y[place] = sorted.strides_y[place - 1];
        }
        sorted.extents[place] = extents[i];
        sorted.strides_x[place] = strides_x[i], sorted.strides_y[place] = strides_y[i];
    }
    if (sorted.rank == 0) return (lockstep_strided){.rank = 1, .extents = {1}, .strides_x = {1}, .strides_y = {1}};
    lockstep_strided plan = {.rank = 0};
    for (int i = 0; i < sorted.rank; i++) {
        int last = plan.rank - 1;
        if (last >= 0 && plan.strides_x[last] == sorted.strides_x[i] * sorted.extents[i]
            && plan.strides_y[last] == sorted.strides_y[i] * sorted.extents[i]) {
            plan.extents[last] *= sorted.extents[i];
        } else {
            last = plan.rank++;
            plan.extents[last] = sorted.extents[i];
        }
        plan.strides_x[last] = sorted.strides_x[i], plan.strides_y[last] = sorted.strides_y[i];
    }
    return plan;
}

/// A walk over a plan without the dimensions in `skipped` (bits): the offsets in x and y.
typedef struct {
    ptrdiff_t index[lockstep_rank];
    ptrdiff_t x, y;
} walk;

LOCKSTEP_INLINE int next_place(walk *walk, const lockstep_strided *plan, unsigned skipped) {
    for (int i = plan->rank - 1; i >= 0; i--) {
        if (skipped >> i & 1) continue;
        walk->x += plan->strides_x[i], walk->y += plan->strides_y[i];
        if (++walk->index[i] < plan->extents[i]) return 1;
        walk->x -= plan->strides_x[i] * plan->extents[i], walk->y -= plan->strides_y[i] * plan->extents[i];
        walk->index[i] = 0;
    }
    return 0;
}

static int is_empty(const lockstep_strided *plan) {
    for (int i = 0; i < plan->rank; i++) {
        if (plan->extents[i] == 0) return 1;
    }
    return 0;
}

/// The dimension along which x is contiguous; -1 where there is none.
static int contiguous_dimension(const lockstep_strided *plan) {
    for (int i = 0; i < plan->rank; i++) {
        if (plan->strides_x[i] == 1) return i;
    }
    return -1;
}

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

#define COPY(name, type)                                                                                         \
    LOCKSTEP_CLONES static void name(const lockstep_strided *plan, type *restrict y, const type *restrict x) {   \
        int last = plan->rank - 1, other = contiguous_dimension(plan);                                           \
        ptrdiff_t count = plan->extents[last], sx = plan->strides_x[last], sy = plan->strides_y[last];           \
        walk at = {.x = 0};                                                                                      \
        if (other < 0 || other == last) {                                                                        \
            do {                                                                                                 \
                const type *from = x + at.x;                                                                     \
                type *to = y + at.y;                                                                             \
                if (sx == 1 && sy == 1)                                                                          \
                    memcpy(to, from, sizeof(type) * (size_t)count);                                              \
                else if (sx == 0 && sy == 1)                                                                     \
                    for (ptrdiff_t i = 0; i < count; i++) to[i] = from[0];                                       \
                else                                                                                             \
                    for (ptrdiff_t i = 0; i < count; i++) to[i * sy] = from[i * sx];                             \
            } while (next_place(&at, plan, 1u << last));                                                         \
            return;                                                                                              \
        }                                                                                                        \
        ptrdiff_t rows = plan->extents[other], so = plan->strides_y[other];                                      \
        do {                                                                                                     \
            for (ptrdiff_t r = 0; r < rows; r += tile) {                                                         \
                for (ptrdiff_t c = 0; c < count; c += tile) {                                                    \
                    ptrdiff_t row_end = smaller(r + tile, rows), end = smaller(c + tile, count);                 \
                    for (ptrdiff_t row = r; row < row_end; row++) {                                              \
                        for (ptrdiff_t i = c; i < end; i++)                                                      \
                            y[at.y + row * so + i * sy] = x[at.x + row + i * sx];                                \
                    }                                                                                            \
                }                                                                                                \
            }                                                                                                    \
        } while (next_place(&at, plan, 1u << last | 1u << other));                                               \
    }
COPY(copy_words, uint32_t)
COPY(copy_halves, uint16_t)
COPY(copy_bytes, uint8_t)

void lockstep_strided_copy(const lockstep_strided *plan, void *y, const void *x, ptrdiff_t element_bytes) {
    if (is_empty(plan)) return;
    switch (element_bytes) {
    case 4: return copy_words(plan, y, x);
    case 2: return copy_halves(plan, y, x);
    default: return copy_bytes(plan, y, x);
    }
}

#define ADD(name, y_rounded, x_rounded)                                                                          \
    LOCKSTEP_CLONES static void name(const lockstep_strided *plan, void *restrict y, const void *restrict x) {   \
        int last = plan->rank - 1;                                                                               \
        ptrdiff_t count = plan->extents[last], sx = plan->strides_x[last], sy = plan->strides_y[last];           \
        walk at = {.x = 0};                                                                                      \
        do {                                                                                                     \
            if (sx == 1 && sy == 1) {                                                                            \
                for (ptrdiff_t i = 0; i < count; i++) {                                                          \
                    float sum = number(y, at.y + i, y_rounded) + number(x, at.x + i, x_rounded);                 \
                    put(y, at.y + i, y_rounded, sum);                                                            \
                }                                                                                                \
            } else {                                                                                             \
                for (ptrdiff_t i = 0; i < count; i++) {                                                          \
                    float sum = number(y, at.y + i * sy, y_rounded) + number(x, at.x + i * sx, x_rounded);       \
                    put(y, at.y + i * sy, y_rounded, sum);                                                       \
                }                                                                                                \
            }                                                                                                    \
        } while (next_place(&at, plan, 1u << last));                                                             \
    }
ADD(add_plain, 0, 0)
ADD(add_rounded_to_plain, 0, 1)
ADD(add_plain_to_rounded, 1, 0)
ADD(add_rounded, 1, 1)

void lockstep_strided_add(const lockstep_strided *plan, void *y, int y_is_rounded, const void *x, int x_is_rounded) {
    if (is_empty(plan)) return;
    if (y_is_rounded)
        (x_is_rounded ? add_rounded : add_plain_to_rounded)(plan, y, x);
    else
        (x_is_rounded ? add_rounded_to_plain : add_plain)(plan, y, x);
}
