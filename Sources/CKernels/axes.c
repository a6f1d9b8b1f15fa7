#include "lockstep_axes.h"

#include <math.h>
#include <string.h>

#include "lockstep_clones.h"
#include "lockstep_number_inline.h"

#pragma clang fp contract(off)

// `tile`: the columns whose sums stay in the cache while rows are read. `lanes`: the partial sums of a sum
// over a run.
enum { tile = 256, lanes = 16 };

lockstep_axes lockstep_axes_make(int rank, const ptrdiff_t *extents, unsigned reduced) {
    lockstep_axes plan = {.columns = 1, .run = 1, .results = 1, .reduced = 1};
    // Extents from the outermost on, merged with their neighbors of the same kind.
    ptrdiff_t merged[lockstep_rank];
    int is_reduced[lockstep_rank], count = 0;
    for (int i = 0; i < rank; i++) {
        int kind = reduced >> i & 1;
        if (kind)
            plan.reduced *= extents[i];
        else
            plan.results *= extents[i];
        if (extents[i] == 1) continue;
        if (count > 0 && is_reduced[count - 1] == kind) {
            merged[count - 1] *= extents[i];
        } else {
            merged[count] = extents[i];
            is_reduced[count++] = kind;
        }
    }
    if (count > 0 && !is_reduced[count - 1]) plan.columns = merged[count - 1];
    if (count > 0 && is_reduced[count - 1]) plan.run = merged[count - 1];
    ptrdiff_t stride = 1;
    for (int i = count - 1; i >= 0; i--) {
        int is_inner = i == count - 1;
        if (!is_inner && is_reduced[i]) {
            plan.reduced_extents[plan.reduced_rank] = merged[i];
            plan.reduced_strides[plan.reduced_rank++] = stride;
        } else if (!is_inner) {
            plan.kept_extents[plan.kept_rank] = merged[i];
            plan.kept_strides[plan.kept_rank++] = stride;
        }
        stride *= merged[i];
    }
    return plan;
}

// A walk over positions, first dimension fastest. `next_place` returns 0 after the last one.
typedef struct {
    ptrdiff_t index[lockstep_rank];
    ptrdiff_t offset;
} walk;

LOCKSTEP_INLINE int next_place(walk *walk, int rank, const ptrdiff_t *extents, const ptrdiff_t *strides) {
    for (int i = 0; i < rank; i++) {
        walk->offset += strides[i];
        if (++walk->index[i] < extents[i]) return 1;
        walk->offset -= strides[i] * extents[i];
        walk->index[i] = 0;
    }
    return 0;
}

#define NEXT_KEPT(at) next_place(&(at), plan->kept_rank, plan->kept_extents, plan->kept_strides)
#define NEXT_REDUCED(at) next_place(&(at), plan->reduced_rank, plan->reduced_extents, plan->reduced_strides)

/// The sums of up to `tile` columns.
LOCKSTEP_INLINE void sum_columns(
    const lockstep_axes *plan, float *y, const void *x, ptrdiff_t start, ptrdiff_t count, double factor, int rounded) {
    double sums[tile] = {0};
    walk at = {.offset = 0};
    do {
        const void *restrict row = numbers_from(x, start + at.offset, rounded);
        for (ptrdiff_t i = 0; i < count; i++) sums[i] += (double)number(row, i, rounded);
    } while (NEXT_REDUCED(at));
    for (ptrdiff_t i = 0; i < count; i++) y[i] = (float)(sums[i] * factor);
}

