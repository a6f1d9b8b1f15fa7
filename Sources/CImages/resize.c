#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lockstep_clones.h"

#define WEIGHT_BITS 22

// The weights of the pixels that make up one column or row.
typedef struct {
    int count;
    // For each output its first source pixel; the next `taps` follow, with weights of zero at the end.
    int32_t *first;
    // [count][taps]
    int32_t *weights;
    int taps;
} axis;

static int taps_of(double size, int outputs)
{
    double scale = size / outputs;
    return (int)ceil(scale < 1 ? 1 : scale) * 2 + 1;
}

// Triangle filter of half width max(1, scale) about the centre of each output pixel, normalised to a sum of 2^22.
// length: the number of pixels of the source; begin and size: the part that becomes `outputs` pixels.
static void fill(axis *axis, int length, double begin, double size, int outputs, int window_begin)
{
    double scale = size / outputs, half = scale < 1 ? 1 : scale;
    for (int i = 0; i < axis->count; i++) {
        double center = begin + (window_begin + i + 0.5) * scale;
        int first = (int)(center - half + 0.5), last = (int)(center + half + 0.5);
        if (first < 0) first = 0;
        if (last > length) last = length;
        if (last - first > axis->taps) last = first + axis->taps;
        // At an edge the whole row of taps must lie inside.
        int base = first + axis->taps <= length ? first : length > axis->taps ? length - axis->taps : 0;
        int32_t *weights = axis->weights + (ptrdiff_t)i * axis->taps;
        memset(weights, 0, (size_t)axis->taps * sizeof *weights);
        double sum = 0;
        for (int x = first; x < last; x++) {
            double distance = fabs((x - center + 0.5) / half);
            if (distance < 1) sum += 1 - distance;
        }
        axis->first[i] = base;
        for (int x = first; x < last; x++) {
            double distance = fabs((x - center + 0.5) / half);
            double weight = distance < 1 ? (1 - distance) / sum : 0;
            weights[x - base] = (int32_t)lrint(weight * (1 << WEIGHT_BITS));
        }
    }
}

