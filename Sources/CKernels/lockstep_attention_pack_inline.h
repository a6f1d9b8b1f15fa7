// Packs the vectors of one head into units; part of lockstep_attention_inline.h, which has the declarations.
#pragma once

/// to [keys, width] = L vectors of one head, `row` numbers apart, each padded with zeros; later rows are
/// unused.
INLINE void pack_left(unit *to, const number *from, ptrdiff_t row, const lockstep_attention *a, extents e) {
    size_t size = sizeof(number) * (size_t)a->dimension;
    for (ptrdiff_t i = 0; i < a->length; i++) {
        memcpy(to + i * e.width, from + i * row, size);
        memset((char *)(to + i * e.width) + size, 0, 4 * (size_t)e.width - size);
    }
}

#define EXCHANGE(distance, low, high)                              \
    UNROLLED                                                       \
    for (int i = 0; i < lanes; i++) {                              \
        if (i & distance) continue;                                \
        units x = block[i], y = block[i + distance];               \
        block[i] = __builtin_shufflevector(x, y, low);             \
        block[i + distance] = __builtin_shufflevector(x, y, high); \
    }
#define LIST(...) __VA_ARGS__

/// to [width, keys] = L vectors of one head, `row` numbers apart, transposed in blocks of 16 x 16 units and
/// padded with zeros.
INLINE void pack_turned(unit *to, const number *from, ptrdiff_t row, const lockstep_attention *a, extents e) {
    for (ptrdiff_t first = 0; first < e.keys; first += lanes) {
        for (ptrdiff_t column = 0; column < e.width; column += lanes) {
            ptrdiff_t there = a->dimension - column * NUMBERS_PER_UNIT;
            units block[lanes];
            UNROLLED
            for (int i = 0; i < lanes; i++) {
                const number *place = from + (first + i) * row + column * NUMBERS_PER_UNIT;
                block[i] = (units){0};
                if (first + i >= a->length) continue;
                if (there >= lanes * NUMBERS_PER_UNIT)
                    block[i] = *(const units *)place;
                else
                    memcpy(&block[i], place, sizeof(number) * (size_t)there);
            }
            EXCHANGE(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
            EXCHANGE(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
                LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
            EXCHANGE(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
                LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
            EXCHANGE(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
                LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
            UNROLLED
            for (int i = 0; i < lanes; i++) *(units *)(to + (column + i) * e.keys + first) = block[i];
        }
    }
}

/// to [steps, columns] = L rows of `count` numbers, `row` numbers apart: units of bfloat16 hold numbers of
/// two rows.
INLINE void pack_right(
    unit *to, ptrdiff_t columns, const number *from, ptrdiff_t row, ptrdiff_t count, const lockstep_attention *a) {
    for (ptrdiff_t i = 0; i < a->length; i += NUMBERS_PER_UNIT, to += columns, from += NUMBERS_PER_UNIT * row) {
        if (NUMBERS_PER_UNIT == 1) {
            memcpy(to, from, sizeof(number) * (size_t)count);
        } else if (i + 1 < a->length) {
            for (ptrdiff_t j = 0; j < count; j++) to[j] = (uint32_t)from[j] | (uint32_t)from[row + j] << 16;
        } else {
            for (ptrdiff_t j = 0; j < count; j++) to[j] = (uint32_t)from[j];
        }
        memset(to + count, 0, 4 * (size_t)(columns - count));
    }
}
