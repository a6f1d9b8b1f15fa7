#define _GNU_SOURCE
#include "CAllocationCounter.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { maximum_frames = 48, kept_stacks = 8 };

static atomic_int counting;
static atomic_long own, onednn;
static uintptr_t library_begin, library_end;
static void *stacks[kept_stacks][maximum_frames];
static int stack_depths[kept_stacks];
static _Thread_local int inside;

static int find_library(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size;
    (void)unused;
    if (!info->dlpi_name || !strstr(info->dlpi_name, "libdnnl")) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
        if (!library_begin || begin < library_begin) library_begin = begin;
        if (end > library_end) library_end = end;
    }
    return 1;
}

static void note(void) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed) || inside) return;
    inside = 1;
    void *frames[maximum_frames];
    int depth = backtrace(frames, maximum_frames);
    int is_onednn = 0;
    for (int i = 0; i < depth; i++) {
        uintptr_t address = (uintptr_t)frames[i];
        if (address >= library_begin && address < library_end) is_onednn = 1;
    }
    if (is_onednn) {
        atomic_fetch_add(&onednn, 1);
    } else {
        long number = atomic_fetch_add(&own, 1);
        if (number < kept_stacks) {
            memcpy(stacks[number], frames, sizeof frames);
            stack_depths[number] = depth;
        }
    }
    inside = 0;
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    note();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    note();
    void *result = __libc_memalign(alignment, size);
    if (!result) return ENOMEM;
    *block = result;
    return 0;
}

void lockstep_allocations_start(void) {
    void *frames[4];
    backtrace(frames, 4);  // The first call loads the unwinder, which allocates.
    if (!library_begin) dl_iterate_phdr(find_library, NULL);
    atomic_store(&own, 0);
    atomic_store(&onednn, 0);
    atomic_store(&counting, 1);
}

void lockstep_allocations_stop(void) { atomic_store(&counting, 0); }
long lockstep_allocations_own(void) { return atomic_load(&own); }
long lockstep_allocations_onednn(void) { return atomic_load(&onednn); }

void lockstep_allocations_report(void) {
    long count = lockstep_allocations_own();
    for (long i = 0; i < count && i < kept_stacks; i++) {
        backtrace_symbols_fd(stacks[i], stack_depths[i], STDERR_FILENO);
        if (write(STDERR_FILENO, "\n", 1) != 1) return;
    }
}
