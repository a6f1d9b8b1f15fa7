#define _GNU_SOURCE
#include "lockstep_heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { magic = 0x4248534c, version = 1 };

typedef struct {
    uint32_t magic;
    uint32_t version;
    lockstep_heartbeat_identity identity;
    char host[lockstep_heartbeat_host];
    /// Step, waits, phase and waiting in one word, so that a reader never mixes two moments.
    _Atomic uint64_t position;
    _Atomic uint64_t beats;
    _Atomic uint64_t background;
    _Atomic uint64_t monotonic;
    _Atomic uint64_t wall;
    _Atomic uint64_t compute;
    _Atomic int32_t bucket;
    _Atomic int32_t signal;
    _Atomic int32_t ended;
    _Atomic int32_t failed;
    /// Odd while the text is being written.
    _Atomic uint32_t sequence;
    _Atomic uint32_t length;
    char text[lockstep_heartbeat_text];
    /// The rank's own descriptor with the lock; 0 for none.
    int32_t descriptor;
} heartbeat;

_Static_assert(sizeof(heartbeat) <= lockstep_heartbeat_bytes, "a heartbeat does not fit its file");
_Static_assert(offsetof(heartbeat, position) == 96, "the layout is fixed: change the version with it");

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *begin(void *memory, const lockstep_heartbeat_identity *identity, const char *host) {
    heartbeat *h = memory;
    h->identity = *identity;
    strncpy(h->host, host, sizeof h->host - 1);
    atomic_store(&h->bucket, -1);
    atomic_store(&h->monotonic, nanoseconds(CLOCK_MONOTONIC));
    atomic_store(&h->wall, nanoseconds(CLOCK_REALTIME));
    h->version = version;
    atomic_thread_fence(memory_order_release);
    h->magic = magic;
    return memory;
}

// Allocates the pages of a new file: access to a missing page would raise SIGBUS. Returns 0 or an error
// number.
static int reserve(int descriptor) {
    int status = posix_fallocate(descriptor, 0, lockstep_heartbeat_bytes);
    // Not every file system supports it; written bytes have pages as well.
    if (status != ENOSYS && status != EINVAL && status != EOPNOTSUPP && status != EPERM) return status;
    static const char zeros[lockstep_heartbeat_bytes];
    ssize_t written = pwrite(descriptor, zeros, sizeof zeros, 0);
    return written == (ssize_t)sizeof zeros ? 0 : written < 0 ? errno : ENOSPC;
}

void *lockstep_heartbeat_create(const char *path, const lockstep_heartbeat_identity *identity, const char *host) {
    // A new file, not a truncated old one: others may still have that mapped.
    if (unlink(path) != 0 && errno != ENOENT) return NULL;
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0) return NULL;
    // A lock of this descriptor: it lasts until the process ends, whatever other code opens and closes the
    // file.
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int is_locked = fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
    int status = reserve(descriptor);
    if (status == 0) {
        void *memory =
            mmap(NULL, lockstep_heartbeat_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (memory != MAP_FAILED) {
            // Without a lock other processes cannot detect the end of this one.
            if (is_locked) {
                ((heartbeat *)memory)->descriptor = descriptor;
            } else {
                close(descriptor);
            }
            return begin(memory, identity, host);
        }
        status = errno;
    }
    close(descriptor);
    unlink(path);
    errno = status;
    return NULL;
}

