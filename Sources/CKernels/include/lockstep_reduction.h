#pragma once
#include <stddef.h>
#include <stdint.h>

/// The number of floats whose squares are summed into one double.
enum { lockstep_chunk = 4096 };

/// The largest stack depth of a reduction program.
enum { lockstep_reduction_depth = 24 };

/// Sums sources over elements begin ..< end in the order of a postfix program: an entry n >= 0 pushes source
/// n, an entry -1 replaces the two top entries of the stack by their sum. `destination` may be one of the
/// sources.
void lockstep_tree_reduce(
    float *destination, const float *const *sources, const int32_t *program, ptrdiff_t program_length,
    ptrdiff_t begin, ptrdiff_t end);

/// The sum of squares of `count` floats (at most a chunk), in double, 16 lanes, folded in a fixed order.
double lockstep_square_sum(const float *values, ptrdiff_t count);

/// The sums of squares of all chunks of `count` floats that begin at a chunk border: one double for each
/// chunk, each equal to `lockstep_square_sum` of it.
void lockstep_square_sums(const float *values, ptrdiff_t count, double *sums);

/// `lockstep_tree_reduce` and then the square sums of the result, in one pass. `begin` is a chunk border;
/// `sums` has one element for each chunk of the whole buffer.
void lockstep_tree_reduce_squares(
    float *destination, const float *const *sources, const int32_t *program, ptrdiff_t program_length,
    ptrdiff_t begin, ptrdiff_t end, double *sums);
