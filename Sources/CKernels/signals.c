#include "lockstep_signals.h"

#include "lockstep_heartbeat.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A signal handler needs process-wide state: one word.
static atomic_int pending;
static atomic_llong pending_since;
static atomic_int ends_at_once;

static long long monotonic_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note(int number) {
    lockstep_heartbeat_signal(number);
    if (atomic_load(&ends_at_once)) _exit(128 + number);
    int none = 0;
    if (atomic_compare_exchange_strong(&pending, &none, number)) {
        atomic_store(&pending_since, monotonic_milliseconds());
        return;
    }
    // A terminal's Ctrl-C and a launcher's forwarded signal often arrive together; they count as one request.
    if (number != SIGUSR1 && monotonic_milliseconds() - atomic_load(&pending_since) > 2000) {
        _exit(128 + number);
    }
}

static const int handled[] = {SIGUSR1, SIGTERM, SIGINT};

int lockstep_signals_install(int at_once) {
    atomic_store(&ends_at_once, at_once);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    // The parent process may have blocked signals, which is inherited.
    sigset_t listened;
    sigemptyset(&listened);
    for (unsigned i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        if (sigaction(handled[i], &action, NULL) != 0) return errno;
        sigaddset(&listened, handled[i]);
    }
    return pthread_sigmask(SIG_UNBLOCK, &listened, NULL);
}

void lockstep_signals_defer(void) { atomic_store(&ends_at_once, 0); }

int lockstep_signals_pending(void) { return atomic_load(&pending); }

void lockstep_signals_remove(void) {
    for (unsigned i = 0; i < sizeof handled / sizeof handled[0]; i++) signal(handled[i], SIG_DFL);
    atomic_store(&pending, 0);
    atomic_store(&ends_at_once, 0);
}
