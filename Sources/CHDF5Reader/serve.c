#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The innermost error of the library.
static herr_t innermost(unsigned depth, const H5E_error2_t *error, void *text) {
    (void)depth;
    if (error->desc) snprintf(text, lockstep_hdf5_text_size, "%s", error->desc);
    return 0;
}

static void refuse(int pipe, lockstep_hdf5_header *header, int status, const char *problem) {
    header->status = status;
    if (problem) {
        snprintf(header->problem, sizeof header->problem, "%s", problem);
    } else {
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, innermost, header->problem);
    }
    lockstep_hdf5_send(pipe, header, sizeof *header);
    _exit(0);
}

static hid_t open_file(const char *path, const void *image, size_t image_size) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (image_size > 0) {
        // The library copies the image, and refuses one with the name of a file that exists.
        path = "/dev/null/image";
        H5Pset_fapl_core(access, 1 << 16, 0);
        H5Pset_file_image(access, (void *)image, image_size);
    }
    return H5Fopen(path, H5F_ACC_RDONLY, access);
}

// What keeps a data set from being read, beside its type; NULL for nothing.
static const char *obstacle(hid_t set, int64_t count) {
    hid_t creation = H5Dget_create_plist(set);
    if (creation < 0) return "its properties cannot be read";
    if (H5Pget_layout(creation) == H5D_VIRTUAL) return "it is virtual: its elements are in other files";
    if (H5Pget_external_count(creation) > 0) return "its elements are in another file";
    for (int filter = 0; filter < H5Pget_nfilters(creation); filter++) {
        unsigned flags = 0;
        size_t values = 0;
        H5Z_filter_t number = H5Pget_filter2(creation, (unsigned)filter, &flags, &values, NULL, 0, NULL, NULL);
        if (number < 0 || H5Zfilter_avail(number) <= 0)
            return "it has a filter that is not available (gzip, shuffle, fletcher32, nbit and scaleoffset are)";
    }
    H5D_space_status_t status = H5D_SPACE_STATUS_ERROR;
    if (count > 0 && H5Dget_space_status(set, &status) >= 0 && status == H5D_SPACE_STATUS_NOT_ALLOCATED)
        return "nothing was ever written to it";
    return NULL;
}

void lockstep_hdf5_serve(int pipe, const char *path, const void *image, size_t image_size, const char *name, int wanted) {
    lockstep_hdf5_header header = {0};
    // Filters of other makers are programs, which a file must not start.
    H5PLset_loading_state(0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t file = open_file(path, image, image_size);
    if (file < 0) refuse(pipe, &header, lockstep_hdf5_unreadable, NULL);
    if (name) {
        snprintf(header.name, sizeof header.name, "%s", name);
    } else {
        size_t count = lockstep_hdf5_list(file, header.name, header.list);
        if (count != 1) {
            char text[64];
            snprintf(text, sizeof text, "it has %zu data sets that can be read", count);
            refuse(pipe, &header, lockstep_hdf5_ambiguous, text);
        }
    }
    hid_t set = H5Dopen2(file, header.name, H5P_DEFAULT);
    if (set < 0) {
        char unused[lockstep_hdf5_text_size] = "";
        lockstep_hdf5_list(file, unused, header.list);
        refuse(pipe, &header, lockstep_hdf5_missing, "there is no such data set");
    }
    hid_t space = H5Dget_space(set);
    hsize_t extents[lockstep_hdf5_dimensions] = {0};
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        refuse(pipe, &header, lockstep_hdf5_unsupported, "it has no elements");
    header.rank = H5Sget_simple_extent_dims(space, extents, NULL);
    if (header.rank < 0) refuse(pipe, &header, lockstep_hdf5_unreadable, NULL);
    int64_t count = 1;
    for (int dimension = 0; dimension < header.rank; dimension++) {
        header.extents[dimension] = (int64_t)extents[dimension];
        if (header.extents[dimension] < 0 || __builtin_mul_overflow(count, header.extents[dimension], &count))
            refuse(pipe, &header, lockstep_hdf5_unsupported, "it has more elements than can be counted");
    }
    hid_t type = lockstep_hdf5_memory_type(H5Dget_type(set), &header.element);
    if (type < 0) refuse(pipe, &header, lockstep_hdf5_unsupported, "its elements are neither numbers nor texts");
    const char *reason = obstacle(set, count);
    if (reason) refuse(pipe, &header, lockstep_hdf5_unsupported, reason);
    lockstep_hdf5_send(pipe, &header, sizeof header);
    bool is_complete = wanted == lockstep_hdf5_layout ? lockstep_hdf5_send_layout(pipe, set, type, &header)
                                                      : lockstep_hdf5_send_elements(pipe, set, type, &header);
    if (is_complete) lockstep_hdf5_send(pipe, "\1", 1);
}
