// The number of threads. oneDNN runs on OpenMP; the runtime (libgomp in Debian) is the one that libdnnl
// loaded, so its functions are looked up instead of linking a second one.
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include "lockstep_dnn_internal.h"

static once_flag lookup_once = ONCE_FLAG_INIT;
static void (*set_threads)(int);
static int (*get_threads)(void);
static int (*thread_number)(void);
static int (*thread_count)(void);
// The entry point of the compilers' "omp parallel"; libomp has the same name.
static void (*run_parallel)(void (*)(void *), void *, unsigned, unsigned);
static atomic_int wanted_threads = 1;

static void lookup(void) {
    *(void **)&set_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    *(void **)&get_threads = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
    *(void **)&thread_number = dlsym(RTLD_DEFAULT, "omp_get_thread_num");
    *(void **)&thread_count = dlsym(RTLD_DEFAULT, "omp_get_num_threads");
    *(void **)&run_parallel = dlsym(RTLD_DEFAULT, "GOMP_parallel");
}

lockstep_dnn_status lockstep_dnn_set_threads(int threads) {
    if (threads < 1) return dnnl_invalid_arguments;
    call_once(&lookup_once, lookup);
    if ((!set_threads || !get_threads) && threads != 1) return dnnl_unimplemented;
    atomic_store(&wanted_threads, threads);
    return dnnl_success;
}

int lockstep_dnn_threads(void) {
    return atomic_load(&wanted_threads);
}

// OpenMP's setting belongs to the calling thread, so every call compares it (some nanoseconds).
void lockstep_dnn_use_threads(void) {
    call_once(&lookup_once, lookup);
    if (!set_threads || !get_threads) return;
    int wanted = atomic_load_explicit(&wanted_threads, memory_order_relaxed);
    if (get_threads() != wanted) set_threads(wanted);
}

typedef struct {
    int parts;
    void (*body)(void *context, int part);
    void *context;
} work;

// The runtime may provide fewer threads than requested.
static void run_share(void *argument) {
    const work *all = argument;
    for (int part = thread_number(); part < all->parts; part += thread_count()) all->body(all->context, part);
}

void lockstep_dnn_parallel(int parts, void (*body)(void *context, int part), void *context) {
    call_once(&lookup_once, lookup);
    work all = {parts, body, context};
    if (parts > 1 && run_parallel && thread_number && thread_count)
        run_parallel(run_share, &all, (unsigned)parts, 0);
    else
        for (int part = 0; part < parts; part++) body(context, part);
}

static void do_nothing(void *context, int part) {
    (void)context;
    (void)part;
}

// The message and status with which the process ends if the runtime cannot start threads; NULL at other
// times.
static const char *start_message;
static int start_status;

static void end_unstarted(void) {
    if (!start_message) return;
    (void)!write(STDERR_FILENO, start_message, strlen(start_message));
    _exit(start_status);
}

void lockstep_dnn_start_threads(const char *message, int status) {
    static atomic_flag registered = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&registered)) (void)atexit(end_unstarted);
    start_message = message;
    start_status = status;
    lockstep_dnn_use_threads();
    lockstep_dnn_parallel(lockstep_dnn_threads(), do_nothing, NULL);
    start_message = NULL;
}
