#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// Runs when the program is loaded, before any other code opens a file or a library a socket.

static void ignore(int number) { (void)number; }

__attribute__((constructor)) static void prepare_standard_streams(void) {
    // A standard stream that the caller has closed would be the next file that is opened: terminal text would go to a lock, or a
    // heartbeat. What stands in its place cannot be written (or read), so that an attempt is an error and not lost.
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // It gets the lowest number that is free: this one.
        (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    }
    // A reader that goes away is an error of write, not the end of the process. A handler, since an ignored signal would be inherited by
    // programs that are started.
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) != 0 || action.sa_handler != SIG_DFL) return;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGPIPE, &action, NULL);
}
