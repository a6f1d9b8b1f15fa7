#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// The bytes of data that this process has allocated already.
static size_t allocated(void) {
    unsigned long size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    int count = fscanf(file, "%lu %lu %lu %lu %lu %lu", &size, &resident, &shared, &text, &library, &data);
    fclose(file);
    return count == 6 ? (size_t)data * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

// Makes the child a process that can do nothing but read the file and write to the pipe.
static int isolate(int descriptor, size_t memory) {
    // Handlers of the parent, such as those that print a backtrace, must not run here.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    // A launcher sends these to all processes of a job; the parent decides what they mean.
    signal(SIGUSR1, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int none = open("/dev/null", O_RDWR);
    if (none < 0 || dup2(none, 0) < 0 || dup2(none, 1) < 0 || dup2(none, 2) < 0) return -1;
    if (dup2(descriptor, 3) < 0) return -1;
    close_range(4, ~0U, 0);
    struct rlimit limit = {0, 0};
    setrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max = allocated() + memory;
    setrlimit(RLIMIT_DATA, &limit);
    // File locks often fail on file systems of clusters, and the file is only read.
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    return 3;
}

int lockstep_hdf5_start(
    const char *path, const void *image, size_t image_size, const char *name, int wanted, size_t memory, pid_t *process) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        int descriptor = isolate(ends[1], memory);
        if (descriptor >= 0) lockstep_hdf5_serve(descriptor, path, image, image_size, name, wanted);
        _exit(0);
    }
    int code = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = code;
        return -1;
    }
    *process = child;
    return ends[0];
}

ssize_t lockstep_hdf5_read(int descriptor, void *target, size_t count, int seconds) {
    size_t filled = 0;
    while (filled < count) {
        struct pollfd wait = {.fd = descriptor, .events = POLLIN};
        int ready = poll(&wait, 1, seconds * 1000);
        if (ready == 0) return -1;
        ssize_t got = ready < 0 ? -1 : read(descriptor, (char *)target + filled, count - filled);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -2;
        }
        if (got == 0) break;
        filled += (size_t)got;
    }
    return (ssize_t)filled;
}

int lockstep_hdf5_end(int descriptor, pid_t process) {
    int status = 0;
    // A process that has ended already keeps the signal that ended it.
    pid_t ended = waitpid(process, &status, WNOHANG);
    close(descriptor);
    if (ended == 0) {
        kill(process, SIGKILL);
        while ((ended = waitpid(process, &status, 0)) < 0 && errno == EINTR) {}
        // One that was just ending keeps its signal, too.
        return ended == process && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL ? WTERMSIG(status) : 0;
    }
    return ended == process && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void lockstep_hdf5_send(int pipe, const void *bytes, size_t count) {
    size_t sent = 0;
    while (sent < count) {
        ssize_t got = write(pipe, (const char *)bytes + sent, count - sent);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) _exit(1);
        sent += (size_t)got;
    }
}
