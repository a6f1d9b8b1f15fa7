#include "internal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>
#include <tiffvers.h>

// Strips, tiles and tables of libtiff.
#define TIFF_MEMORY ((size_t)256 << 20)

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t place;
    // Whether libtiff asked for bytes behind the end.
    bool is_truncated;
    char text[160];
} tiff_source;

static tmsize_t read_bytes(thandle_t handle, void *target, tmsize_t count)
{
    tiff_source *source = handle;
    size_t rest = source->place < source->count ? source->count - source->place : 0;
    size_t given = (size_t)count < rest ? (size_t)count : rest;
    if (given < (size_t)count) source->is_truncated = true;
    if (given > 0) memcpy(target, source->bytes + source->place, given);
    source->place += given;
    return (tmsize_t)given;
}

static tmsize_t write_bytes(thandle_t handle, void *bytes, tmsize_t count)
{
    (void)handle;
    (void)bytes;
    (void)count;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    tiff_source *source = handle;
    toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->place : source->count;
    source->place = base + offset;
    return source->place;
}

static int end_source(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) { return ((tiff_source *)handle)->count; }

static int map(thandle_t handle, void **base, toff_t *size)
{
    (void)handle;
    (void)base;
    (void)size;
    return 0;
}

static void unmap(thandle_t handle, void *base, toff_t size)
{
    (void)handle;
    (void)base;
    (void)size;
}

// The first error is the cause of those that follow.
static int note_error(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments)
{
    (void)tiff;
    (void)module;
    tiff_source *source = data;
    if (source->text[0] == 0) vsnprintf(source->text, sizeof source->text, format, arguments);
    return 1;
}

static int note_warning(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments)
{
    (void)tiff;
    (void)data;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static TIFF *open_tiff(tiff_source *source, const uint8_t *bytes, size_t count)
{
    memset(source, 0, sizeof *source);
    source->bytes = bytes;
    source->count = count;
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)TIFF_MEMORY);
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_error, source);
    TIFFOpenOptionsSetWarningHandlerExtR(options, note_warning, source);
    // "m": no mapping;
    TIFF *tiff = TIFFClientOpenExt(
        "picture", "rm", source, read_bytes, write_bytes, seek, end_source, size_of, map, unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static int failed(lockstep_image *image, const tiff_source *source)
{
    return lockstep_image_fail(
        image, source->is_truncated ? LOCKSTEP_IMAGE_TRUNCATED : LOCKSTEP_IMAGE_CORRUPT,
        "the TIFF data cannot be decoded (%s)", source->text[0] ? source->text : "no reason given");
}

static int read_header(TIFF *tiff, lockstep_image *image, lockstep_image_header *header)
{
    uint32_t width = 0, height = 0;
    uint16_t orientation = 1;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    int status = lockstep_image_check_size(image, width, height);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    header->width = (int)width;
    header->height = (int)height;
    header->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    return LOCKSTEP_IMAGE_OK;
}

int lockstep_tiff_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header)
{
    tiff_source source;
    TIFF *tiff = open_tiff(&source, bytes, count);
    if (tiff == NULL) return failed(image, &source);
    int status = read_header(tiff, image, header);
    TIFFClose(tiff);
    return status;
}

// How samples are stored.
typedef struct {
    uint16_t bits, samples, photometric, planar, format, compression;
    uint16_t extra_count;
    uint16_t *extra;
    uint16_t *red, *green, *blue;
    int alpha;
    bool is_associated;
    int background;
} tiff_layout;

static tiff_layout layout_of(TIFF *tiff, int background)
{
    tiff_layout layout = {.background = background, .alpha = -1};
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout.planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &layout.format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &layout.compression);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric)) layout.photometric = UINT16_MAX;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &layout.extra_count, &layout.extra);
    if (layout.extra_count > 0 && layout.extra != NULL && layout.extra_count <= layout.samples) {
        // Alpha is the first extra sample.
        if (layout.extra[0] == EXTRASAMPLE_ASSOCALPHA || layout.extra[0] == EXTRASAMPLE_UNASSALPHA) {
            layout.alpha = layout.samples - layout.extra_count;
            layout.is_associated = layout.extra[0] == EXTRASAMPLE_ASSOCALPHA;
        }
    }
    return layout;
}

