#include "library.h"
#include "lockstep_hdf5.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

lockstep_hdf5_library lockstep_hdf5;

// Names of Debian's library and of others; 103 is HDF5 1.10, 200 is 1.12, 310 is 1.14.
static const char *const names[] = {
    "libhdf5_serial.so.103", "libhdf5.so.103", "libhdf5_serial.so.200", "libhdf5.so.200",
    "libhdf5_serial.so.310", "libhdf5.so.310", "libhdf5_serial.so",     "libhdf5.so",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[512] = "not loaded";

static void load(void) {
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, sizeof problem, "libhdf5 cannot be loaded (%s)", dlerror());
        return;
    }
#define F(name) \
    if (!(lockstep_hdf5.name = (__typeof__(name) *)dlsym(library, #name))) { \
        snprintf(problem, sizeof problem, "the libhdf5 that was loaded has no %s: it is older than 1.10", #name); \
        return; \
    }
    LOCKSTEP_HDF5_FUNCTIONS(F)
    LOCKSTEP_HDF5_NUMBERS(F)
#undef F
#define F(name) lockstep_hdf5.name = (__typeof__(name) *)dlsym(library, #name);
    LOCKSTEP_HDF5_OPTIONAL(F)
#undef F
    problem[0] = 0;
}

const char *lockstep_hdf5_load(void) {
    pthread_once(&once, load);
    return problem[0] ? problem : NULL;
}