/// One sum over runs.
LOCKSTEP_INLINE double sum_runs(const lockstep_axes *plan, const void *x, ptrdiff_t start, int rounded) {
    double sums[lanes] = {0};
    ptrdiff_t whole = plan->run / lanes * lanes;
    walk at = {.offset = 0};
    do {
        const void *restrict run = numbers_from(x, start + at.offset, rounded);
        for (ptrdiff_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; lane++) sums[lane] += (double)number(run, i + lane, rounded);
        }
        for (ptrdiff_t i = whole; i < plan->run; i++) sums[i - whole] += (double)number(run, i, rounded);
    } while (NEXT_REDUCED(at));
    for (int width = lanes / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

LOCKSTEP_INLINE void sum(const lockstep_axes *plan, float *y, const void *x, double factor, int rounded) {
    walk at = {.offset = 0};
    do {
        if (plan->run > 1 || plan->columns == 1) {
            *y++ = (float)(sum_runs(plan, x, at.offset, rounded) * factor);
            continue;
        }
        for (ptrdiff_t first = 0; first < plan->columns; first += tile) {
            ptrdiff_t count = plan->columns - first < tile ? plan->columns - first : tile;
            sum_columns(plan, y + first, x, at.offset + first, count, factor, rounded);
        }
        y += plan->columns;
    } while (NEXT_KEPT(at));
}

LOCKSTEP_CLONES
static void sum_plain(const lockstep_axes *plan, float *y, const void *x, double factor) {
    sum(plan, y, x, factor, 0);
}

LOCKSTEP_CLONES
static void sum_rounded(const lockstep_axes *plan, float *y, const void *x, double factor) {
    sum(plan, y, x, factor, 1);
}

void lockstep_axes_sum(const lockstep_axes *plan, float *y, const void *x, double factor, int is_rounded) {
    if (plan->results == 0) return;
    if (plan->reduced == 0) {
        // The mean of no elements is NaN, as in the other operations.
        for (ptrdiff_t i = 0; i < plan->results; i++) y[i] = (float)(0.0 * factor);
        return;
    }
    if (is_rounded)
        sum_rounded(plan, y, x, factor);
    else
        sum_plain(plan, y, x, factor);
}

/// The larger of two numbers, which the caller has multiplied by the sign (1 for maxima, -1 for minima); NaN
/// if either is NaN.
LOCKSTEP_INLINE float larger(float a, float b) { return a > b ? a : (b >= a ? b : a + b); }

LOCKSTEP_INLINE void extreme(const lockstep_axes *plan, float *y, const float *x, float sign) {
    walk kept = {.offset = 0};
    do {
        float *row = y;
        if (plan->columns > 1) {
            for (ptrdiff_t i = 0; i < plan->columns; i++) row[i] = -INFINITY;
            walk at = {.offset = 0};
            do {
                const float *from = x + kept.offset + at.offset;
                for (ptrdiff_t i = 0; i < plan->columns; i++) row[i] = larger(row[i], sign * from[i]);
            } while (NEXT_REDUCED(at));
            for (ptrdiff_t i = 0; i < plan->columns; i++) row[i] *= sign;
        } else {
            float tops[lanes];
            for (int lane = 0; lane < lanes; lane++) tops[lane] = -INFINITY;
            ptrdiff_t whole = plan->run / lanes * lanes;
            walk at = {.offset = 0};
            do {
                const float *from = x + kept.offset + at.offset;
                for (ptrdiff_t i = 0; i < whole; i += lanes) {
                    for (int lane = 0; lane < lanes; lane++) tops[lane] = larger(tops[lane], sign * from[i + lane]);
                }
                for (ptrdiff_t i = whole; i < plan->run; i++) tops[i - whole] = larger(tops[i - whole], sign * from[i]);
            } while (NEXT_REDUCED(at));
            for (int width = lanes / 2; width > 0; width /= 2) {
                for (int lane = 0; lane < width; lane++) tops[lane] = larger(tops[lane], tops[lane + width]);
            }
            row[0] = sign * tops[0];
        }
        y += plan->columns;
    } while (NEXT_KEPT(kept));
}

LOCKSTEP_CLONES
static void extreme_of(const lockstep_axes *plan, float *y, const float *x, float sign) { extreme(plan, y, x, sign); }

void lockstep_axes_extreme(const lockstep_axes *plan, float *y, const float *x, int wants_smallest) {
    if (plan->results == 0) return;
    float sign = wants_smallest ? -1.0f : 1.0f;
    if (plan->reduced == 0) {
        for (ptrdiff_t i = 0; i < plan->results; i++) y[i] = -sign * INFINITY;
        return;
    }
    extreme_of(plan, y, x, sign);
}

/// The gradients of up to `tile` adjacent results from `start` on, each of one number per row.
LOCKSTEP_INLINE void column_gradients(
    const lockstep_axes *plan, float *dx, const float *dy, const float *x, const float *y, ptrdiff_t start,
    ptrdiff_t count) {
    float seen[tile] = {0};
    walk at = {.offset = start};
    do {
        for (ptrdiff_t i = 0; i < count; i++) seen[i] += x[at.offset + i] == y[i] ? 1.0f : 0.0f;
    } while (NEXT_REDUCED(at));
    at = (walk){.offset = start};
    do {
        for (ptrdiff_t i = 0; i < count; i++)
            dx[at.offset + i] = (x[at.offset + i] == y[i] ? dy[i] : 0.0f) / seen[i];
    } while (NEXT_REDUCED(at));
}

LOCKSTEP_INLINE void run_gradient(
    const lockstep_axes *plan, float *dx, float dy, const float *x, float y, ptrdiff_t start) {
    float seen = 0.0f;
    walk at = {.offset = start};
    do {
        for (ptrdiff_t i = 0; i < plan->run; i++) seen += x[at.offset + i] == y ? 1.0f : 0.0f;
    } while (NEXT_REDUCED(at));
    at = (walk){.offset = start};
    do {
        for (ptrdiff_t i = 0; i < plan->run; i++) dx[at.offset + i] = (x[at.offset + i] == y ? dy : 0.0f) / seen;
    } while (NEXT_REDUCED(at));
}

LOCKSTEP_CLONES
static void extreme_backward(
    const lockstep_axes *plan, float *dx, const float *dy, const float *x, const float *y) {
    walk kept = {.offset = 0};
    do {
        if (plan->run > 1 || plan->columns == 1) run_gradient(plan, dx, *dy, x, *y, kept.offset);
        for (ptrdiff_t first = 0; plan->columns > 1 && first < plan->columns; first += tile) {
            ptrdiff_t count = plan->columns - first < tile ? plan->columns - first : tile;
            column_gradients(plan, dx, dy + first, x, y + first, kept.offset + first, count);
        }
        y += plan->columns, dy += plan->columns;
    } while (NEXT_KEPT(kept));
}

void lockstep_axes_extreme_backward(
    const lockstep_axes *plan, float *dx, const float *dy, const float *x, const float *y) {
    if (plan->results > 0 && plan->reduced > 0) extreme_backward(plan, dx, dy, x, y);
}
