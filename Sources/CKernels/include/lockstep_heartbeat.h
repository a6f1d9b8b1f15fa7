#pragma once
#include <stdint.h>

/// The state of a rank in a file that it maps: its identity, its position, and the times.
///
/// The layout is fixed and has a version; a rank writes it by plain stores to shared memory, so the file
/// keeps the last state of a killed rank. Any number of processes can read it at any time.
enum { lockstep_heartbeat_bytes = 1024, lockstep_heartbeat_text = 512, lockstep_heartbeat_host = 64 };

/// The identity of a rank, which is constant.
typedef struct {
    int32_t rank;
    int32_t ranks;
    int32_t local_rank;
    int32_t host_index;
    int32_t process;
    /// The number of restarts of the job so far.
    int32_t restart;
} lockstep_heartbeat_identity;

/// The state as a reader receives it, without the texts.
typedef struct {
    lockstep_heartbeat_identity identity;
    /// The step's number from 1 on; 0 before the first.
    uint32_t step;
    /// The number of waits for other ranks in this step, the current one included.
    uint16_t waits;
    uint8_t phase;
    /// Whether the rank waits for other ranks.
    uint8_t waiting;
    /// The bucket that is being exchanged between hosts; -1 for none.
    int32_t bucket;
    /// The first signal that the rank received; 0 for none.
    int32_t signal;
    /// 1 + the exit status with which the rank left; 0 while it runs, and after a kill.
    int32_t ended;
    /// The kind of the text: 0 a log line, 1 an error, 2 an error that another rank or the network caused.
    int32_t failed;
    /// The number of heartbeats of the rank, and of its background work.
    uint64_t beats;
    uint64_t background;
    /// The time of the last heartbeat in nanoseconds: of the host's monotonic clock, and since 1970.
    uint64_t monotonic;
    uint64_t wall;
    /// The time spent in computation before the step's barriers so far, in nanoseconds.
    uint64_t compute;
} lockstep_heartbeat_view;

/// Creates the file, replacing an old one, and maps it. Null with `errno` on failure, also if the disk is
/// full.
void *lockstep_heartbeat_create(const char *path, const lockstep_heartbeat_identity *identity, const char *host);
/// A heartbeat without a file. Null with `errno` if memory is exhausted.
void *lockstep_heartbeat_private(const lockstep_heartbeat_identity *identity, const char *host);
/// Frees a heartbeat of `create` or `private`, and releases the lock on the file.
void lockstep_heartbeat_unmap(void *heartbeat);
/// Whether the process that created a file still holds its lock, which lasts until the process ends. Visible
/// on other hosts if the file system shares locks. 1 or 0; -1 if unknown.
int lockstep_heartbeat_is_held(const char *path);
/// Starts writing the file to disk, so that other hosts can read it. Returns 0 or an error number.
int lockstep_heartbeat_flush(void *heartbeat);

/// Marks a change of phase by the rank's main thread. `now` is the monotonic clock in nanoseconds.
void lockstep_heartbeat_enter(
    void *heartbeat, uint32_t step, uint16_t waits, uint8_t phase, uint8_t waiting, uint64_t now, uint64_t compute);
/// Marks progress within a phase. Any thread may call these.
void lockstep_heartbeat_beat(void *heartbeat);
void lockstep_heartbeat_background(void *heartbeat);
void lockstep_heartbeat_bucket(void *heartbeat, int32_t bucket);
void lockstep_heartbeat_end(void *heartbeat, int32_t status);
/// Sets the last message. Any thread may call it; truncates long texts.
void lockstep_heartbeat_say(void *heartbeat, const void *text, uint32_t length, int32_t failed);

/// Reads a heartbeat's file, without waiting. `host` has room for `lockstep_heartbeat_host` bytes, `text` for
/// `lockstep_heartbeat_text` + 1; both are ended by 0. Returns 0, an error number, or -1 for a file that is
/// not a heartbeat of this version.
int lockstep_heartbeat_read(const char *path, lockstep_heartbeat_view *view, char *host, char *text);
/// Reads the heartbeat of this process, without texts.
void lockstep_heartbeat_peek(const void *heartbeat, lockstep_heartbeat_view *view);

/// Installs handlers: signals that end this process, or ask it to stop, first store their number in the
/// heartbeat. Null removes the heartbeat. The process then ends at once, without a backtrace, unless the
/// environment sets SWIFT_BACKTRACE. Returns 0 or an error number.
int lockstep_heartbeat_note_signals(void *heartbeat);
/// Stores a signal's number; callable from a handler.
void lockstep_heartbeat_signal(int number);
