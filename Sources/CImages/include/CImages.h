#pragma once
#include <stddef.h>
#include <stdint.h>

// Pictures of the formats JPEG, PNG and TIFF, decoded to bytes [height][width][channels], and cut out and resized.
//
// All memory is bounded: a picture of more than LOCKSTEP_IMAGE_PIXELS is refused before any is allocated for it. Buffers are
// reused from picture to picture. Errors of the libraries stay inside: every function returns a status.

// The largest number of pixels of a picture: 67 million, as of 8192 x 8192.
#define LOCKSTEP_IMAGE_PIXELS ((int64_t)1 << 26)
// The largest width or height.
#define LOCKSTEP_IMAGE_SIDE 65500

enum {
    LOCKSTEP_IMAGE_OK = 0,
    // None of the formats.
    LOCKSTEP_IMAGE_UNKNOWN = 1,
    // The file ends too early.
    LOCKSTEP_IMAGE_TRUNCATED = 2,
    // The data contradict each other.
    LOCKSTEP_IMAGE_CORRUPT = 3,
    // A valid file of a kind that is not read.
    LOCKSTEP_IMAGE_UNSUPPORTED = 4,
    // More pixels than are read.
    LOCKSTEP_IMAGE_TOO_LARGE = 5,
    // The system has no more memory.
    LOCKSTEP_IMAGE_NO_MEMORY = 6,
};

// A picture and the memory that it is decoded in. All zeros is an empty one.
typedef struct {
    // [height][width][channels]
    uint8_t *pixels;
    size_t capacity;
    // For turning a picture, and rows of other types.
    uint8_t *scratch;
    size_t scratch_capacity;
    int width;
    int height;
    int channels;
    // Why a function did not return LOCKSTEP_IMAGE_OK.
    char message[200];
} lockstep_image;

// What a file says before it is decoded. Width and height are those of the upright picture.
typedef struct {
    int width;
    int height;
    // 1 to 8, as in EXIF.
    int orientation;
} lockstep_image_header;

// Reads the header of a picture in memory.
int lockstep_image_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header);

// Decodes a picture in memory, upright.
// channels: 1 for grey, 3 for RGB; the file's are converted.
// background: -1 to drop an alpha channel, or the grey level 0 to 255 that a transparent picture is put on.
// reduction: 1, 2, 4 or 8: a JPEG may be decoded at this fraction of its size, which is much faster; others are not reduced.
int lockstep_image_decode(
    const uint8_t *bytes, size_t count, int channels, int background, int reduction, lockstep_image *image);

void lockstep_image_free(lockstep_image *image);

// A resize: the source box [x, x + width) x [y, y + height) becomes columns x rows pixels, of which only the window
// [left, left + window_width) x [top, top + window_height) is computed.
typedef struct {
    double x, y, width, height;
    int columns, rows;
    int left, top, window_width, window_height;
} lockstep_image_box;

// The memory of a resize; all zeros is an empty one.
typedef struct {
    int32_t *memory;
    size_t capacity;
} lockstep_resize_scratch;

// Resizes with the triangle filter ("bilinear with antialiasing"): the filter is stretched by the factor of reduction; weights
// are rounded to 2^-22, and sums to bytes, first those over rows and then those over columns. Whole numbers only: the same bits
// on every processor.
// result: [window_height][window_width][channels]
int lockstep_image_resize(
    const lockstep_image *image, const lockstep_image_box *box, uint8_t *result, lockstep_resize_scratch *scratch);

void lockstep_resize_free(lockstep_resize_scratch *scratch);
