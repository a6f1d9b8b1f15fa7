#pragma once
// Shared by the files of this target: layouts, the maker of primitives, and setting pointers.
#include <string.h>

#include "lockstep_dnn_base.h"
#include "oneapi/dnnl/dnnl.h"

#define LOCKSTEP_DNN_V3 (DNNL_VERSION_MAJOR >= 3)

// A memory descriptor is a struct in oneDNN 2 and an owned object in oneDNN 3; functions take a pointer in
// both.
#if LOCKSTEP_DNN_V3
typedef const_dnnl_memory_desc_t lockstep_dnn_layout;
#else
typedef const dnnl_memory_desc_t *lockstep_dnn_layout;
#endif

enum { MAXIMUM_ARGUMENTS = 20, MAXIMUM_LAYOUTS = 20, MAXIMUM_RANK = 6 };

struct lockstep_dnn_primitive {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    int argument_count;
    dnnl_exec_arg_t arguments[MAXIMUM_ARGUMENTS];
    // The current pointer of each argument; unchanged ones are not set again.
    void *pointers[MAXIMUM_ARGUMENTS];
    void *scratchpad;
    size_t scratchpad_bytes;
    // The floating-point operations of one execution, for primitives that multiply matrices; else 0.
    double operations;
};

// Creates a primitive; after the first failure every further call does nothing and `maker_finish` reports it.
typedef struct {
    dnnl_status_t status;
    lockstep_dnn_primitive *made;
    dnnl_primitive_attr_t attributes;
    dnnl_data_type_t type;
    int layout_count;
    dnnl_memory_desc_t layouts[MAXIMUM_LAYOUTS];
    // The layout of the vectors of normalizations (statistics, scale, shift and their gradients), which the
    // description does not give for all of them.
    lockstep_dnn_layout vector;
    // The caller provides the scratchpad in every execution.
    int borrows_scratchpad;
} lockstep_dnn_maker;

#define HIDDEN __attribute__((visibility("hidden")))

// Starts with an engine, a stream, and attributes for a scratchpad provided by this target.
HIDDEN void lockstep_dnn_maker_start(lockstep_dnn_maker *maker);

// Sets the type of later layouts; float32 at the start.
HIDDEN void lockstep_dnn_maker_use(lockstep_dnn_maker *maker, lockstep_dnn_type type);

// A layout with strides in elements; NULL strides are dense and row-major.
HIDDEN lockstep_dnn_layout lockstep_dnn_maker_layout(
    lockstep_dnn_maker *maker, int rank, const int64_t *extents, const int64_t *strides);

// The layout of images [n, h, w, c]; oneDNN's extents are n, c, h, w, with the strides of NHWC.
HIDDEN lockstep_dnn_layout lockstep_dnn_maker_images(
    lockstep_dnn_maker *maker, int64_t n, int64_t h, int64_t w, int64_t c);

// The layout of images with blocks of 16 channels: [n, c / 16, h, w, 16]. c is a multiple of 16.
HIDDEN lockstep_dnn_layout lockstep_dnn_maker_blocked_images(
    lockstep_dnn_maker *maker, int64_t n, int64_t h, int64_t w, int64_t c);

// A layout that oneDNN chooses.
HIDDEN lockstep_dnn_layout lockstep_dnn_maker_any(lockstep_dnn_maker *maker, int rank, const int64_t *extents);

// Appends a sum with the contents of the destination to the attributes.
HIDDEN void lockstep_dnn_maker_accumulate(lockstep_dnn_maker *maker);

// Creates the primitive of `made->description` with memory objects for those of `arguments` that it has;
// negative ones are arguments with the layout `vector`. Everything is freed on failure.
HIDDEN lockstep_dnn_status lockstep_dnn_maker_finish(
    lockstep_dnn_maker *maker, lockstep_dnn_primitive **result, int count, const int *arguments);

// Frees everything without creating a primitive.
HIDDEN void lockstep_dnn_maker_abandon(lockstep_dnn_maker *maker);

// Sets the data of an argument; one that the primitive does not have is left out.
HIDDEN lockstep_dnn_status lockstep_dnn_bind(lockstep_dnn_primitive *primitive, int argument, const void *data);

// Executes with the data that is bound.
HIDDEN lockstep_dnn_status lockstep_dnn_run(lockstep_dnn_primitive *primitive);

// The floating-point operations of one execution; 0 for primitives that multiply no matrices.
HIDDEN double lockstep_dnn_count_operations(const lockstep_dnn_primitive *primitive);

// Sets the number of threads of the calling thread's OpenMP runtime to the configured one.
HIDDEN void lockstep_dnn_use_threads(void);

// The layout of an argument; NULL if the primitive has none.
HIDDEN lockstep_dnn_layout lockstep_dnn_argument_layout(const lockstep_dnn_primitive *primitive, int argument);

// The size of an argument's data; 0 if the primitive has none.
HIDDEN size_t lockstep_dnn_argument_bytes(const lockstep_dnn_primitive *primitive, int argument);

// The number of inputs in the description of a primitive.
HIDDEN int lockstep_dnn_input_count(const lockstep_dnn_primitive *primitive);

#if !LOCKSTEP_DNN_V3
// Creates the description from an operation descriptor; oneDNN 3 has no such descriptors.
HIDDEN void lockstep_dnn_maker_describe(
    lockstep_dnn_maker *maker, const void *operation, const lockstep_dnn_primitive *forward);
#endif
