#include "lockstep_clones.h"
#include "lockstep_elementwise.h"

#pragma clang fp contract(off)

LOCKSTEP_CLONES
void lockstep_accumulate(float *restrict destination, const float *restrict source, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] += source[i];
}

LOCKSTEP_CLONES
void lockstep_scale(float *destination, const float *source, ptrdiff_t count, float factor) {
    for (ptrdiff_t i = 0; i < count; i++) destination[i] = source[i] * factor;
}

enum { tile = 64 };

LOCKSTEP_CLONES
void lockstep_column_sums(float *sums, const float *x, ptrdiff_t rows, ptrdiff_t columns, double factor) {
    ptrdiff_t whole = columns / tile * tile;
    for (ptrdiff_t first = 0; first < whole; first += tile) {
        double partial[tile] = {0};
        for (ptrdiff_t row = 0; row < rows; row++) {
            const float *place = x + row * columns + first;
            for (int i = 0; i < tile; i++) partial[i] += (double)place[i];
        }
        for (int i = 0; i < tile; i++) sums[first + i] = (float)(partial[i] * factor);
    }
    ptrdiff_t rest = columns - whole;
    double partial[tile] = {0};
    for (ptrdiff_t row = 0; row < rows; row++) {
        const float *place = x + row * columns + whole;
        for (ptrdiff_t i = 0; i < rest; i++) partial[i] += (double)place[i];
    }
    for (ptrdiff_t i = 0; i < rest; i++) sums[whole + i] = (float)(partial[i] * factor);
}