static int color_samples(const tiff_layout *layout)
{
    switch (layout->photometric) {
    case PHOTOMETRIC_RGB: return 3;
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_PALETTE: return 1;
    default: return 0;
    }
}

// Whether pixels are whole bytes or pairs of bytes, one pixel after the other.
static bool is_plain(TIFF *tiff, tiff_layout *layout)
{
    int colors = color_samples(layout);
    if (colors == 0 || layout->samples < colors || layout->samples > 8) return false;
    if (layout->planar != PLANARCONFIG_CONTIG && layout->samples > 1) return false;
    if (layout->format != SAMPLEFORMAT_UINT && layout->format != SAMPLEFORMAT_VOID) return false;
    if (layout->bits != 8 && layout->bits != 16) return false;
    if (layout->photometric != PHOTOMETRIC_PALETTE) return true;
    return layout->bits == 8 && TIFFGetField(tiff, TIFFTAG_COLORMAP, &layout->red, &layout->green, &layout->blue) == 1
        && layout->red != NULL && layout->green != NULL && layout->blue != NULL;
}

static inline unsigned sample_at(const tiff_layout *layout, const uint8_t *pixel, int sample)
{
    if (layout->bits == 8) return pixel[sample];
    uint16_t value;
    memcpy(&value, pixel + 2 * sample, sizeof value);
    return ((unsigned)value * 255 + 32895) >> 16;
}

// Converts some pixels of a row.
static void convert(const tiff_layout *layout, const uint8_t *row, size_t count, uint8_t *target)
{
    size_t pixel_bytes = (size_t)layout->samples * layout->bits / 8;
    int colors = color_samples(layout);
    for (size_t x = 0; x < count; x++, row += pixel_bytes) {
        if (layout->photometric == PHOTOMETRIC_PALETTE) {
            uint8_t index = row[0];
            target[3 * x] = (uint8_t)(layout->red[index] >> 8);
            target[3 * x + 1] = (uint8_t)(layout->green[index] >> 8);
            target[3 * x + 2] = (uint8_t)(layout->blue[index] >> 8);
            continue;
        }
        for (int color = 0; color < colors; color++) {
            unsigned value = sample_at(layout, row, color);
            if (layout->photometric == PHOTOMETRIC_MINISWHITE) value = 255 - value;
            if (layout->alpha >= 0 && layout->background >= 0) {
                unsigned alpha = sample_at(layout, row, layout->alpha), background = (unsigned)layout->background;
                if (layout->is_associated) {
                    value += (background * (255 - alpha) + 127) / 255;
                    if (value > 255) value = 255;
                } else {
                    value = lockstep_composite(value, alpha, background);
                }
            }
            target[x * (size_t)colors + (size_t)color] = (uint8_t)value;
        }
    }
}

static int read_rows(TIFF *tiff, const tiff_layout *layout, const tiff_source *source, lockstep_image *image)
{
    size_t width = (size_t)image->width, pixel_bytes = (size_t)layout->samples * layout->bits / 8;
    size_t size = (size_t)TIFFScanlineSize64(tiff);
    if (size < width * pixel_bytes || size > TIFF_MEMORY) return failed(image, source);
    int status = lockstep_image_reserve_scratch(image, size);
    for (int row = 0; status == LOCKSTEP_IMAGE_OK && row < image->height; row++) {
        if (TIFFReadScanline(tiff, image->scratch, (uint32_t)row, 0) != 1) return failed(image, source);
        convert(layout, image->scratch, width, image->pixels + (size_t)row * width * (size_t)image->channels);
    }
    return status;
}

