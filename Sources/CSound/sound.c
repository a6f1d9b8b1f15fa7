#include "CSound.h"

#include <stdio.h>
#include <string.h>

#include <sndfile.h>

#define MESSAGE 200
// The numbers that are decoded at once.
#define PIECE 4096

typedef struct {
    const uint8_t *bytes;
    sf_count_t count;
    sf_count_t place;
} sound_source;

static sf_count_t length_of(void *data) { return ((sound_source *)data)->count; }

static sf_count_t seek(sf_count_t offset, int whence, void *data)
{
    sound_source *source = data;
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->place : source->count;
    sf_count_t place;
    if (__builtin_add_overflow(base, offset, &place) || place < 0) return -1;
    source->place = place;
    return place;
}

static sf_count_t read_bytes(void *target, sf_count_t count, void *data)
{
    sound_source *source = data;
    sf_count_t rest = source->place < source->count ? source->count - source->place : 0;
    if (count > rest) count = rest;
    if (count <= 0) return 0;
    memcpy(target, source->bytes + source->place, (size_t)count);
    source->place += count;
    return count;
}

static sf_count_t write_bytes(const void *bytes, sf_count_t count, void *data)
{
    (void)bytes;
    (void)count;
    (void)data;
    return 0;
}

static sf_count_t place_of(void *data) { return ((sound_source *)data)->place; }

// libsndfile shortens a WAV file whose data are longer than the file; that is a file that ends too early. A size of 0 or of ones
// is that of a stream.
static int is_cut(const uint8_t *bytes, size_t count)
{
    size_t place = 12;
    while (count - place >= 8) {
        size_t size = bytes[place + 4] | (size_t)bytes[place + 5] << 8 | (size_t)bytes[place + 6] << 16
            | (size_t)bytes[place + 7] << 24;
        if (memcmp(bytes + place, "data", 4) == 0) return size != UINT32_MAX && size > count - place - 8;
        if (size + (size & 1) > count - place - 8) return 0;
        place += 8 + size + (size & 1);
    }
    return 0;
}

static int open_sound(sound_source *source, const uint8_t *bytes, size_t count, SNDFILE **file, SF_INFO *info, char *message)
{
    *source = (sound_source){.bytes = bytes, .count = (sf_count_t)count};
    *info = (SF_INFO){0};
    SF_VIRTUAL_IO io = {
        .get_filelen = length_of, .seek = seek, .read = read_bytes, .write = write_bytes, .tell = place_of};
    int is_wave = count >= 12 && (memcmp(bytes, "RIFF", 4) == 0 || memcmp(bytes, "RF64", 4) == 0)
        && memcmp(bytes + 8, "WAVE", 4) == 0;
    int is_flac = count >= 4 && memcmp(bytes, "fLaC", 4) == 0;
    if (!is_wave && !is_flac) {
        snprintf(message, MESSAGE, "neither WAV nor FLAC");
        return LOCKSTEP_SOUND_UNKNOWN;
    }
    if (is_wave && bytes[1] == 'I' && is_cut(bytes, count)) {
        snprintf(message, MESSAGE, "the data are longer than the file");
        return LOCKSTEP_SOUND_CORRUPT;
    }
    *file = sf_open_virtual(&io, SFM_READ, info, source);
    if (*file == NULL) {
        snprintf(message, MESSAGE, "the recording cannot be decoded (%.150s)", sf_error_number(sf_error(NULL)));
        return LOCKSTEP_SOUND_CORRUPT;
    }
    if (info->channels < 1 || info->channels > LOCKSTEP_SOUND_CHANNELS || info->frames > LOCKSTEP_SOUND_FRAMES) {
        snprintf(
            message, MESSAGE, "the recording has %lld frames of %d channels, and at most %lld of %d are read",
            (long long)info->frames, info->channels, (long long)LOCKSTEP_SOUND_FRAMES, LOCKSTEP_SOUND_CHANNELS);
        (void)sf_close(*file);
        return LOCKSTEP_SOUND_TOO_LARGE;
    }
    if (info->frames < 1 || info->samplerate < 1) {
        snprintf(message, MESSAGE, "the recording has %lld frames of %d per second", (long long)info->frames, info->samplerate);
        (void)sf_close(*file);
        return LOCKSTEP_SOUND_CORRUPT;
    }
    return LOCKSTEP_SOUND_OK;
}

int lockstep_sound_measure(const uint8_t *bytes, size_t count, lockstep_sound_header *header, char *message)
{
    sound_source source;
    SNDFILE *file;
    SF_INFO info;
    int status = open_sound(&source, bytes, count, &file, &info, message);
    if (status != LOCKSTEP_SOUND_OK) return status;
    *header = (lockstep_sound_header){.frames = info.frames, .sample_rate = info.samplerate, .channels = info.channels};
    (void)sf_close(file);
    return LOCKSTEP_SOUND_OK;
}

int lockstep_sound_decode(const uint8_t *bytes, size_t count, int64_t frames, float *result, char *message)
{
    sound_source source;
    SNDFILE *file;
    SF_INFO info;
    int status = open_sound(&source, bytes, count, &file, &info, message);
    if (status != LOCKSTEP_SOUND_OK) return status;
    float piece[PIECE];
    sf_count_t at_once = PIECE / info.channels;
    int64_t done = 0;
    while (done < frames) {
        sf_count_t wanted = frames - done < at_once ? frames - done : at_once;
        sf_count_t given = sf_readf_float(file, piece, wanted);
        for (sf_count_t frame = 0; frame < given; frame++) {
            float sum = 0;
            for (int channel = 0; channel < info.channels; channel++) sum += piece[frame * info.channels + channel];
            result[done + frame] = sum / (float)info.channels;
        }
        done += given;
        if (given < wanted) break;
    }
    int error = sf_error(file);
    (void)sf_close(file);
    if (error == SF_ERR_NO_ERROR && done == frames) return LOCKSTEP_SOUND_OK;
    snprintf(
        message, MESSAGE, "the recording ends after %lld of %lld frames%s%.100s", (long long)done, (long long)frames,
        error == SF_ERR_NO_ERROR ? "" : ": ", error == SF_ERR_NO_ERROR ? "" : sf_error_number(error));
    return LOCKSTEP_SOUND_CORRUPT;
}
