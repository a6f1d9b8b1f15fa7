#include "internal.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t place;
    lockstep_image *image;
    int status;
    jmp_buf exit;
    png_structp png;
    png_infop info;
} png_state;

_Noreturn static void fail(png_structp png, png_const_charp text)
{
    png_state *state = png_get_error_ptr(png);
    if (state->status == LOCKSTEP_IMAGE_OK) {
        state->status = lockstep_image_fail(
            state->image, LOCKSTEP_IMAGE_CORRUPT, "the PNG data cannot be decoded (%s)", text);
    }
    longjmp(state->exit, 1);
}

static void warn(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void give(png_structp png, png_bytep target, size_t count)
{
    png_state *state = png_get_io_ptr(png);
    if (count > state->count - state->place) {
        state->status = lockstep_image_fail(state->image, LOCKSTEP_IMAGE_TRUNCATED, "the PNG data end too early");
        png_error(png, "end of file");
    }
    memcpy(target, state->bytes + state->place, count);
    state->place += count;
}

static void end(png_state *state) { png_destroy_read_struct(&state->png, &state->info, NULL); }

static int begin(png_state *state, const uint8_t *bytes, size_t count, lockstep_image *image)
{
    memset(state, 0, sizeof *state);
    state->bytes = bytes;
    state->count = count;
    state->image = image;
    state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, fail, warn);
    state->info = state->png == NULL ? NULL : png_create_info_struct(state->png);
    if (state->info != NULL) return LOCKSTEP_IMAGE_OK;
    end(state);
    return lockstep_image_fail(image, LOCKSTEP_IMAGE_NO_MEMORY, "libpng could not start");
}

// Called after setjmp.
static int read_header(png_state *state)
{
    png_set_read_fn(state->png, state, give);
    // Sizes are checked below, with a message.
    png_set_user_limits(state->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(state->png, 16u << 20);
    png_set_chunk_cache_max(state->png, 256);
    png_read_info(state->png, state->info);
    return lockstep_image_check_size(
        state->image, png_get_image_width(state->png, state->info), png_get_image_height(state->png, state->info));
}

static int orientation_of(png_state *state)
{
    png_uint_32 count = 0;
    png_bytep exif = NULL;
    if (png_get_eXIf_1(state->png, state->info, &count, &exif) == 0 || exif == NULL) return 1;
    return lockstep_exif_orientation(exif, count);
}

int lockstep_png_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header)
{
    png_state state;
    int status = begin(&state, bytes, count, image);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    if (setjmp(state.exit)) {
        end(&state);
        return state.status;
    }
    status = read_header(&state);
    header->width = (int)png_get_image_width(state.png, state.info);
    header->height = (int)png_get_image_height(state.png, state.info);
    header->orientation = orientation_of(&state);
    end(&state);
    return status;
}

// Puts grey or colour with alpha on a background, in place. `channels` counts the alpha channel.
static void composite(uint8_t *pixels, size_t count, int channels, unsigned background)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *source = pixels + i * (size_t)channels;
        unsigned alpha = source[channels - 1];
        for (int channel = 0; channel < channels - 1; channel++) {
            pixels[i * (size_t)(channels - 1) + (size_t)channel] = lockstep_composite(source[channel], alpha, background);
        }
    }
}

int lockstep_png_decode(const uint8_t *bytes, size_t count, int background, lockstep_image *image, int *orientation)
{
    png_state state;
    int status = begin(&state, bytes, count, image);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    if (setjmp(state.exit)) {
        end(&state);
        return state.status;
    }
    status = read_header(&state);
    if (status != LOCKSTEP_IMAGE_OK) {
        end(&state);
        return status;
    }
    png_structp png = state.png;
    int color = png_get_color_type(png, state.info);
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if ((color & PNG_COLOR_MASK_COLOR) == 0 && png_get_bit_depth(png, state.info) < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (png_get_valid(png, state.info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
    if (png_get_bit_depth(png, state.info) == 16) png_set_scale_16(png);
    if (background < 0) png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, state.info);
    int channels = png_get_channels(png, state.info);
    size_t width = png_get_image_width(png, state.info), height = png_get_image_height(png, state.info);
    size_t row_bytes = width * (size_t)channels;
    if (png_get_rowbytes(png, state.info) != row_bytes) png_error(png, "unexpected row size");
    // Deflate makes at most 1032 bytes of one, and a pixel has at least one bit.
    if (width * height / 8 / 1032 > count) {
        end(&state);
        return lockstep_image_fail(
            image, LOCKSTEP_IMAGE_TRUNCATED, "the PNG header announces %zu x %zu pixels, for which %zu bytes are too few",
            width, height, count);
    }
    status = lockstep_image_reserve(image, width * height * (size_t)(channels < 3 ? 3 : channels));
    if (status != LOCKSTEP_IMAGE_OK) {
        end(&state);
        return status;
    }
    for (int pass = 0; pass < passes; pass++) {
        for (size_t row = 0; row < height; row++) png_read_row(png, image->pixels + row * row_bytes, NULL);
    }
    png_read_end(png, state.info);
    *orientation = orientation_of(&state);
    end(&state);
    int has_alpha = channels == 2 || channels == 4;
    if (has_alpha) composite(image->pixels, width * height, channels, (unsigned)background);
    image->width = (int)width;
    image->height = (int)height;
    image->channels = has_alpha ? channels - 1 : channels;
    return LOCKSTEP_IMAGE_OK;
}
