#pragma once
#include "CImages.h"

// Sets the message and returns the status.
int lockstep_image_fail(lockstep_image *image, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Refuses a picture that is too large or empty.
int lockstep_image_check_size(lockstep_image *image, int64_t width, int64_t height);

// Grows a buffer; its contents are lost.
int lockstep_image_reserve(lockstep_image *image, size_t count);
int lockstep_image_reserve_scratch(lockstep_image *image, size_t count);

int lockstep_jpeg_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header);
int lockstep_png_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header);
int lockstep_tiff_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header);

// Decode to pixels as stored: not turned, 1 or 3 channels as in the file, alpha put on the background or dropped.
// `pixels` has room for 4 bytes a pixel. `orientation` is 1 to 8.
int lockstep_jpeg_decode(
    const uint8_t *bytes, size_t count, int background, int reduction, lockstep_image *image, int *orientation);
int lockstep_png_decode(const uint8_t *bytes, size_t count, int background, lockstep_image *image, int *orientation);
int lockstep_tiff_decode(const uint8_t *bytes, size_t count, int background, lockstep_image *image, int *orientation);

// The orientation in EXIF data, which begin with the byte order; 1 where they have none.
int lockstep_exif_orientation(const uint8_t *exif, size_t count);

// A colour with an alpha value on a background, rounded: (color alpha + background (255 - alpha)) / 255.
static inline uint8_t lockstep_composite(unsigned color, unsigned alpha, unsigned background)
{
    return (uint8_t)((color * alpha + background * (255 - alpha) + 127) / 255);
}
