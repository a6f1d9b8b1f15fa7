// Batch normalization in a few passes over blocks of rows that stay in the cache, 16 channels at a time.
#include <math.h>
#include <string.h>

#include "lockstep_batch_normalization.h"
#include "lockstep_clones.h"
#include "lockstep_number_inline.h"

// Every clone must give the same bits: no contraction, and sums of rows in explicit lanes.
#pragma clang fp contract(off)

typedef lockstep_batch_normalization plan;

// Vectors are only arguments of functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define UNROLLED _Pragma("clang loop unroll(full)")

/// Channels per vector. Four sums run at once, because each addition waits for the one before: over four neighboring
/// vectors of channels if there are 64 channels, otherwise over four neighboring rows.
enum { lanes = 16, sums_at_once = 4, wide = sums_at_once * lanes };

typedef float floats __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
typedef uint32_t words __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
typedef uint16_t halves __attribute__((vector_size(2 * lanes), aligned(2), may_alias));

/// Some rows of 16 or 64 channels. With fewer than 16 channels a vector also holds values of the next rows, which are
/// ignored. If the channels are no multiple of 16, the last vector overlaps the one before.
typedef struct {
    ptrdiff_t first, rows;  ///< the rows
    ptrdiff_t channel;      ///< the first channel
    int vectors;            ///< of channels: 1 or 4, a constant after inlining
    ptrdiff_t begin, end;   ///< the lanes of a vector that belong to this block
} block;

/// Arguments of all functions below. `relu`, `rounded` and `narrow` (fewer than 16 channels) are constants after
/// inlining.
typedef struct {
    const plan *p;
    ptrdiff_t count;  ///< of the numbers of x
    const void *x, *dy;
    const float *mean, *factors, *shift, *slopes, *constants;
    int relu, rounded, narrow;
} pass;

/// Elements i to i + 15, all of which exist.
LOCKSTEP_INLINE floats whole(const void *x, ptrdiff_t i, int rounded) {
    if (!rounded) return *(const floats *)((const float *)x + i);
    return (floats)(__builtin_convertvector(*(const halves *)((const uint16_t *)x + i), words) << 16);
}

/// Elements i to i + 15; zeros past the end of the tensor.
LOCKSTEP_INLINE floats load(const pass *a, const void *x, ptrdiff_t i) {
    if (!a->narrow || i + lanes <= a->count) return whole(x, i, a->rounded);
    floats result = {0};
    for (ptrdiff_t lane = 0; i + lane < a->count; lane++) result[lane] = number(x, i + lane, a->rounded);
    return result;
}

/// A vector of a block's numbers of an array by channel.
LOCKSTEP_INLINE floats of_channels(const pass *a, const float *numbers, block b, int vector) {
    if (!a->narrow) return whole(numbers, b.channel + vector * lanes, 0);
    floats result = {0};
    for (ptrdiff_t lane = 0; lane < b.end; lane++) result[lane] = numbers[lane];
    return result;
}

/// Sets the vectors of a block to its numbers of an array by channel.
LOCKSTEP_INLINE void set_vectors(floats *vectors, const pass *a, const float *numbers, block b) {
    UNROLLED
    for (int v = 0; v < b.vectors; v++) vectors[v] = of_channels(a, numbers, b, v);
}

