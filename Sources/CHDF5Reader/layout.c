#include "internal.h"

#include <stdlib.h>
#include <string.h>

// The library walks the index of chunks from its beginning for each of them: for this many it takes some seconds, for ten times
// as many some minutes.
static const hsize_t most_chunks = 16384;

// A user block shifts what some versions of the library report as places.
static bool begins_at_zero(hid_t set) {
    hid_t file = H5Iget_file_id(set);
    hid_t creation = file < 0 ? file : H5Fget_create_plist(file);
    hsize_t size = 1;
    return creation >= 0 && H5Pget_userblock(creation, &size) >= 0 && size == 0;
}

static bool is_native(hid_t set, hid_t type) {
    hid_t stored = H5Dget_type(set);
    if (stored >= 0 && H5Tget_class(stored) == H5T_ENUM) stored = H5Tget_super(stored);
    return stored >= 0 && H5Tequal(stored, type) > 0;
}

static int by_first_row(const void *one, const void *other) {
    int64_t a = ((const lockstep_hdf5_run *)one)->first, b = ((const lockstep_hdf5_run *)other)->first;
    return (a > b) - (a < b);
}

// Sets `runs` where every chunk has whole rows, and all chunks are in the file without filters, and not too many. Returns their
// number, or -1.
static int64_t runs_of_chunks(hid_t set, hid_t creation, const lockstep_hdf5_header *header, lockstep_hdf5_run **runs) {
#if H5_VERSION_GE(1, 10, 5)
    if (!lockstep_hdf5.H5Dget_num_chunks || !lockstep_hdf5.H5Dget_chunk_info) return -1;
    hsize_t chunk[lockstep_hdf5_dimensions] = {0};
    if (H5Pget_nfilters(creation) != 0 || H5Pget_chunk(creation, lockstep_hdf5_dimensions, chunk) != header->rank)
        return -1;
    for (int dimension = 1; dimension < header->rank; dimension++)
        if (chunk[dimension] != (hsize_t)header->extents[dimension]) return -1;
    if ((hsize_t)header->extents[0] / chunk[0] >= most_chunks) return -1;
    hid_t space = H5Dget_space(set);
    hsize_t count = 0, wanted = ((hsize_t)header->extents[0] + chunk[0] - 1) / chunk[0];
    if (space < 0 || lockstep_hdf5.H5Dget_num_chunks(set, space, &count) < 0 || count != wanted || count == 0) return -1;
    *runs = calloc(count, sizeof **runs);
    if (!*runs) return -1;
    for (hsize_t index = 0; index < count; index++) {
        hsize_t place[lockstep_hdf5_dimensions] = {0}, size = 0;
        unsigned mask = 0;
        haddr_t address = HADDR_UNDEF;
        if (lockstep_hdf5.H5Dget_chunk_info(set, space, index, place, &mask, &address, &size) < 0 || address == HADDR_UNDEF)
            return -1;
        (*runs)[index] = (lockstep_hdf5_run){(int64_t)place[0], (int64_t)address};
    }
    qsort(*runs, count, sizeof **runs, by_first_row);
    return (int64_t)count;
#else
    (void)set, (void)creation, (void)header, (void)runs;
    return -1;
#endif
}

bool lockstep_hdf5_send_layout(int pipe, hid_t set, hid_t type, const lockstep_hdf5_header *header) {
    int64_t count = -1;
    lockstep_hdf5_run single = {0}, *runs = NULL;
    hid_t creation = H5Dget_create_plist(set);
    if (creation >= 0 && header->rank > 0 && begins_at_zero(set) && is_native(set, type)) {
        H5D_layout_t layout = H5Pget_layout(creation);
        haddr_t offset = HADDR_UNDEF;
        if (layout == H5D_CONTIGUOUS) offset = H5Dget_offset(set);
        if (offset != HADDR_UNDEF) {
            single.offset = (int64_t)offset;
            runs = &single;
            count = 1;
        } else if (layout == H5D_CHUNKED) {
            count = runs_of_chunks(set, creation, header, &runs);
        }
    }
    lockstep_hdf5_send(pipe, &count, sizeof count);
    if (count > 0) lockstep_hdf5_send(pipe, runs, (size_t)count * sizeof *runs);
    if (runs != &single) free(runs);
    return true;
}
