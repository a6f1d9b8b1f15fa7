#include "lockstep_bfloat16.h"
#include "lockstep_clones.h"
#include "lockstep_elementwise.h"
#include "lockstep_number_inline.h"

// Every clone must give the same bits: no operation is contracted.
#pragma clang fp contract(off)

// The columns whose sums stay in the cache while rows are read from start to end; and the number of rows
// added at once, in order.
enum { tile = 512, group = 4 };

LOCKSTEP_INLINE void column_sums(
    float *sums, const void *x, ptrdiff_t rows, ptrdiff_t columns, double factor, int is_rounded) {
    for (ptrdiff_t first = 0; first < columns; first += tile) {
        ptrdiff_t count = columns - first < tile ? columns - first : tile, row = 0;
        double partial[tile] = {0};
        for (; row + group <= rows; row += group) {
            ptrdiff_t a = row * columns + first, b = a + columns, c = b + columns, d = c + columns;
            for (ptrdiff_t i = 0; i < count; i++) {
                double sum = partial[i] + (double)number(x, a + i, is_rounded);
                sum += (double)number(x, b + i, is_rounded);
                sum += (double)number(x, c + i, is_rounded);
                partial[i] = sum + (double)number(x, d + i, is_rounded);
            }
        }
        for (; row < rows; row++) {
            ptrdiff_t a = row * columns + first;
            for (ptrdiff_t i = 0; i < count; i++) partial[i] += (double)number(x, a + i, is_rounded);
        }
        for (ptrdiff_t i = 0; i < count; i++) sums[first + i] = (float)(partial[i] * factor);
    }
}

LOCKSTEP_CLONES
void lockstep_column_sums(float *sums, const float *x, ptrdiff_t rows, ptrdiff_t columns, double factor) {
    column_sums(sums, x, rows, columns, factor, 0);
}

LOCKSTEP_CLONES
void lockstep_bfloat16_column_sums(float *sums, const uint16_t *x, ptrdiff_t rows, ptrdiff_t columns) {
    column_sums(sums, x, rows, columns, 1, 1);
}