/// As lockstep_bfloat16_of.
LOCKSTEP_INLINE halves rounded_halves(floats x) {
    words bits = (words)x, is_nan = (words)(x != x);
    words nearest = (bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16, quiet = (bits >> 16) | 0x40u;
    return __builtin_convertvector((is_nan & quiet) | (~is_nan & nearest), halves);
}

/// Stores elements i to i + 15. With fewer than 16 channels this also overwrites the start of later rows, which are
/// stored afterwards.
LOCKSTEP_INLINE void store(const pass *a, void *y, ptrdiff_t i, floats value) {
    if (a->narrow && i + lanes > a->count) {
        for (ptrdiff_t lane = 0; i + lane < a->count; lane++) put(y, i + lane, a->rounded, value[lane]);
    } else if (a->rounded) {
        *(halves *)((uint16_t *)y + i) = rounded_halves(value);
    } else {
        *(floats *)((float *)y + i) = value;
    }
}

/// `value` where `z`, the argument of the ReLU, is above zero or NaN; elsewhere 0.
LOCKSTEP_INLINE floats through_relu(floats value, floats z) {
    return (floats)((words)value & ~(words)(z <= 0.0f));
}

LOCKSTEP_INLINE floats fused_floats(floats a, floats b, floats c) { return __builtin_elementwise_fma(a, b, c); }

/// Adds up the sums of neighboring rows, in place; afterwards each vector has the sum of the block's rows.
LOCKSTEP_INLINE void fold(floats sums[sums_at_once], block b) {
    if (b.vectors == 1) sums[0] = (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// The rows of a block: it stays in the cache unless it has very many channels.
LOCKSTEP_INLINE ptrdiff_t rows_of_block(ptrdiff_t channels) {
    ptrdiff_t rows = 8192 / channels;
    return rows < 16 ? 16 : rows > 512 ? 512 : rows;
}

/// Runs a statement for each block `b` of the pass `a`.
#define FOR_BLOCKS(statement)                                                                            \
    for (ptrdiff_t first = 0, most = rows_of_block(p->channels); first < p->rows; first += most) {       \
        block b = {first, p->rows - first < most ? p->rows - first : most, 0, 1, 0, lanes};              \
        if (a.narrow) {                                                                                  \
            b.end = p->channels;                                                                         \
            statement;                                                                                   \
            continue;                                                                                    \
        }                                                                                                \
        ptrdiff_t c = 0;                                                                                 \
        for (b.vectors = sums_at_once; c + wide <= p->channels; c += wide) {                             \
            b.channel = c;                                                                               \
            statement;                                                                                   \
        }                                                                                                \
        for (b.vectors = 1; c < p->channels; c += lanes) {                                               \
            b.channel = c + lanes <= p->channels ? c : p->channels - lanes;                              \
            b.begin = c - b.channel;                                                                     \
            statement;                                                                                   \
        }                                                                                                \
    }

/// Calls `add` with the start of each vector of a block, the number of its sum, and that of its channels.
#define FOR_VECTORS(add)                                                                                 \
    do {                                                                                                 \
        ptrdiff_t row = a->p->channels, at = b.first * row + b.channel, end = at + b.rows * row;         \
        if (b.vectors == 1) {                                                                            \
            for (; at + (sums_at_once - 1) * row < end; at += sums_at_once * row) {                      \
                UNROLLED                                                                                 \
                for (int k = 0; k < sums_at_once; k++) add(at + k * row, k, 0);                          \
            }                                                                                            \
            for (; at < end; at += row) add(at, 0, 0);                                                   \
        } else {                                                                                         \
            for (; at < end; at += row) {                                                                \
                UNROLLED                                                                                 \
                for (int k = 0; k < sums_at_once; k++) add(at + k * lanes, k, k);                        \
            }                                                                                            \
        }                                                                                                \
    } while (0)

// MARK: Moments

/// Adds a block to the means and the sums of squared distances from them, in `room`.
/// Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
LOCKSTEP_INLINE void add_moments(const pass *a, block b, double *room) {
    floats sums[sums_at_once] = {{0}}, rests[sums_at_once] = {{0}}, squares[sums_at_once] = {{0}};
    floats means[sums_at_once];
#define ADD(i, k, v) sums[k] += load(a, a->x, i)
    FOR_VECTORS(ADD);
#undef ADD
    fold(sums, b);
    UNROLLED
    for (int v = 0; v < b.vectors; v++) means[v] = sums[v] / (float)b.rows;
#define ADD(i, k, v)                                               \
    do {                                                           \
        floats distance = load(a, a->x, i) - means[v];             \
        rests[k] += distance;                                      \
        squares[k] = fused_floats(distance, distance, squares[k]); \
    } while (0)
    FOR_VECTORS(ADD);
#undef ADD
    fold(rests, b);
    fold(squares, b);
    double share = (double)b.rows / (double)(b.first + b.rows), weight = (double)b.first * share;
    for (int v = 0; v < b.vectors; v++) {
        double *mean = room + b.channel + v * lanes, *square = mean + a->p->channels;
        for (ptrdiff_t lane = b.begin; lane < b.end; lane++) {
            // The mean of the block was rounded.
            double rest = (double)rests[v][lane], distance = (double)means[v][lane] + rest / (double)b.rows - mean[lane];
            mean[lane] += distance * share;
            square[lane] += (double)squares[v][lane] - rest * rest / (double)b.rows + distance * distance * weight;
        }
    }
}

// MARK: Forward

/// 1 / sqrt(variance + epsilon)
LOCKSTEP_INLINE float inverse_deviation(const plan *p, float variance) {
    return (float)(1.0 / sqrt((double)variance + (double)p->epsilon));
}

LOCKSTEP_INLINE void forward_rows(const pass *a, block b, void *y) {
    floats means[sums_at_once], factors[sums_at_once], shifts[sums_at_once];
    set_vectors(means, a, a->mean, b);
    set_vectors(factors, a, a->factors, b);
    set_vectors(shifts, a, a->shift, b);
    ptrdiff_t row = a->p->channels, end = (b.first + b.rows) * row;
    for (ptrdiff_t at = b.first * row + b.channel; at < end; at += row) {
        UNROLLED
        for (int v = 0; v < b.vectors; v++) {
            floats z = fused_floats(load(a, a->x, at + v * lanes) - means[v], factors[v], shifts[v]);
            store(a, y, at + v * lanes, a->relu ? through_relu(z, z) : z);
        }
    }
}

LOCKSTEP_INLINE void forward(
    const plan *p, void *y, float *mean, float *variance, const void *x, const float *scale, const float *shift,
    double *room, int relu, int rounded, int narrow) {
    float *factors = (float *)(room + 2 * p->channels);
    pass a = {.p = p, .count = p->rows * p->channels, .x = x, .mean = mean, .factors = factors, .shift = shift,
        .relu = relu, .rounded = rounded, .narrow = narrow};
    if (!p->uses_given_moments) {
        memset(room, 0, sizeof(double) * 2 * (size_t)p->channels);
        FOR_BLOCKS(add_moments(&a, b, room))
        for (ptrdiff_t i = 0; i < p->channels; i++) {
            mean[i] = (float)room[i];
            // Rounding may make the sum of a constant channel negative.
            double square = room[p->channels + i] < 0.0 ? 0.0 : room[p->channels + i];
            variance[i] = (float)(square / (double)p->rows);
        }
    }
    for (ptrdiff_t i = 0; i < p->channels; i++) factors[i] = scale[i] * inverse_deviation(p, variance[i]);
    FOR_BLOCKS(forward_rows(&a, b, y))
}

// MARK: Backward

/// Adds a block's sums of dz and of dz (x - mean) to `room`.
LOCKSTEP_INLINE void add_gradients(const pass *a, block b, double *room) {
    floats means[sums_at_once], factors[sums_at_once], shifts[sums_at_once];
    set_vectors(means, a, a->mean, b);
    set_vectors(factors, a, a->factors, b);
    set_vectors(shifts, a, a->shift, b);
    floats sums[sums_at_once] = {{0}}, products[sums_at_once] = {{0}};
#define ADD(i, k, v)                                                                       \
    do {                                                                                   \
        floats distance = load(a, a->x, i) - means[v], dz = load(a, a->dy, i);             \
        if (a->relu) dz = through_relu(dz, fused_floats(distance, factors[v], shifts[v])); \
        sums[k] += dz;                                                                     \
        products[k] = fused_floats(dz, distance, products[k]);                             \
    } while (0)
    FOR_VECTORS(ADD);
#undef ADD
    fold(sums, b);
    fold(products, b);
    for (int v = 0; v < b.vectors; v++) {
        double *sum = room + b.channel + v * lanes, *product = sum + a->p->channels;
        for (ptrdiff_t lane = b.begin; lane < b.end; lane++) {
            sum[lane] += (double)sums[v][lane];
            product[lane] += (double)products[v][lane];
        }
    }
}

/// dx = factor dz + slope (x - mean) + constant
LOCKSTEP_INLINE void backward_rows(const pass *a, block b, void *dx) {
    floats means[sums_at_once], factors[sums_at_once], shifts[sums_at_once];
    floats slopes[sums_at_once], constants[sums_at_once];
    set_vectors(means, a, a->mean, b);
    set_vectors(factors, a, a->factors, b);
    set_vectors(shifts, a, a->shift, b);
    set_vectors(slopes, a, a->slopes, b);
    set_vectors(constants, a, a->constants, b);
    ptrdiff_t row = a->p->channels, end = (b.first + b.rows) * row;
    for (ptrdiff_t at = b.first * row + b.channel; at < end; at += row) {
        UNROLLED
        for (int v = 0; v < b.vectors; v++) {
            ptrdiff_t i = at + v * lanes;
            floats distance = load(a, a->x, i) - means[v], dz = load(a, a->dy, i);
            if (a->relu) dz = through_relu(dz, fused_floats(distance, factors[v], shifts[v]));
            floats result = factors[v] * dz;
            if (!a->p->uses_given_moments)
                result = fused_floats(factors[v], dz, fused_floats(distance, slopes[v], constants[v]));
            store(a, dx, i, result);
        }
    }
}

LOCKSTEP_INLINE void backward(
    const plan *p, void *dx, float *dscale, float *dshift, const void *dy, const void *x, const float *mean,
    const float *variance, const float *scale, const float *shift, double *room, int relu, int rounded, int narrow) {
    ptrdiff_t channels = p->channels;
    float *factors = (float *)(room + 2 * channels), *slopes = factors + channels, *constants = slopes + channels;
    pass a = {.p = p, .count = p->rows * channels, .x = x, .dy = dy, .mean = mean, .factors = factors, .shift = shift,
        .slopes = slopes, .constants = constants, .relu = relu, .rounded = rounded, .narrow = narrow};
    for (ptrdiff_t i = 0; i < channels; i++) factors[i] = scale[i] * inverse_deviation(p, variance[i]);
    memset(room, 0, sizeof(double) * 2 * (size_t)channels);
    FOR_BLOCKS(add_gradients(&a, b, room))
    for (ptrdiff_t i = 0; i < channels; i++) {
        double root = (double)inverse_deviation(p, variance[i]), product = room[channels + i] * root;
        dshift[i] = (float)room[i];
        dscale[i] = (float)product;
        slopes[i] = (float)(-(double)factors[i] * root * product / (double)p->rows);
        constants[i] = (float)(-(double)factors[i] * room[i] / (double)p->rows);
    }
    if (dx) FOR_BLOCKS(backward_rows(&a, b, dx))
}

// MARK: Types and activations

#define FORWARD(name, relu, rounded)                                                                          \
    LOCKSTEP_CLONES static void name(const plan *p, void *y, float *mean, float *variance, const void *x,     \
        const float *scale, const float *shift, double *room) {                                               \
        if (p->channels < lanes)                                                                              \
            forward(p, y, mean, variance, x, scale, shift, room, relu, rounded, 1);                           \
        else                                                                                                  \
            forward(p, y, mean, variance, x, scale, shift, room, relu, rounded, 0);                           \
    }
FORWARD(forward_plain, 0, 0)
FORWARD(forward_relu, 1, 0)
FORWARD(forward_rounded, 0, 1)
FORWARD(forward_relu_rounded, 1, 1)

void lockstep_batch_normalization_forward(
    const plan *p, void *y, float *mean, float *variance, const void *x, const float *scale, const float *shift,
    double *room, int is_rounded) {
    if (p->has_relu)
        (is_rounded ? forward_relu_rounded : forward_relu)(p, y, mean, variance, x, scale, shift, room);
    else
        (is_rounded ? forward_rounded : forward_plain)(p, y, mean, variance, x, scale, shift, room);
}

#define BACKWARD(name, relu, rounded)                                                                         \
    LOCKSTEP_CLONES static void name(const plan *p, void *dx, float *dscale, float *dshift, const void *dy,   \
        const void *x, const float *mean, const float *variance, const float *scale, const float *shift,      \
        double *room) {                                                                                       \
        if (p->channels < lanes)                                                                              \
            backward(p, dx, dscale, dshift, dy, x, mean, variance, scale, shift, room, relu, rounded, 1);     \
        else                                                                                                  \
            backward(p, dx, dscale, dshift, dy, x, mean, variance, scale, shift, room, relu, rounded, 0);     \
    }
BACKWARD(backward_plain, 0, 0)
BACKWARD(backward_relu, 1, 0)
BACKWARD(backward_rounded, 0, 1)
BACKWARD(backward_relu_rounded, 1, 1)

void lockstep_batch_normalization_backward(
    const plan *p, void *dx, float *dscale, float *dshift, const void *dy, const void *x, const float *mean,
    const float *variance, const float *scale, const float *shift, double *room, int is_rounded) {
    if (p->has_relu)
        (is_rounded ? backward_relu_rounded : backward_relu)(
            p, dx, dscale, dshift, dy, x, mean, variance, scale, shift, room);
    else
        (is_rounded ? backward_rounded : backward_plain)(
            p, dx, dscale, dshift, dy, x, mean, variance, scale, shift, room);
}
