#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// The largest memory of libjpeg itself: the coefficients of a progressive picture of LOCKSTEP_IMAGE_PIXELS in full colour.
#define JPEG_MEMORY (448L << 20)
// A progressive picture has about ten scans; a file of thousands is made to waste time. Large ones may have fewer.
#define JPEG_SCANS 100
#define JPEG_SCANNED_PIXELS ((int64_t)1 << 31)

typedef struct {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf exit;
    lockstep_image *image;
    int status;
} jpeg_state;

static int status_of(int code)
{
    switch (code) {
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF: return LOCKSTEP_IMAGE_TRUNCATED;
    case JERR_OUT_OF_MEMORY: return LOCKSTEP_IMAGE_NO_MEMORY;
    case JERR_NO_BACKING_STORE:
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: return LOCKSTEP_IMAGE_TOO_LARGE;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL: return LOCKSTEP_IMAGE_UNSUPPORTED;
    default: return LOCKSTEP_IMAGE_CORRUPT;
    }
}

_Noreturn static void fail(j_common_ptr info)
{
    jpeg_state *state = (jpeg_state *)info->err;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    state->status = lockstep_image_fail(
        state->image, status_of(info->err->msg_code), "the JPEG data cannot be decoded (%s)", text);
    longjmp(state->exit, 1);
}

// A warning about damaged pixels is an error; harmless oddities of writers are none.
static void warn(j_common_ptr info, int level)
{
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR: return;
    default: fail(info);
    }
}

static void check_scans(j_common_ptr info)
{
    j_decompress_ptr decoder = (j_decompress_ptr)info;
    int64_t scans = decoder->input_scan_number;
    int64_t pixels = (int64_t)decoder->image_width * decoder->image_height;
    if (scans <= JPEG_SCANS && scans * pixels <= JPEG_SCANNED_PIXELS) return;
    jpeg_state *state = (jpeg_state *)info->err;
    state->status = lockstep_image_fail(
        state->image, LOCKSTEP_IMAGE_TOO_LARGE, "the JPEG data have %lld scans or more", (long long)scans);
    longjmp(state->exit, 1);
}

static void begin(struct jpeg_decompress_struct *decoder, jpeg_state *state, lockstep_image *image)
{
    memset(decoder, 0, sizeof *decoder);
    memset(state, 0, sizeof *state);
    state->image = image;
    decoder->err = jpeg_std_error(&state->manager);
    state->manager.error_exit = fail;
    state->manager.emit_message = warn;
}

// Reads the header; called after setjmp.
static int read_header(
    struct jpeg_decompress_struct *decoder, jpeg_state *state, const uint8_t *bytes, size_t count, int *orientation)
{
    jpeg_create_decompress(decoder);
    decoder->mem->max_memory_to_use = JPEG_MEMORY;
    jpeg_mem_src(decoder, bytes, (unsigned long)count);
    jpeg_save_markers(decoder, JPEG_APP0 + 1, 0xFFFF);
    (void)jpeg_read_header(decoder, TRUE);
    *orientation = 1;
    for (jpeg_saved_marker_ptr marker = decoder->marker_list; marker != NULL; marker = marker->next) {
        if (marker->data_length > 6 && memcmp(marker->data, "Exif\0\0", 6) == 0) {
            *orientation = lockstep_exif_orientation(marker->data + 6, marker->data_length - 6);
            break;
        }
    }
    int status = lockstep_image_check_size(state->image, decoder->image_width, decoder->image_height);
    if (status != LOCKSTEP_IMAGE_OK) return status;
    state->progress.progress_monitor = check_scans;
    decoder->progress = &state->progress;
    return LOCKSTEP_IMAGE_OK;
}

int lockstep_jpeg_measure(const uint8_t *bytes, size_t count, lockstep_image *image, lockstep_image_header *header)
{
    struct jpeg_decompress_struct decoder;
    jpeg_state state;
    begin(&decoder, &state, image);
    if (setjmp(state.exit)) {
        jpeg_destroy_decompress(&decoder);
        return state.status;
    }
    int status = read_header(&decoder, &state, bytes, count, &header->orientation);
    header->width = (int)decoder.image_width;
    header->height = (int)decoder.image_height;
    jpeg_destroy_decompress(&decoder);
    return status;
}

// CMYK to RGB without a profile: red = (1 - cyan) (1 - black). Adobe's files store 255 - value.
static void from_cmyk(uint8_t *row, int width, int is_inverted)
{
    for (int x = 0; x < width; x++) {
        unsigned black = is_inverted ? row[4 * x + 3] : 255u - row[4 * x + 3];
        for (int channel = 0; channel < 3; channel++) {
            unsigned ink = is_inverted ? row[4 * x + channel] : 255u - row[4 * x + channel];
            row[3 * x + channel] = (uint8_t)((ink * black + 127) / 255);
        }
    }
}

int lockstep_jpeg_decode(
    const uint8_t *bytes, size_t count, int background, int reduction, lockstep_image *image, int *orientation)
{
    (void)background;
    struct jpeg_decompress_struct decoder;
    jpeg_state state;
    begin(&decoder, &state, image);
    if (setjmp(state.exit)) {
        jpeg_destroy_decompress(&decoder);
        return state.status;
    }
    int status = read_header(&decoder, &state, bytes, count, orientation);
    if (status != LOCKSTEP_IMAGE_OK) {
        jpeg_destroy_decompress(&decoder);
        return status;
    }
    decoder.scale_num = 1;
    decoder.scale_denom = (unsigned)reduction;
    decoder.dct_method = JDCT_ISLOW;
    switch (decoder.num_components) {
    case 1: decoder.out_color_space = JCS_GRAYSCALE; break;
    case 4: decoder.out_color_space = JCS_CMYK; break;
    default: decoder.out_color_space = JCS_RGB; break;
    }
    // The output size follows from the scale; memory is only allocated after this.
    jpeg_calc_output_dimensions(&decoder);
    image->width = (int)decoder.output_width;
    image->height = (int)decoder.output_height;
    image->channels = decoder.num_components == 1 ? 1 : 3;
    // A row of CMYK is written where its RGB comes, and the last one is longer; three bytes for the grey that becomes colour.
    size_t row_bytes = (size_t)image->width * (size_t)image->channels;
    status = lockstep_image_reserve(image, (size_t)image->width * ((size_t)image->height * 3 + 4));
    if (status != LOCKSTEP_IMAGE_OK) {
        jpeg_destroy_decompress(&decoder);
        return status;
    }
    (void)jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < decoder.output_height) {
        JSAMPROW row = image->pixels + (size_t)decoder.output_scanline * row_bytes;
        (void)jpeg_read_scanlines(&decoder, &row, 1);
        if (decoder.num_components == 4) from_cmyk(row, image->width, decoder.saw_Adobe_marker);
    }
    (void)jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    return LOCKSTEP_IMAGE_OK;
}
