#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Reads a data set of an HDF5 file in a child process, which sends it through a pipe: a damaged file can make libhdf5
// crash or loop, and only the child may do so.

enum { lockstep_hdf5_dimensions = 32, lockstep_hdf5_text_size = 1024 };

// What the elements of a data set are.
enum {
    lockstep_hdf5_uint8 = 1,
    lockstep_hdf5_int8,
    lockstep_hdf5_int16,
    lockstep_hdf5_int32,
    lockstep_hdf5_int64,
    lockstep_hdf5_uint64,
    lockstep_hdf5_float32,
    lockstep_hdf5_float64,
    lockstep_hdf5_text,
};

// What went wrong.
enum {
    lockstep_hdf5_done = 0,
    lockstep_hdf5_unreadable,   // the library could not open or read
    lockstep_hdf5_missing,      // no such data set
    lockstep_hdf5_ambiguous,    // no name, and not exactly one data set
    lockstep_hdf5_unsupported,  // a type or storage that is not read
};

// What is sent behind the header.
enum {
    lockstep_hdf5_elements = 0,
    lockstep_hdf5_layout,
};

// Consecutive rows of a data set, as they lie in the file: rows `first` and on, up to the first row of the next run.
typedef struct {
    int64_t first;
    int64_t offset;
} lockstep_hdf5_run;

// What a data set is: sent before its elements.
typedef struct {
    int32_t status;
    int32_t element;
    int32_t rank;
    int64_t extents[lockstep_hdf5_dimensions];
    // The name of the data set.
    char name[lockstep_hdf5_text_size];
    // What is wrong, and the data sets of the file.
    char problem[lockstep_hdf5_text_size];
    char list[lockstep_hdf5_text_size];
} lockstep_hdf5_header;

static inline int64_t lockstep_hdf5_extent(const lockstep_hdf5_header *header, int32_t dimension) {
    return header->extents[dimension];
}
static inline const char *lockstep_hdf5_name(const lockstep_hdf5_header *header) { return header->name; }
static inline const char *lockstep_hdf5_problem(const lockstep_hdf5_header *header) { return header->problem; }
static inline const char *lockstep_hdf5_sets(const lockstep_hdf5_header *header) { return header->list; }

// Loads libhdf5, once. Returns what is wrong, or NULL. Comes before `lockstep_hdf5_start`: a process that was forked from one
// with several threads must not load libraries.
const char *lockstep_hdf5_load(void);

// Starts a process that sends the header, the elements row-major, and one byte 1 at the end. Texts are sent in blocks: 8 bytes
// with the size of the block, then for each text 4 bytes with its length, and its bytes. In place of the elements it can send
// their layout: 8 bytes with the number of runs, and the runs in the order of their rows; -1 where the numbers do not lie in the
// file as a program has them in memory (filters, other byte orders and types, chunks that hold parts of rows).
// - path: the file, or a name for an image in memory, which is used where `image_size` is not 0.
// - name: the data set; NULL for the only one of a file.
// - wanted: elements or layout.
// - memory: how many bytes the process may allocate.
// Returns a descriptor to read from, or -1 with errno.
int lockstep_hdf5_start(
    const char *path, const void *image, size_t image_size, const char *name, int wanted, size_t memory, pid_t *process);

// Reads exactly `count` bytes. Returns their number, fewer where the process ended; -1 after `seconds` without a byte; -2 with
// errno where it could not be read.
ssize_t lockstep_hdf5_read(int descriptor, void *target, size_t count, int seconds);

// Closes the pipe, ends the process if it still runs, and waits for it. Returns the signal that had ended it, or 0.
int lockstep_hdf5_end(int descriptor, pid_t process);
