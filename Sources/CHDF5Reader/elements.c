#include "internal.h"

#include <stdlib.h>
#include <string.h>

// Elements are read in pieces of about this many bytes.
static const size_t piece_size = 4 << 20;
// Decompressed chunks that are kept for the next piece.
static const size_t cache_size = 64 << 20;

hid_t lockstep_hdf5_memory_type(hid_t type, int32_t *element) {
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_STRING) {
        *element = lockstep_hdf5_text;
        // As it is in the file: texts need no conversion.
        return H5Tcopy(type);
    }
    bool is_truth = class == H5T_ENUM;
    if (is_truth) {
        // The truth values of numpy are an enumeration of bytes.
        type = H5Tget_super(type);
        class = H5Tget_class(type);
    }
    size_t size = H5Tget_size(type);
    if (class == H5T_FLOAT && (size == 2 || size == 4)) {
        *element = lockstep_hdf5_float32;
        return H5Tcopy(H5T_NATIVE_FLOAT);
    }
    if (class == H5T_FLOAT && size == 8) {
        *element = lockstep_hdf5_float64;
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    }
    if (class != H5T_INTEGER) return -1;
    bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    switch (size) {
    case 1:
        *element = is_signed && !is_truth ? lockstep_hdf5_int8 : lockstep_hdf5_uint8;
        return H5Tcopy(*element == lockstep_hdf5_int8 ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8);
    // Whole numbers without a sign become the next larger type that has one.
    case 2:
        *element = is_signed ? lockstep_hdf5_int16 : lockstep_hdf5_int32;
        return H5Tcopy(is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_INT32);
    case 4:
        *element = is_signed ? lockstep_hdf5_int32 : lockstep_hdf5_int64;
        return H5Tcopy(is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_INT64);
    case 8:
        *element = is_signed ? lockstep_hdf5_int64 : lockstep_hdf5_uint64;
        return H5Tcopy(is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64);
    default: return -1;
    }
}

// Texts that are sent together.
typedef struct {
    char *bytes;
    size_t used;
    size_t room;
} block;

static bool append(block *block, const char *text, size_t size) {
    uint32_t length = (uint32_t)size;
    if (size > UINT32_MAX / 2) return false;
    if (block->room - block->used < size + sizeof length) {
        size_t room = 2 * (block->room + size + sizeof length);
        char *larger = realloc(block->bytes, room);
        if (!larger) return false;
        block->bytes = larger;
        block->room = room;
    }
    memcpy(block->bytes + block->used, &length, sizeof length);
    memcpy(block->bytes + block->used + sizeof length, text, size);
    block->used += size + sizeof length;
    return true;
}

static void send_block(int pipe, block *block) {
    uint64_t size = block->used;
    lockstep_hdf5_send(pipe, &size, sizeof size);
    lockstep_hdf5_send(pipe, block->bytes, block->used);
    block->used = 0;
}

// Collects texts of a fixed size, without what fills them up.
static bool append_fixed(block *block, const char *texts, size_t count, hid_t type) {
    size_t size = H5Tget_size(type);
    H5T_str_t padding = H5Tget_strpad(type);
    char filler = padding == H5T_STR_SPACEPAD ? ' ' : 0;
    for (size_t index = 0; index < count; index++) {
        const char *text = texts + index * size;
        size_t length = padding == H5T_STR_NULLTERM ? strnlen(text, size) : size;
        while (length > 0 && text[length - 1] == filler) length--;
        if (!append(block, text, length)) return false;
    }
    return true;
}

static bool append_variable(block *block, char **texts, size_t count) {
    for (size_t index = 0; index < count; index++) {
        const char *text = texts[index] ? texts[index] : "";
        if (!append(block, text, strlen(text))) return false;
    }
    return true;
}

// The number of rows that are read at once: whole chunks where they are not too large.
static hsize_t rows_at_once(hid_t set, hsize_t rows, size_t row_size) {
    hsize_t count = row_size < piece_size ? piece_size / (row_size > 0 ? row_size : 1) : 1;
    hid_t creation = H5Dget_create_plist(set);
    hsize_t chunk[lockstep_hdf5_dimensions] = {0};
    if (H5Pget_layout(creation) == H5D_CHUNKED && H5Pget_chunk(creation, lockstep_hdf5_dimensions, chunk) > 0
        && chunk[0] > 0 && chunk[0] <= cache_size / (row_size > 0 ? row_size : 1))
        count = (count + chunk[0] - 1) / chunk[0] * chunk[0];
    return count < rows ? count : rows;
}

bool lockstep_hdf5_send_elements(int pipe, hid_t set, hid_t type, const lockstep_hdf5_header *header) {
    int rank = header->rank > 0 ? header->rank : 1;
    hsize_t extents[lockstep_hdf5_dimensions] = {1};
    size_t width = H5Tget_size(type), row_size = width;
    for (int dimension = 0; dimension < header->rank; dimension++) {
        extents[dimension] = (hsize_t)header->extents[dimension];
        if (extents[dimension] == 0) return true;
        if (dimension > 0 && __builtin_mul_overflow(row_size, extents[dimension], &row_size)) return false;
    }
    // Chunks are decompressed once although rows may cross them.
    hid_t access = H5Dget_access_plist(set);
    H5Pset_chunk_cache(access, 12421, cache_size, 1);
    hsize_t rows = extents[0], step = rows_at_once(set, rows, row_size);
    size_t size = 0;
    if (width == 0 || __builtin_mul_overflow(row_size, step, &size)) return false;
    char *buffer = malloc(size);
    if (!buffer) return false;
    bool is_text = header->element == lockstep_hdf5_text, is_variable = H5Tis_variable_str(type) > 0;
    hsize_t start[lockstep_hdf5_dimensions] = {0};
    block texts = {0};
    for (hsize_t row = 0; row < rows; row += step) {
        hsize_t wanted = rows - row < step ? rows - row : step;
        extents[0] = wanted;
        start[0] = row;
        hid_t memory = H5Screate_simple(rank, extents, NULL);
        hid_t space = H5Dget_space(set);
        if (header->rank > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extents, NULL) < 0)
            return false;
        if (H5Dread(set, type, memory, space, H5P_DEFAULT, buffer) < 0) return false;
        size_t bytes = row_size * wanted, count = bytes / width;
        if (!is_text) {
            lockstep_hdf5_send(pipe, buffer, bytes);
        } else {
            bool is_complete = is_variable ? append_variable(&texts, (char **)buffer, count)
                                           : append_fixed(&texts, buffer, count, type);
            if (!is_complete) return false;
            send_block(pipe, &texts);
            if (is_variable) H5Dvlen_reclaim(type, memory, H5P_DEFAULT, buffer);
        }
        H5Sclose(memory);
        H5Sclose(space);
    }
    free(buffer);
    return true;
}
