#include "lockstep_reduction.h"

#include "lockstep_clones.h"

#pragma clang fp contract(off)

enum { block = 512 };

// The destination is often one of the sources, element for element. The compiler's overlap check would then
// choose the scalar loop (2.5 times slower); `assume_safety` asserts that elements are independent.

LOCKSTEP_CLONES
static void add_two(float *destination, const float *a, const float *b, ptrdiff_t count) {
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = a[i] + b[i];
}

LOCKSTEP_CLONES
static void add_four(
    float *destination, const float *a, const float *b, const float *c, const float *d, ptrdiff_t count) {
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = (a[i] + b[i]) + (c[i] + d[i]);
}

/// One block of the general case: the stack holds pointers, with a buffer for each sum.
static void run_block(
    float *destination, const float *const *sources, const int32_t *program, ptrdiff_t length, ptrdiff_t begin,
    ptrdiff_t count) {
    float sums[lockstep_reduction_depth][block];
    const float *stack[lockstep_reduction_depth];
    ptrdiff_t height = 0;
    for (ptrdiff_t step = 0; step < length; step++) {
        if (program[step] >= 0) {
            stack[height++] = sources[program[step]] + begin;
            continue;
        }
        height--;
        float *sum = step == length - 1 ? destination + begin : sums[height - 1];
        add_two(sum, stack[height - 1], stack[height], count);
        stack[height - 1] = sum;
    }
}

void lockstep_tree_reduce(
    float *destination, const float *const *sources, const int32_t *program, ptrdiff_t program_length,
    ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t count = end - begin;
    if (count <= 0) return;
    if (program_length == 1) {
        const float *source = sources[program[0]];
        if (source != destination) __builtin_memcpy(destination + begin, source + begin, sizeof(float) * (size_t)count);
        return;
    }
    if (program_length == 3) {
        add_two(destination + begin, sources[program[0]] + begin, sources[program[1]] + begin, count);
        return;
    }
    if (program_length == 7 && program[2] < 0 && program[5] < 0) {
        add_four(
            destination + begin, sources[program[0]] + begin, sources[program[1]] + begin,
            sources[program[3]] + begin, sources[program[4]] + begin, count);
        return;
    }
    for (ptrdiff_t start = begin; start < end; start += block) {
        ptrdiff_t size = end - start < block ? end - start : block;
        run_block(destination, sources, program, program_length, start, size);
    }
}

// 16 lanes as one vector: the compiler splits it to the processor's width and preserves the order of
// additions.
typedef float lanes_of_floats __attribute__((ext_vector_type(16), aligned(4)));
typedef double lanes_of_doubles __attribute__((ext_vector_type(16)));

/// lanes += squares of the 16 values.
#define ADD_SQUARES(lanes, values)                                                                             \
    do {                                                                                                       \
        lanes_of_doubles wide = __builtin_convertvector(*(const lanes_of_floats *)(values), lanes_of_doubles); \
        lanes += wide * wide;                                                                                  \
    } while (0)

static inline double fold_lanes(const lanes_of_doubles *lanes) {
    double sums[16];
    __builtin_memcpy(sums, lanes, sizeof sums);
    for (int width = 8; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    }
    return sums[0];
}

LOCKSTEP_CLONES
double lockstep_square_sum(const float *values, ptrdiff_t count) {
    lanes_of_doubles lanes = 0;
    ptrdiff_t whole = count / 16 * 16;
    for (ptrdiff_t i = 0; i < whole; i += 16) ADD_SQUARES(lanes, values + i);
    for (ptrdiff_t i = whole; i < count; i++) {
        double value = values[i];
        lanes[i - whole] += value * value;
    }
    return fold_lanes(&lanes);
}

/// The sums of two whole chunks at once: a single one is limited by the latency of its additions.
LOCKSTEP_CLONES
static void square_sums_of_two(const float *values, double *sums) {
    lanes_of_doubles first = 0, second = 0;
    for (ptrdiff_t i = 0; i < lockstep_chunk; i += 16) {
        ADD_SQUARES(first, values + i);
        ADD_SQUARES(second, values + lockstep_chunk + i);
    }
    sums[0] = fold_lanes(&first);
    sums[1] = fold_lanes(&second);
}

void lockstep_square_sums(const float *values, ptrdiff_t count, double *sums) {
    ptrdiff_t start = 0;
    for (; start + 2 * lockstep_chunk <= count; start += 2 * lockstep_chunk) {
        square_sums_of_two(values + start, sums + start / lockstep_chunk);
    }
    for (; start < count; start += lockstep_chunk) {
        ptrdiff_t size = count - start < lockstep_chunk ? count - start : lockstep_chunk;
        sums[start / lockstep_chunk] = lockstep_square_sum(values + start, size);
    }
}

void lockstep_tree_reduce_squares(
    float *destination, const float *const *sources, const int32_t *program, ptrdiff_t program_length,
    ptrdiff_t begin, ptrdiff_t end, double *sums) {
    // Two chunks at a time: they are still in the nearest cache when their squares are summed.
    for (ptrdiff_t start = begin; start < end; start += 2 * lockstep_chunk) {
        ptrdiff_t stop = end - start < 2 * lockstep_chunk ? end : start + 2 * lockstep_chunk;
        lockstep_tree_reduce(destination, sources, program, program_length, start, stop);
        lockstep_square_sums(destination + start, stop - start, sums + start / lockstep_chunk);
    }
}
