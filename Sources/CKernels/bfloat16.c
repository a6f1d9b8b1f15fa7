#include "lockstep_bfloat16.h"

#include "lockstep_bfloat16_inline.h"
#include "lockstep_clones.h"

#include <string.h>

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_bfloat16_round(uint16_t *restrict y, const float *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_bfloat16_of(x[i]);
}

LOCKSTEP_CLONES
void lockstep_bfloat16_widen(float *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] = lockstep_float_of(x[i]);
}

enum { widening = 32 };

LOCKSTEP_CLONES
void lockstep_bfloat16_widen_in_place(float *y, ptrdiff_t count) {
    // What is written never reaches what is read later: float i ends at byte 4i + 4, number i + 1 begins at 2 count + 2i + 2.
    const char *x = (const char *)y + 2 * count;
    ptrdiff_t i = 0;
    for (; i + widening <= count; i += widening) {
        uint16_t block[widening];
        memcpy(block, x + 2 * i, sizeof block);
        for (int j = 0; j < widening; j++) y[i + j] = lockstep_float_of(block[j]);
    }
    for (; i < count; i++) {
        uint16_t number;
        memcpy(&number, x + 2 * i, sizeof number);
        y[i] = lockstep_float_of(number);
    }
}

LOCKSTEP_CLONES
void lockstep_bfloat16_accumulate(uint16_t *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++)
        y[i] = lockstep_bfloat16_of(lockstep_float_of(y[i]) + lockstep_float_of(x[i]));
}

LOCKSTEP_CLONES
void lockstep_bfloat16_accumulate_wide(float *restrict y, const uint16_t *restrict x, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) y[i] += lockstep_float_of(x[i]);
}

enum { tile = 64 };

LOCKSTEP_CLONES
void lockstep_bfloat16_column_sums(float *sums, const uint16_t *x, ptrdiff_t rows, ptrdiff_t columns) {
    ptrdiff_t whole = columns / tile * tile;
    for (ptrdiff_t first = 0; first < whole; first += tile) {
        double partial[tile] = {0};
        for (ptrdiff_t row = 0; row < rows; row++) {
            const uint16_t *place = x + row * columns + first;
            for (int i = 0; i < tile; i++) partial[i] += (double)lockstep_float_of(place[i]);
        }
        for (int i = 0; i < tile; i++) sums[first + i] = (float)partial[i];
    }
    ptrdiff_t rest = columns - whole;
    double partial[tile] = {0};
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint16_t *place = x + row * columns + whole;
        for (ptrdiff_t i = 0; i < rest; i++) partial[i] += (double)lockstep_float_of(place[i]);
    }
    for (ptrdiff_t i = 0; i < rest; i++) sums[whole + i] = (float)partial[i];
}