static inline uint8_t round_byte(int32_t sum)
{
    int32_t value = sum >> WEIGHT_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// One row of output: the weighted sum of `taps` rows. sums and result: [count].
LOCKSTEP_CLONES
static void mix_rows(
    uint8_t *restrict result, int32_t *restrict sums, const uint8_t *restrict rows, ptrdiff_t stride, ptrdiff_t count,
    const int32_t *restrict weights, int taps)
{
    for (ptrdiff_t x = 0; x < count; x++) sums[x] = 1 << (WEIGHT_BITS - 1);
    for (int tap = 0; tap < taps; tap++) {
        int32_t weight = weights[tap];
        const uint8_t *row = rows + tap * stride;
        if (weight == 0) continue;
        for (ptrdiff_t x = 0; x < count; x++) sums[x] += weight * row[x];
    }
    for (ptrdiff_t x = 0; x < count; x++) result[x] = round_byte(sums[x]);
}

// One row of output from one row of input. Shapes: source [.][3], result [count][3].
LOCKSTEP_CLONES
static void mix_colors(uint8_t *restrict result, const uint8_t *restrict source, const axis *restrict axis, int offset)
{
    for (int i = 0; i < axis->count; i++) {
        const uint8_t *pixel = source + (ptrdiff_t)(axis->first[i] - offset) * 3;
        const int32_t *weights = axis->weights + (ptrdiff_t)i * axis->taps;
        int32_t red = 1 << (WEIGHT_BITS - 1), green = red, blue = red;
        for (int tap = 0; tap < axis->taps; tap++) {
            red += weights[tap] * pixel[3 * tap];
            green += weights[tap] * pixel[3 * tap + 1];
            blue += weights[tap] * pixel[3 * tap + 2];
        }
        result[3 * i] = round_byte(red);
        result[3 * i + 1] = round_byte(green);
        result[3 * i + 2] = round_byte(blue);
    }
}

LOCKSTEP_CLONES
static void mix_greys(uint8_t *restrict result, const uint8_t *restrict source, const axis *restrict axis, int offset)
{
    for (int i = 0; i < axis->count; i++) {
        const uint8_t *pixel = source + (ptrdiff_t)(axis->first[i] - offset);
        const int32_t *weights = axis->weights + (ptrdiff_t)i * axis->taps;
        int32_t sum = 1 << (WEIGHT_BITS - 1);
        for (int tap = 0; tap < axis->taps; tap++) sum += weights[tap] * pixel[tap];
        result[i] = round_byte(sum);
    }
}

static int is_valid(const lockstep_image *image, const lockstep_image_box *box)
{
    return image->width > 0 && image->height > 0 && (image->channels == 1 || image->channels == 3) && box->x >= 0
        && box->y >= 0 && box->width > 0 && box->height > 0 && box->x + box->width <= image->width + 1e-6
        && box->y + box->height <= image->height + 1e-6 && box->columns > 0 && box->rows > 0
        && box->columns <= LOCKSTEP_IMAGE_SIDE && box->rows <= LOCKSTEP_IMAGE_SIDE && box->left >= 0 && box->top >= 0
        && box->window_width > 0 && box->window_height > 0 && box->left <= box->columns - box->window_width
        && box->top <= box->rows - box->window_height;
}

int lockstep_image_resize(
    const lockstep_image *image, const lockstep_image_box *box, uint8_t *result, lockstep_resize_scratch *scratch)
{
    if (!is_valid(image, box)) return LOCKSTEP_IMAGE_UNSUPPORTED;
    axis columns = {.count = box->window_width, .taps = taps_of(box->width, box->columns)};
    axis rows = {.count = box->window_height, .taps = taps_of(box->height, box->rows)};
    if (columns.taps > image->width) columns.taps = image->width;
    if (rows.taps > image->height) rows.taps = image->height;
    size_t channels = (size_t)image->channels, source_width = (size_t)image->width * channels;
    size_t axis_words = (size_t)columns.count * (size_t)(columns.taps + 1) + (size_t)rows.count * (size_t)(rows.taps + 1);
    // Sums in 32 bits, and a row of bytes.
    size_t words = axis_words + source_width + source_width / 4 + 1;
    if (words > scratch->capacity) {
        free(scratch->memory);
        scratch->capacity = 0;
        scratch->memory = malloc(words * sizeof *scratch->memory);
        if (scratch->memory == NULL) return LOCKSTEP_IMAGE_NO_MEMORY;
        scratch->capacity = words;
    }
    int32_t *place = scratch->memory;
    columns.first = place;
    columns.weights = (place += columns.count);
    rows.first = (place += (ptrdiff_t)columns.count * columns.taps);
    rows.weights = (place += rows.count);
    int32_t *sums = (place += (ptrdiff_t)rows.count * rows.taps);
    uint8_t *mixed = (uint8_t *)(place + source_width);
    fill(&columns, image->width, box->x, box->width, box->columns, box->left);
    fill(&rows, image->height, box->y, box->height, box->rows, box->top);
    // Only the columns that the window needs.
    int first = image->width, last = 0;
    for (int i = 0; i < columns.count; i++) {
        if (columns.first[i] < first) first = columns.first[i];
        if (columns.first[i] + columns.taps > last) last = columns.first[i] + columns.taps;
    }
    for (int row = 0; row < rows.count; row++) {
        const uint8_t *source = image->pixels + ((size_t)rows.first[row] * (size_t)image->width + (size_t)first) * channels;
        mix_rows(
            mixed, sums, source, (ptrdiff_t)source_width, (ptrdiff_t)(last - first) * image->channels,
            rows.weights + (ptrdiff_t)row * rows.taps, rows.taps);
        uint8_t *target = result + (size_t)row * (size_t)box->window_width * channels;
        if (image->channels == 3) mix_colors(target, mixed, &columns, first);
        else mix_greys(target, mixed, &columns, first);
    }
    return LOCKSTEP_IMAGE_OK;
}

void lockstep_resize_free(lockstep_resize_scratch *scratch)
{
    free(scratch->memory);
    memset(scratch, 0, sizeof *scratch);
}
