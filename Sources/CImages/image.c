#include "internal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lockstep_image_fail(lockstep_image *image, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(image->message, sizeof image->message, format, arguments);
    va_end(arguments);
    return status;
}

int lockstep_image_check_size(lockstep_image *image, int64_t width, int64_t height)
{
    if (width < 1 || height < 1) {
        return lockstep_image_fail(
            image, LOCKSTEP_IMAGE_CORRUPT, "the picture is %lld x %lld pixels", (long long)width, (long long)height);
    }
    if (width > LOCKSTEP_IMAGE_SIDE || height > LOCKSTEP_IMAGE_SIDE || width * height > LOCKSTEP_IMAGE_PIXELS) {
        return lockstep_image_fail(
            image, LOCKSTEP_IMAGE_TOO_LARGE, "the picture is %lld x %lld pixels, and at most %lld of at most %d a side are read",
            (long long)width, (long long)height, (long long)LOCKSTEP_IMAGE_PIXELS, LOCKSTEP_IMAGE_SIDE);
    }
    return LOCKSTEP_IMAGE_OK;
}

static int reserve(lockstep_image *image, uint8_t **buffer, size_t *capacity, size_t count)
{
    if (count <= *capacity) return LOCKSTEP_IMAGE_OK;
    free(*buffer);
    *capacity = 0;
    *buffer = malloc(count);
    if (*buffer == NULL) {
        return lockstep_image_fail(image, LOCKSTEP_IMAGE_NO_MEMORY, "there is no memory for %zu bytes of pixels", count);
    }
    *capacity = count;
    return LOCKSTEP_IMAGE_OK;
}

int lockstep_image_reserve(lockstep_image *image, size_t count)
{
    return reserve(image, &image->pixels, &image->capacity, count);
}

int lockstep_image_reserve_scratch(lockstep_image *image, size_t count)
{
    return reserve(image, &image->scratch, &image->scratch_capacity, count);
}

void lockstep_image_free(lockstep_image *image)
{
    free(image->pixels);
    free(image->scratch);
    memset(image, 0, sizeof *image);
}

// Source: CIPA DC-008 (EXIF 2.3), 4.6: a TIFF header, then the entries of the first directory.
int lockstep_exif_orientation(const uint8_t *exif, size_t count)
{
    if (count < 14) return 1;
    bool is_little = exif[0] == 'I' && exif[1] == 'I';
    if (!is_little && !(exif[0] == 'M' && exif[1] == 'M')) return 1;
#define SHORT(place) ((unsigned)(is_little ? exif[place] | exif[(place) + 1] << 8 : exif[place] << 8 | exif[(place) + 1]))
    size_t place = is_little ? SHORT(4) | (size_t)SHORT(6) << 16 : (size_t)SHORT(4) << 16 | SHORT(6);
    if (place > count - 2) return 1;
    unsigned entries = SHORT(place);
    place += 2;
    for (unsigned entry = 0; entry < entries && place + 12 <= count; entry++, place += 12) {
        if (SHORT(place) != 0x0112) continue;
        unsigned value = SHORT(place + 8);
        return SHORT(place + 2) == 3 && value >= 1 && value <= 8 ? (int)value : 1;
    }
#undef SHORT
    return 1;
}

enum { FORMAT_NONE, FORMAT_JPEG, FORMAT_PNG, FORMAT_TIFF };

static int format_of(const uint8_t *bytes, size_t count)
{
    if (count >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF) return FORMAT_JPEG;
    if (count >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return FORMAT_PNG;
    if (count >= 4
        && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 || memcmp(bytes, "II+\0", 4) == 0
            || memcmp(bytes, "MM\0+", 4) == 0)) {
        return FORMAT_TIFF;
    }
    return FORMAT_NONE;
}

static int unknown(const uint8_t *bytes, size_t count, lockstep_image *image)
{
    if (count == 0) return lockstep_image_fail(image, LOCKSTEP_IMAGE_TRUNCATED, "the file is empty");
    return lockstep_image_fail(
        image, LOCKSTEP_IMAGE_UNKNOWN, "neither JPEG nor PNG nor TIFF: it begins with %02x %02x %02x %02x", bytes[0],
        count > 1 ? bytes[1] : 0, count > 2 ? bytes[2] : 0, count > 3 ? bytes[3] : 0);
}

int lockstep_image_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header)
{
    int status;
    switch (format_of(bytes, count)) {
    case FORMAT_JPEG: status = lockstep_jpeg_measure(bytes, count, image, header); break;
    case FORMAT_PNG: status = lockstep_png_measure(bytes, count, image, header); break;
    case FORMAT_TIFF: status = lockstep_tiff_measure(bytes, count, image, header); break;
    default: return unknown(bytes, count, image);
    }
    if (status == LOCKSTEP_IMAGE_OK && header->orientation >= 5) {
        int width = header->width;
        header->width = header->height;
        header->height = width;
    }
    return status;
}

// Luma of ITU-R BT.601 in 16 bits, which add up to 65536.
static void to_grey(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned red = pixels[3 * i], green = pixels[3 * i + 1], blue = pixels[3 * i + 2];
        pixels[i] = (uint8_t)((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
    }
}

static void to_color(uint8_t *pixels, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        uint8_t value = pixels[i];
        pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = value;
    }
}

// Turns a picture upright. Orientation o: 2 mirrored, 3 upside down, 4 both; 5 to 8 the same with rows and columns exchanged.
static int turn(lockstep_image *image, int orientation)
{
    if (orientation <= 1) return LOCKSTEP_IMAGE_OK;
    int width = image->width, height = image->height, channels = image->channels;
    int status = lockstep_image_reserve_scratch(image, (size_t)width * (size_t)height * (size_t)channels);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    bool is_exchanged = orientation >= 5;
    int rows = is_exchanged ? width : height, columns = is_exchanged ? height : width;
    bool from_bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    bool from_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    uint8_t *place = image->scratch;
    for (int row = 0; row < rows; row++) {
        int y = from_bottom ? rows - 1 - row : row;
        for (int column = 0; column < columns; column++) {
            int x = from_right ? columns - 1 - column : column;
            size_t source = is_exchanged ? (size_t)x * (size_t)width + (size_t)y : (size_t)y * (size_t)width + (size_t)x;
            const uint8_t *pixel = image->pixels + source * (size_t)channels;
            for (int channel = 0; channel < channels; channel++) *place++ = pixel[channel];
        }
    }
    uint8_t *pixels = image->pixels;
    image->pixels = image->scratch;
    image->scratch = pixels;
    size_t capacity = image->capacity;
    image->capacity = image->scratch_capacity;
    image->scratch_capacity = capacity;
    image->width = columns;
    image->height = rows;
    return LOCKSTEP_IMAGE_OK;
}

int lockstep_image_decode(
    const uint8_t *bytes, size_t count, int channels, int background, int reduction, lockstep_image *image)
{
    int orientation = 1, status;
    switch (format_of(bytes, count)) {
    case FORMAT_JPEG: status = lockstep_jpeg_decode(bytes, count, background, reduction, image, &orientation); break;
    case FORMAT_PNG: status = lockstep_png_decode(bytes, count, background, image, &orientation); break;
    case FORMAT_TIFF: status = lockstep_tiff_decode(bytes, count, background, image, &orientation); break;
    default: return unknown(bytes, count, image);
    }
    if (status != LOCKSTEP_IMAGE_OK) return status;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    if (channels == 1 && image->channels == 3) to_grey(image->pixels, pixels);
    if (channels == 3 && image->channels == 1) to_color(image->pixels, pixels);
    image->channels = channels;
    return turn(image, orientation);
}
