#include "internal.h"

#include <stdio.h>
#include <string.h>

// How many data sets a list names.
static const size_t most_listed = 12;

typedef struct {
    size_t count;
    size_t readable;
    char *name;
    char *list;
} search;

static void describe(hid_t set, char *text, size_t room) {
    static const char *const names[] = {
        "?", "uint8", "int8", "int16", "int32", "int64", "uint64", "float32", "float64", "text",
    };
    int32_t element = 0;
    hid_t type = lockstep_hdf5_memory_type(H5Dget_type(set), &element);
    hsize_t extents[lockstep_hdf5_dimensions] = {0};
    int rank = H5Sget_simple_extent_dims(H5Dget_space(set), extents, NULL);
    size_t used = (size_t)snprintf(text, room, "%s [", type < 0 ? names[0] : names[element]);
    for (int dimension = 0; dimension < rank && used < room; dimension++)
        used += (size_t)snprintf(
            text + used, room - used, "%s%llu", dimension > 0 ? ", " : "", (unsigned long long)extents[dimension]);
    if (used < room) snprintf(text + used, room - used, "]");
}

static herr_t visit(hid_t file, const char *name, const H5O_info_t *info, void *data) {
    search *found = data;
    if (info->type != H5O_TYPE_DATASET) return 0;
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0) return 0;
    int32_t element = 0;
    if (lockstep_hdf5_memory_type(H5Dget_type(set), &element) >= 0 && H5Sget_simple_extent_ndims(H5Dget_space(set)) > 0) {
        if (found->readable++ == 0) snprintf(found->name, lockstep_hdf5_text_size, "%s", name);
    }
    size_t used = strlen(found->list);
    if (found->count++ < most_listed) {
        char text[256];
        describe(set, text, sizeof text);
        snprintf(
            found->list + used, lockstep_hdf5_text_size - used, "%s/%s (%s)", used > 0 ? ", " : "", name, text);
    }
    H5Dclose(set);
    return 0;
}

size_t lockstep_hdf5_list(hid_t file, char *name, char *list) {
    search found = {0, 0, name, list};
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, visit, &found, H5O_INFO_BASIC);
    size_t used = strlen(list);
    if (found.count == 0) {
        snprintf(list, lockstep_hdf5_text_size, "no data sets");
    } else if (found.count > most_listed) {
        snprintf(list + used, lockstep_hdf5_text_size - used, ", and %zu more", found.count - most_listed);
    }
    return found.readable;
}
