#include "lockstep_reduction.h"

#include "lockstep_clones.h"

#pragma clang fp contract(off)

enum { block = 512 };

LOCKSTEP_CLONES
static void add_two(float *destination, const float *a, const float *b, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = a[i] + b[i];
}

LOCKSTEP_CLONES
static void add_four(
    float *destination, const float *a, const float *b, const float *c, const float *d, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = (a[i] + b[i]) + (c[i] + d[i]);
}

/// One block of the general case: the stack holds pointers, and owns a buffer for each sum.
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

LOCKSTEP_CLONES
double lockstep_square_sum(const float *values, ptrdiff_t count) {
    double lanes[16] = {0};
    ptrdiff_t whole = count / 16 * 16;
    for (ptrdiff_t i = 0; i < whole; i += 16) {
        for (int lane = 0; lane < 16; lane++) {
            double value = values[i + lane];
            lanes[lane] += value * value;
        }
    }
    for (ptrdiff_t i = whole; i < count; i++) {
        double value = values[i];
        lanes[i - whole] += value * value;
    }
    for (int width = 8; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    }
    return lanes[0];
}
