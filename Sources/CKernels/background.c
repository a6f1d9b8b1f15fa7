#define _GNU_SOURCE
#include "lockstep_background.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int lockstep_send_to_disk(int descriptor, int64_t offset, int64_t count, int waits) {
    unsigned flags = SYNC_FILE_RANGE_WRITE;
    if (waits) flags |= SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
    while (sync_file_range(descriptor, offset, count, flags) != 0) {
        if (errno == EINTR) continue;
        // Without support fsync writes everything. fsync does not report other errors again.
        return errno == ENOSYS || errno == EINVAL || errno == ESPIPE || errno == EOPNOTSUPP ? 0 : errno;
    }
    return 0;
}

int lockstep_lock_file(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

const char *lockstep_error_name(int code) { return strerrorname_np(code); }

// On Linux each thread has a priority; 0 is the calling thread.
int lockstep_lower_priority(int niceness) {
    return setpriority(PRIO_PROCESS, 0, niceness) == 0 ? 0 : errno;
}

void lockstep_name_thread(const char *name) {
    // The system refuses names of more than 15 characters.
    char kept[16];
    (void)snprintf(kept, sizeof kept, "%s", name);
    (void)pthread_setname_np(pthread_self(), kept);
}