void *lockstep_heartbeat_private(const lockstep_heartbeat_identity *identity, const char *host) {
    void *memory =
        mmap(NULL, lockstep_heartbeat_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : begin(memory, identity, host);
}

void lockstep_heartbeat_unmap(void *memory) {
    int descriptor = ((heartbeat *)memory)->descriptor;
    munmap(memory, lockstep_heartbeat_bytes);
    if (descriptor > 0) close(descriptor);
}

int lockstep_heartbeat_is_held(const char *path) {
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT ? 0 : -1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int is_held = fcntl(descriptor, F_OFD_GETLK, &lock) != 0 ? -1 : lock.l_type != F_UNLCK;
    close(descriptor);
    return is_held;
}

int lockstep_heartbeat_flush(void *memory) {
    return msync(memory, lockstep_heartbeat_bytes, MS_SYNC) == 0 ? 0 : errno;
}

void lockstep_heartbeat_enter(
    void *memory, uint32_t step, uint16_t waits, uint8_t phase, uint8_t waiting, uint64_t now, uint64_t compute) {
    heartbeat *h = memory;
    uint64_t position = (uint64_t)step << 32 | (uint64_t)waits << 16 | (uint64_t)phase << 8 | waiting;
    atomic_store_explicit(&h->position, position, memory_order_relaxed);
    atomic_store_explicit(&h->compute, compute, memory_order_relaxed);
    atomic_store_explicit(&h->monotonic, now, memory_order_relaxed);
    atomic_store_explicit(&h->wall, nanoseconds(CLOCK_REALTIME_COARSE), memory_order_relaxed);
    atomic_fetch_add_explicit(&h->beats, 1, memory_order_release);
}

void lockstep_heartbeat_beat(void *memory) {
    heartbeat *h = memory;
    atomic_store_explicit(&h->monotonic, nanoseconds(CLOCK_MONOTONIC), memory_order_relaxed);
    atomic_store_explicit(&h->wall, nanoseconds(CLOCK_REALTIME_COARSE), memory_order_relaxed);
    atomic_fetch_add_explicit(&h->beats, 1, memory_order_release);
}

void lockstep_heartbeat_background(void *memory) {
    heartbeat *h = memory;
    atomic_fetch_add_explicit(&h->background, 1, memory_order_relaxed);
}

void lockstep_heartbeat_bucket(void *memory, int32_t bucket) {
    heartbeat *h = memory;
    atomic_store_explicit(&h->bucket, bucket, memory_order_relaxed);
}

void lockstep_heartbeat_end(void *memory, int32_t status) {
    heartbeat *h = memory;
    atomic_store(&h->ended, status + 1);
    lockstep_heartbeat_beat(memory);
}

void lockstep_heartbeat_say(void *memory, const void *text, uint32_t length, int32_t failed) {
    heartbeat *h = memory;
    if (length > lockstep_heartbeat_text) length = lockstep_heartbeat_text;
    uint32_t sequence = atomic_load(&h->sequence);
    // Concurrent writes are rare, and last messages are not worth waiting for.
    if (sequence & 1 || !atomic_compare_exchange_strong(&h->sequence, &sequence, sequence + 1)) return;
    // Keep an error: later messages are consequences.
    if (failed || !atomic_load(&h->failed)) {
        memcpy(h->text, text, length);
        atomic_store(&h->length, length);
        atomic_store(&h->failed, failed);
    }
    atomic_store(&h->sequence, sequence + 2);
}

static void show(const heartbeat *h, lockstep_heartbeat_view *view) {
    view->identity = h->identity;
    uint64_t position = atomic_load(&h->position);
    view->step = (uint32_t)(position >> 32);
    view->waits = (uint16_t)(position >> 16);
    view->phase = (uint8_t)(position >> 8);
    view->waiting = (uint8_t)position;
    view->bucket = atomic_load(&h->bucket);
    view->signal = atomic_load(&h->signal);
    view->ended = atomic_load(&h->ended);
    view->failed = atomic_load(&h->failed);
    view->beats = atomic_load(&h->beats);
    view->background = atomic_load(&h->background);
    view->monotonic = atomic_load(&h->monotonic);
    view->wall = atomic_load(&h->wall);
    view->compute = atomic_load(&h->compute);
}

void lockstep_heartbeat_peek(const void *memory, lockstep_heartbeat_view *view) { show(memory, view); }

int lockstep_heartbeat_read(const char *path, lockstep_heartbeat_view *view, char *host, char *text) {
    heartbeat copy;
    for (int attempt = 0;; attempt++) {
        int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (descriptor < 0) return errno;
        memset(&copy, 0, sizeof copy);
        ssize_t count = pread(descriptor, &copy, sizeof copy, 0);
        int status = count < 0 ? errno : 0;
        uint32_t sequence = 0;
        ssize_t again = pread(descriptor, &sequence, sizeof sequence, offsetof(heartbeat, sequence));
        close(descriptor);
        if (status != 0) return status;
        if (count != (ssize_t)sizeof copy || copy.magic != magic || copy.version != version) return -1;
        // Accept a text that keeps changing: its writer may have been killed while writing.
        if ((again == sizeof sequence && sequence == copy.sequence && !(sequence & 1)) || attempt == 4) break;
    }
    show(&copy, view);
    memcpy(host, copy.host, sizeof copy.host);
    host[sizeof copy.host - 1] = 0;
    uint32_t length = copy.length > lockstep_heartbeat_text ? lockstep_heartbeat_text : copy.length;
    memcpy(text, copy.text, length);
    text[length] = 0;
    return 0;
}

// A signal handler needs process-wide state: one pointer, and the previous actions.
static _Atomic(void *) noted;
static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT, SIGXCPU, SIGHUP};
enum { fatal_count = sizeof fatal / sizeof fatal[0] };
static struct sigaction before[fatal_count];
static atomic_int is_installed;
static int is_backtrace_wanted;
/// A copy of the file's first bytes and its descriptor: after another process truncates the file, they cannot
/// be read from it.
static char header[offsetof(heartbeat, position)];
static int noted_descriptor;

