#pragma once
// libhdf5 is loaded when the first HDF5 file is opened, not with the program: it needs dozens of libraries, which would
// delay every start. Only its headers are needed for the build.
#if __has_include("/usr/include/hdf5/serial/hdf5.h")
#include "/usr/include/hdf5/serial/hdf5.h"
#else
#include <hdf5.h>
#endif

#define LOCKSTEP_HDF5_FUNCTIONS(F) \
    F(H5open) F(H5Dclose) F(H5Dget_access_plist) F(H5Dget_create_plist) F(H5Dget_offset) F(H5Dget_space) F(H5Dget_space_status) \
    F(H5Dget_type) F(H5Dopen2) F(H5Dread) F(H5Dvlen_reclaim) F(H5Eset_auto2) F(H5Ewalk2) F(H5Fget_create_plist) F(H5Fopen) F(H5Iget_file_id) F(H5Ovisit2) \
    F(H5PLset_loading_state) F(H5Pcreate) F(H5Pget_chunk) F(H5Pget_external_count) F(H5Pget_filter2) F(H5Pget_layout) \
    F(H5Pget_nfilters) F(H5Pget_userblock) F(H5Pset_chunk_cache) F(H5Pset_fapl_core) F(H5Pset_file_image) F(H5Sclose) F(H5Screate_simple) \
    F(H5Sget_simple_extent_dims) F(H5Sget_simple_extent_ndims) F(H5Sget_simple_extent_type) F(H5Sselect_hyperslab) \
    F(H5Tcopy) F(H5Tequal) F(H5Tget_class) F(H5Tget_sign) F(H5Tget_size) F(H5Tget_strpad) F(H5Tget_super) F(H5Tis_variable_str) \
    F(H5Zfilter_avail)

// Numbers of types and classes, which the library assigns when it starts.
#define LOCKSTEP_HDF5_NUMBERS(F) \
    F(H5P_CLS_FILE_ACCESS_ID_g) F(H5T_NATIVE_INT8_g) F(H5T_NATIVE_UINT8_g) F(H5T_NATIVE_INT16_g) \
    F(H5T_NATIVE_INT32_g) F(H5T_NATIVE_INT64_g) F(H5T_NATIVE_UINT64_g) F(H5T_NATIVE_FLOAT_g) F(H5T_NATIVE_DOUBLE_g)

// Functions that a library may lack: where chunks lie in the file (since 1.10.5).
#if H5_VERSION_GE(1, 10, 5)
#define LOCKSTEP_HDF5_OPTIONAL(F) F(H5Dget_num_chunks) F(H5Dget_chunk_info)
#else
#define LOCKSTEP_HDF5_OPTIONAL(F)
#endif

typedef struct {
#define F(name) __typeof__(name) *name;
    LOCKSTEP_HDF5_FUNCTIONS(F)
    LOCKSTEP_HDF5_OPTIONAL(F)
    LOCKSTEP_HDF5_NUMBERS(F)
#undef F
} lockstep_hdf5_library;

extern lockstep_hdf5_library lockstep_hdf5;
