#pragma once
#include <stdint.h>

/// Linux system calls for files and background work that Swift cannot import.

/// Asks the system to bring a part of a file to the disk; with `waits`, waits for it. Returns 0 or an error number; 0 also where the
/// file system cannot do it. It is durable only after an fsync.
int lockstep_send_to_disk(int descriptor, int64_t offset, int64_t count, int waits);

/// Locks an open file for this descriptor alone (fcntl's F_OFD_SETLK), or fails at once. Returns 0 or an error
/// number: EAGAIN if it is locked.
int lockstep_lock_file(int descriptor);

/// The name of an error number, such as EPERM; NULL for an unknown number.
const char *lockstep_error_name(int code);
/// Gives the calling thread a lower priority, 0 to 19. Returns 0 or an error number.
int lockstep_lower_priority(int niceness);

// Names the calling thread, for debuggers and top; long names are cut.
void lockstep_name_thread(const char *name);
