#pragma once
#include "library.h"

// Flags would check that the library has exactly the version of the headers; what is called is in all from 1.10 on.
#undef H5CHECK
#define H5CHECK

// The names of the library mean what was loaded. (A macro is not expanded within itself.)
#define H5open lockstep_hdf5.H5open
#define H5Dclose lockstep_hdf5.H5Dclose
#define H5Dget_access_plist lockstep_hdf5.H5Dget_access_plist
#define H5Dget_create_plist lockstep_hdf5.H5Dget_create_plist
#define H5Dget_offset lockstep_hdf5.H5Dget_offset
#define H5Dget_space lockstep_hdf5.H5Dget_space
#define H5Dget_space_status lockstep_hdf5.H5Dget_space_status
#define H5Dget_type lockstep_hdf5.H5Dget_type
#define H5Dopen2 lockstep_hdf5.H5Dopen2
#define H5Dread lockstep_hdf5.H5Dread
#define H5Dvlen_reclaim lockstep_hdf5.H5Dvlen_reclaim
#define H5Eset_auto2 lockstep_hdf5.H5Eset_auto2
#define H5Ewalk2 lockstep_hdf5.H5Ewalk2
#define H5Fget_create_plist lockstep_hdf5.H5Fget_create_plist
#define H5Fopen lockstep_hdf5.H5Fopen
#define H5Iget_file_id lockstep_hdf5.H5Iget_file_id
#define H5Ovisit2 lockstep_hdf5.H5Ovisit2
#define H5PLset_loading_state lockstep_hdf5.H5PLset_loading_state
#define H5Pcreate lockstep_hdf5.H5Pcreate
#define H5Pget_chunk lockstep_hdf5.H5Pget_chunk
#define H5Pget_external_count lockstep_hdf5.H5Pget_external_count
#define H5Pget_filter2 lockstep_hdf5.H5Pget_filter2
#define H5Pget_layout lockstep_hdf5.H5Pget_layout
#define H5Pget_nfilters lockstep_hdf5.H5Pget_nfilters
#define H5Pget_userblock lockstep_hdf5.H5Pget_userblock
#define H5Pset_chunk_cache lockstep_hdf5.H5Pset_chunk_cache
#define H5Pset_fapl_core lockstep_hdf5.H5Pset_fapl_core
#define H5Pset_file_image lockstep_hdf5.H5Pset_file_image
#define H5Sclose lockstep_hdf5.H5Sclose
#define H5Screate_simple lockstep_hdf5.H5Screate_simple
#define H5Sget_simple_extent_dims lockstep_hdf5.H5Sget_simple_extent_dims
#define H5Sget_simple_extent_ndims lockstep_hdf5.H5Sget_simple_extent_ndims
#define H5Sget_simple_extent_type lockstep_hdf5.H5Sget_simple_extent_type
#define H5Sselect_hyperslab lockstep_hdf5.H5Sselect_hyperslab
#define H5Tcopy lockstep_hdf5.H5Tcopy
#define H5Tequal lockstep_hdf5.H5Tequal
#define H5Tget_class lockstep_hdf5.H5Tget_class
#define H5Tget_sign lockstep_hdf5.H5Tget_sign
#define H5Tget_size lockstep_hdf5.H5Tget_size
#define H5Tget_strpad lockstep_hdf5.H5Tget_strpad
#define H5Tget_super lockstep_hdf5.H5Tget_super
#define H5Tis_variable_str lockstep_hdf5.H5Tis_variable_str
#define H5Zfilter_avail lockstep_hdf5.H5Zfilter_avail
#define H5P_CLS_FILE_ACCESS_ID_g (*lockstep_hdf5.H5P_CLS_FILE_ACCESS_ID_g)
#define H5T_NATIVE_INT8_g (*lockstep_hdf5.H5T_NATIVE_INT8_g)
#define H5T_NATIVE_UINT8_g (*lockstep_hdf5.H5T_NATIVE_UINT8_g)
#define H5T_NATIVE_INT16_g (*lockstep_hdf5.H5T_NATIVE_INT16_g)
#define H5T_NATIVE_INT32_g (*lockstep_hdf5.H5T_NATIVE_INT32_g)
#define H5T_NATIVE_INT64_g (*lockstep_hdf5.H5T_NATIVE_INT64_g)
#define H5T_NATIVE_UINT64_g (*lockstep_hdf5.H5T_NATIVE_UINT64_g)
#define H5T_NATIVE_FLOAT_g (*lockstep_hdf5.H5T_NATIVE_FLOAT_g)
#define H5T_NATIVE_DOUBLE_g (*lockstep_hdf5.H5T_NATIVE_DOUBLE_g)
