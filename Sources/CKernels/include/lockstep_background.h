#pragma once
#include <stdint.h>

/// Linux system calls for files and background work that Swift cannot import.

/// Starts writing a part of a file to disk; with `waits`, waits for it. Returns 0 or an error number; also 0
/// if the file system does not support it. The data is durable only after fsync.
int lockstep_send_to_disk(int descriptor, int64_t offset, int64_t count, int waits);

/// Locks an open file for this descriptor alone (fcntl's F_OFD_SETLK), or fails at once. Returns 0 or an
/// error number: EAGAIN if it is locked.
int lockstep_lock_file(int descriptor);

/// The name of an error number, such as EPERM; NULL for an unknown number.
const char *lockstep_error_name(int code);
/// Gives the calling thread a lower priority, 0 to 19. Returns 0 or an error number.
int lockstep_lower_priority(int niceness);

// Names the calling thread, for debuggers and top; truncates long names.
void lockstep_name_thread(const char *name);
