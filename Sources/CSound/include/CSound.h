#pragma once
#include <stddef.h>
#include <stdint.h>

// Recordings of the formats WAV and FLAC, decoded by libsndfile from memory.

enum {
    LOCKSTEP_SOUND_OK = 0,
    // Neither WAV nor FLAC.
    LOCKSTEP_SOUND_UNKNOWN = 1,
    // The data contradict each other or end too early.
    LOCKSTEP_SOUND_CORRUPT = 2,
    // More frames or channels than are read.
    LOCKSTEP_SOUND_TOO_LARGE = 3,
};

// The largest number of frames of a recording: 67 million, 25 minutes at 44.1 kHz; and of channels.
#define LOCKSTEP_SOUND_FRAMES ((int64_t)1 << 26)
#define LOCKSTEP_SOUND_CHANNELS 64

typedef struct {
    int64_t frames;
    int32_t sample_rate;
    int32_t channels;
} lockstep_sound_header;

// Reads the header of a recording in memory. message: [200], set where the result is not LOCKSTEP_SOUND_OK.
int lockstep_sound_measure(const uint8_t *bytes, size_t count, lockstep_sound_header *header, char *message);

// Decodes the first frames of a recording to numbers from -1 to 1, the mean of its channels.
// result: [frames], at most those that the header announces.
int lockstep_sound_decode(const uint8_t *bytes, size_t count, int64_t frames, float *result, char *message);