void lockstep_heartbeat_signal(int number) {
    heartbeat *h = atomic_load(&noted);
    if (!h) return;
    int32_t none = 0;
    atomic_compare_exchange_strong(&h->signal, &none, number);
}

static void call_before(int number, siginfo_t *info, void *context) {
    for (int i = 0; i < fatal_count; i++) {
        if (fatal[i] != number) continue;
        if (before[i].sa_flags & SA_SIGINFO) {
            before[i].sa_sigaction(number, info, context);
        } else if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != SIG_IGN) {
            before[i].sa_handler(number);
        }
    }
}

// Writes a line that begins with the name of the program, in one call, so that lines of several ranks do not mix.
static void say(const char *text, size_t length) {
    char *name = program_invocation_short_name;
    struct iovec parts[] = {{name, strlen(name)}, {": ", 2}, {(char *)text, length}};
    ssize_t count = writev(STDERR_FILENO, parts, 3);
    (void)count;
}

// In release builds Swift's runtime checks end the process by a trap instruction, without a message.
static void explain_trap(int number, const siginfo_t *info) {
    static const char text[] =
        "Swift ended the program: an index out of range, a number that overflows, or a value that is nil. The same "
        "program shows where when it is built for debugging, or with SWIFT_BACKTRACE=enable=yes in the environment.\n";
    // A signal sent by another process has an unknown cause.
    if ((number != SIGILL && number != SIGTRAP) || info->si_code <= 0) return;
    say(text, sizeof text - 1);
}

// Access to a page beyond the end of a truncated file raises SIGBUS. Restores the file's length and first
// bytes, and the rank continues; if that fails, it continues with private memory in place of the file.
// Returns whether this was the cause of the fault.
static int restore_page(const siginfo_t *info) {
    char *page = atomic_load(&noted);
    if (!page || !info) return 0;
    ptrdiff_t distance = (char *)info->si_addr - page;
    if (distance < 0 || distance >= lockstep_heartbeat_bytes) return 0;
    int error = errno;
    struct stat status;
    int is_cut = noted_descriptor > 0 && fstat(noted_descriptor, &status) == 0 && status.st_size < lockstep_heartbeat_bytes;
    if (!is_cut || ftruncate(noted_descriptor, lockstep_heartbeat_bytes) != 0) {
        void *own = mmap(page, lockstep_heartbeat_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (own == MAP_FAILED) return 0;
    }
    memcpy(page, header, sizeof header);
    ((heartbeat *)page)->descriptor = noted_descriptor;
    atomic_store(&((heartbeat *)page)->bucket, -1);
    errno = error;
    return 1;
}

static void say_bus_error(void) {
    static const char words[] = "bus error: a file that is mapped into memory, such as decoded data in the cache, was cut short, "
                                "or its disk failed. Continue with --resume.\n";
    say(words, sizeof words - 1);
}

// Stores the number, and ends the process at once. A previous handler, such as Swift's backtrace, would start
// a program that inspects this process for seconds, delays the end of the job, and outlives it if mpirun ends
// the rank meanwhile.
static void note_and_end(int number, siginfo_t *info, void *context) {
    if (number == SIGBUS && restore_page(info)) return;
    if (number == SIGBUS) say_bus_error();
    lockstep_heartbeat_signal(number);
    explain_trap(number, info);
    signal(number, SIG_DFL);
    if (is_backtrace_wanted) {
        call_before(number, info, context);
        signal(number, SIG_DFL);
    }
    // It is blocked here, and ends the process when this handler returns.
    raise(number);
}

int lockstep_heartbeat_note_signals(void *memory) {
    if (memory) {
        memcpy(header, memory, sizeof header);
        noted_descriptor = ((heartbeat *)memory)->descriptor;
    }
    atomic_store(&noted, memory);
    if (!memory || atomic_exchange(&is_installed, 1)) return 0;
    // Backtraces only on request.
    const char *backtrace = getenv("SWIFT_BACKTRACE");
    is_backtrace_wanted = backtrace && *backtrace;
    // A file that exceeds the size limit is then a failed write with a message.
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return errno;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note_and_end;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < fatal_count; i++) {
        if (sigaction(fatal[i], NULL, &before[i]) != 0) return errno;
        // Signals that are ignored, such as SIGHUP under nohup, stay ignored.
        if (before[i].sa_handler == SIG_IGN && !(before[i].sa_flags & SA_SIGINFO)) continue;
        if (sigaction(fatal[i], &action, NULL) != 0) return errno;
    }
    return 0;
}
