#include "lockstep_max_pool.h"

#include <stdint.h>
#include <string.h>

#include "lockstep_clones.h"

// A vector of 16 channels, which the compiler splits into the processor's width.
enum { lanes = 16 };
typedef float floats __attribute__((ext_vector_type(lanes)));
typedef int32_t integers __attribute__((ext_vector_type(lanes)));
typedef uint32_t words __attribute__((ext_vector_type(lanes)));
typedef uint16_t halves __attribute__((ext_vector_type(lanes)));
typedef uint8_t bytes __attribute__((ext_vector_type(lanes)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

/// The positions of one window that lie within the image.
typedef struct {
    ptrdiff_t start;  ///< the element of x where the window begins, perhaps outside of the image
    ptrdiff_t first_kh, end_kh, first_kw, end_kw;
    int is_wide;  ///< whether a whole vector can be read at every place, and written: what is too much is written again
} window;

INLINE void load(floats *value, const void *x, ptrdiff_t place, ptrdiff_t count, int rounded) {
    if (rounded) {
        halves narrow = 0;
        memcpy(&narrow, (const uint16_t *)x + place, 2 * (size_t)count);
        *value = (floats)(__builtin_convertvector(narrow, words) << 16);
    } else {
        *value = 0;
        memcpy(value, (const float *)x + place, 4 * (size_t)count);
    }
}

/// The numbers came from bfloat16, so their lower 16 bits are zero.
INLINE void store(void *y, ptrdiff_t place, ptrdiff_t count, int rounded, const floats *value) {
    if (rounded) {
        halves narrow = __builtin_convertvector((words)*value >> 16, halves);
        memcpy((uint16_t *)y + place, &narrow, 2 * (size_t)count);
    } else {
        memcpy((float *)y + place, value, 4 * (size_t)count);
    }
}

/// Computes `vectors` vectors of channels from `channel` on, the last with `count` channels. y and places
/// begin at this output pixel. height and width are those of a window within the image, as constants for
/// common sizes; else 0.
INLINE void channels(
    int vectors, ptrdiff_t count, ptrdiff_t height, ptrdiff_t width, void *y, void *places, const void *x,
    const lockstep_max_pool *p, window w, ptrdiff_t channel, int rounded) {
    ptrdiff_t end_kh = height ? height : w.end_kh, end_kw = width ? width : w.end_kw;
    ptrdiff_t first_kh = height ? 0 : w.first_kh, first_kw = width ? 0 : w.first_kw;
    ptrdiff_t kernel_width = width ? width : p->kernel_width;
    ptrdiff_t line = p->width * p->channels, begin = w.start + channel;
    floats best[4];
    integers place[4];
    UNROLLED
    for (int v = 0; v < vectors; v++) {
        load(&best[v], x, begin + first_kh * line + first_kw * p->channels + lanes * v, count, rounded);
        place[v] = (int32_t)(first_kh * kernel_width + first_kw);
    }
    for (ptrdiff_t kh = first_kh; kh < end_kh; kh++) {
        for (ptrdiff_t kw = first_kw; kw < end_kw; kw++) {
            integers here = (int32_t)(kh * kernel_width + kw);
            UNROLLED
            for (int v = 0; v < vectors; v++) {
                floats value;
                load(&value, x, begin + kh * line + kw * p->channels + lanes * v, count, rounded);
                integers wins = (value > best[v]) | (value != value);
                best[v] = wins ? value : best[v];
                place[v] = wins ? here : place[v];
            }
        }
    }
    UNROLLED
    for (int v = 0; v < vectors; v++) {
        ptrdiff_t to = channel + lanes * v;
        floats result = best[v];
        if (p->has_relu) result = result <= 0.0f ? (floats)0.0f : result;
        store(y, to, count, rounded, &result);
        if (p->place_bytes == 1) {
            bytes narrow = __builtin_convertvector(place[v], bytes);
            memcpy((uint8_t *)places + to, &narrow, (size_t)count);
        } else {
            memcpy((int32_t *)places + to, &place[v], 4 * (size_t)count);
        }
    }
}

INLINE void pixel(
    ptrdiff_t height, ptrdiff_t width, void *y, void *places, const void *x, const lockstep_max_pool *p, window w,
    int rounded) {
    ptrdiff_t channel = 0, all = p->channels;
    for (; channel + 4 * lanes <= all; channel += 4 * lanes)
        channels(4, lanes, height, width, y, places, x, p, w, channel, rounded);
    if (channel + 2 * lanes <= all) {
        channels(2, lanes, height, width, y, places, x, p, w, channel, rounded);
        channel += 2 * lanes;
    }
    if (channel + lanes <= all) {
        channels(1, lanes, height, width, y, places, x, p, w, channel, rounded);
        channel += lanes;
    }
    if (channel == all) return;
    // Recomputes some channels to fill the last vector.
    if (all >= lanes)
        channels(1, lanes, height, width, y, places, x, p, w, all - lanes, rounded);
    else if (w.is_wide)
        channels(1, lanes, height, width, y, places, x, p, w, 0, rounded);
    else
        channels(1, all, 0, 0, y, places, x, p, w, 0, rounded);
}

INLINE ptrdiff_t at_least_0(ptrdiff_t x) { return x < 0 ? 0 : x; }
INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

INLINE void run(
    void *y, void *places, const void *x, const lockstep_max_pool *p, ptrdiff_t first, ptrdiff_t end, int rounded) {
    int is_2 = p->kernel_height == 2 && p->kernel_width == 2, is_3 = p->kernel_height == 3 && p->kernel_width == 3;
    ptrdiff_t input_end = p->samples * p->height * p->width * p->channels;
    ptrdiff_t output_end = end * p->output_width * p->channels;
    for (ptrdiff_t line = first; line < end; line++) {
        ptrdiff_t row = line % p->output_height * p->stride_h - p->padding_h;
        window w = {.first_kh = at_least_0(-row), .end_kh = smaller(p->kernel_height, p->height - row)};
        int is_whole_row = w.first_kh == 0 && w.end_kh == p->kernel_height;
        ptrdiff_t image_row = line / p->output_height * p->height + row;
        for (ptrdiff_t out = 0; out < p->output_width; out++) {
            ptrdiff_t column = out * p->stride_w - p->padding_w;
            w.first_kw = at_least_0(-column);
            w.end_kw = smaller(p->kernel_width, p->width - column);
            w.start = (image_row * p->width + column) * p->channels;
            int is_whole = is_whole_row && w.first_kw == 0 && w.end_kw == p->kernel_width;
            ptrdiff_t start = (line * p->output_width + out) * p->channels;
            ptrdiff_t last = w.start + ((w.end_kh - 1) * p->width + w.end_kw - 1) * p->channels;
            w.is_wide = last + lanes <= input_end && start + lanes <= output_end;
            void *to = (char *)y + start * (rounded ? 2 : 4), *to_places = (char *)places + start * p->place_bytes;
            if (is_whole && is_2)
                pixel(2, 2, to, to_places, x, p, w, rounded);
            else if (is_whole && is_3)
                pixel(3, 3, to, to_places, x, p, w, rounded);
            else
                pixel(0, 0, to, to_places, x, p, w, rounded);
        }
    }
}

LOCKSTEP_CLONES
static void run_floats(
    void *y, void *places, const void *x, const lockstep_max_pool *p, ptrdiff_t first, ptrdiff_t end) {
    run(y, places, x, p, first, end, 0);
}

LOCKSTEP_CLONES
static void run_rounded(
    void *y, void *places, const void *x, const lockstep_max_pool *p, ptrdiff_t first, ptrdiff_t end) {
    run(y, places, x, p, first, end, 1);
}

void lockstep_max_pool_rows(
    void *y, void *places, const void *x, const lockstep_max_pool *pool, ptrdiff_t first, ptrdiff_t end) {
    (pool->is_rounded ? run_rounded : run_floats)(y, places, x, pool, first, end);
}
