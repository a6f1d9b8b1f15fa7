// Checks whether this process may read another one's memory, as MPI's single-copy messages on a host do.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lockstep_single_copy.h"

int lockstep_single_copy_error(void) {
    static volatile int value = 1;
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        for (;;) pause();
    }
    int copy = 0;
    struct iovec here = {&copy, sizeof copy}, there = {(void *)&value, sizeof value};
    ssize_t count = process_vm_readv(child, &here, 1, &there, 1, 0);
    int error = count == (ssize_t)sizeof copy ? 0 : errno;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return error;
}