static int read_tiles(TIFF *tiff, const tiff_layout *layout, const tiff_source *source, lockstep_image *image)
{
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height);
    size_t width = (size_t)image->width, pixel_bytes = (size_t)layout->samples * layout->bits / 8;
    uint64_t size = TIFFTileSize64(tiff);
    if (tile_width == 0 || tile_height == 0 || size > TIFF_MEMORY
        || size < (uint64_t)tile_width * tile_height * pixel_bytes) {
        return failed(image, source);
    }
    int status = lockstep_image_reserve_scratch(image, (size_t)size);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    for (uint32_t top = 0; top < (uint32_t)image->height; top += tile_height) {
        for (uint32_t left = 0; left < (uint32_t)image->width; left += tile_width) {
            if (TIFFReadTile(tiff, image->scratch, left, top, 0, 0) < 0) return failed(image, source);
            uint32_t rows = (uint32_t)image->height - top, columns = (uint32_t)image->width - left;
            if (rows > tile_height) rows = tile_height;
            if (columns > tile_width) columns = tile_width;
            for (uint32_t row = 0; row < rows; row++) {
                convert(
                    layout, image->scratch + (size_t)row * tile_width * pixel_bytes, columns,
                    image->pixels + ((size_t)(top + row) * width + left) * (size_t)image->channels);
            }
        }
    }
    return LOCKSTEP_IMAGE_OK;
}

// Everything else that libtiff converts: bits, YCbCr, CMYK, planes.
static int read_converted(TIFF *tiff, const tiff_layout *layout, const tiff_source *source, lockstep_image *image)
{
    char reason[1024] = "";
    if (!TIFFRGBAImageOK(tiff, reason)) {
        return lockstep_image_fail(
            image, LOCKSTEP_IMAGE_UNSUPPORTED, "TIFF of this kind is not read (%.100s)", reason);
    }
    if (layout->alpha >= 0) {
        return lockstep_image_fail(
            image, LOCKSTEP_IMAGE_UNSUPPORTED, "TIFF with alpha is read only with 8 or 16 bits and its samples side by side");
    }
    size_t pixels = (size_t)image->width * (size_t)image->height;
    int status = lockstep_image_reserve_scratch(image, pixels * sizeof(uint32_t));
    if (status != LOCKSTEP_IMAGE_OK) return status;
    TIFFRGBAImage converter;
    if (!TIFFRGBAImageBegin(&converter, tiff, 1, reason)) return failed(image, source);
    // As stored; the picture is turned afterwards.
    converter.req_orientation = converter.orientation;
    uint32_t *raster = (uint32_t *)(void *)image->scratch;
    int is_read = TIFFRGBAImageGet(&converter, raster, (uint32_t)image->width, (uint32_t)image->height);
    TIFFRGBAImageEnd(&converter);
    if (!is_read) return failed(image, source);
    for (size_t i = 0; i < pixels; i++) {
        image->pixels[3 * i] = (uint8_t)TIFFGetR(raster[i]);
        image->pixels[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
        image->pixels[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
    image->channels = 3;
    return LOCKSTEP_IMAGE_OK;
}

int lockstep_tiff_decode(const uint8_t *bytes, size_t count, int background, lockstep_image *image, int *orientation)
{
    tiff_source source;
    TIFF *tiff = open_tiff(&source, bytes, count);
    if (tiff == NULL) return failed(image, &source);
    lockstep_image_header header;
    int status = read_header(tiff, image, &header);
    if (status == LOCKSTEP_IMAGE_OK) {
        *orientation = header.orientation;
        status = lockstep_image_reserve(image, (size_t)header.width * (size_t)header.height * 3);
    }
    if (status == LOCKSTEP_IMAGE_OK) {
        image->width = header.width;
        image->height = header.height;
        tiff_layout layout = layout_of(tiff, background);
        if (is_plain(tiff, &layout)) {
            image->channels = layout.photometric == PHOTOMETRIC_PALETTE ? 3 : color_samples(&layout);
            status = TIFFIsTiled(tiff) ? read_tiles(tiff, &layout, &source, image)
                                       : read_rows(tiff, &layout, &source, image);
        } else {
            status = read_converted(tiff, &layout, &source, image);
        }
    }
    TIFFClose(tiff);
    return status;
}
