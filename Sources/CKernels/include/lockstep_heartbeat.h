#pragma once
#include <stdint.h>

/// What a rank says of itself in a file that it maps: who it is, where it is, and since when.
///
/// The layout is fixed and has a version; a rank writes it by plain stores to shared memory, so that the file tells the last
/// state also of a rank that was killed. Any number of processes read it at any time.
enum { lockstep_heartbeat_bytes = 1024, lockstep_heartbeat_text = 512, lockstep_heartbeat_host = 64 };

/// What never changes while a rank lives.
typedef struct {
    int32_t rank;
    int32_t ranks;
    int32_t local_rank;
    int32_t host_index;
    int32_t process;
    /// How many times the launcher had started the job again.
    int32_t restart;
} lockstep_heartbeat_identity;

/// Everything but the texts, as a reader gets it.
typedef struct {
    lockstep_heartbeat_identity identity;
    /// The step's number from 1 on; 0 before the first.
    uint32_t step;
    /// How many waits for other ranks this step has had, the current one included.
    uint16_t waits;
    uint8_t phase;
    /// Whether the rank waits for other ranks.
    uint8_t waiting;
    /// The bucket whose exchange between hosts is under way; -1 for none.
    int32_t bucket;
    /// The first signal that the rank received; 0 for none.
    int32_t signal;
    /// 1 + the exit status with which the rank left; 0 while it runs, and for ever when it was killed.
    int32_t ended;
    /// What the text is: 0 what was logged last, 1 an error, 2 an error that another rank or the network caused.
    int32_t failed;
    /// How often the rank has made progress, and how often its background work has.
    uint64_t beats;
    uint64_t background;
    /// The time of the last heartbeat in nanoseconds: of the host's monotonic clock, and since 1970.
    uint64_t monotonic;
    uint64_t wall;
    /// The time spent in computation before the step's barriers so far, in nanoseconds.
    uint64_t compute;
} lockstep_heartbeat_view;

/// Makes the file anew and maps it. Null with `errno` when that fails, also when the disk has no room for it.
void *lockstep_heartbeat_create(const char *path, const lockstep_heartbeat_identity *identity, const char *host);
/// A heartbeat that nobody else sees. Null with `errno` when there is no memory.
void *lockstep_heartbeat_private(const lockstep_heartbeat_identity *identity, const char *host);
/// Ends what `create` or `private` began, also the hold on the file.
void lockstep_heartbeat_unmap(void *heartbeat);
/// Whether the process that made a file still holds it: it does so by a lock until it ends, however it ends, and other hosts see that
/// where the file system has locks for all of them. 1 or 0; -1 when nobody can tell.
int lockstep_heartbeat_is_held(const char *path);
/// Asks the system to bring the file to where other hosts can read it. Returns 0 or an error number.
int lockstep_heartbeat_flush(void *heartbeat);

/// Progress of the rank's own thread. `now` is the monotonic clock in nanoseconds.
void lockstep_heartbeat_enter(
    void *heartbeat, uint32_t step, uint16_t waits, uint8_t phase, uint8_t waiting, uint64_t now, uint64_t compute);
/// Progress within a phase. Any thread may call these.
void lockstep_heartbeat_beat(void *heartbeat);
void lockstep_heartbeat_background(void *heartbeat);
void lockstep_heartbeat_bucket(void *heartbeat, int32_t bucket);
void lockstep_heartbeat_end(void *heartbeat, int32_t status);
/// The last message. Any thread may call it; what is too long is cut.
void lockstep_heartbeat_say(void *heartbeat, const void *text, uint32_t length, int32_t failed);

/// Reads a heartbeat's file, without waiting for anybody. `host` has room for `lockstep_heartbeat_host` bytes, `text` for
/// `lockstep_heartbeat_text` + 1; both are ended by 0. Returns 0, an error number, or -1 for a file that is no heartbeat of
/// this version.
int lockstep_heartbeat_read(const char *path, lockstep_heartbeat_view *view, char *host, char *text);
/// Reads the heartbeat that this process itself writes; without texts.
void lockstep_heartbeat_peek(const void *heartbeat, lockstep_heartbeat_view *view);

/// Lets signals that end this process, and those that ask it to stop, leave their number in the heartbeat first. Null
/// for no heartbeat. The process then ends at once, without a backtrace, unless the environment sets SWIFT_BACKTRACE. Returns 0 or
/// an error number.
int lockstep_heartbeat_note_signals(void *heartbeat);
/// Leaves a signal's number; callable from a handler.
void lockstep_heartbeat_signal(int number);
