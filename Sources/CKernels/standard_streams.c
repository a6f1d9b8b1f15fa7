#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// Runs when the program is loaded, before other code opens a file or a socket.

static void ignore(int number) { (void)number; }

__attribute__((constructor)) static void prepare_standard_streams(void) {
    // If the caller has closed a standard stream, the next file that is opened would get its number, and
    // terminal output would go to a lock file or a heartbeat. The substitute cannot be written (or read), so
    // that attempts fail with an error.
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // open returns the lowest free number, which is this one.
        (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    }
    // After a reader has closed its end, write returns an error instead of ending the process. This is a
    // handler because child processes would inherit an ignored signal.
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) != 0 || action.sa_handler != SIG_DFL) return;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGPIPE, &action, NULL);
}
