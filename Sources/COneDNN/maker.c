// Creates primitives of any kind.
#include <stdlib.h>

#include "lockstep_dnn_internal.h"

void lockstep_dnn_maker_start(lockstep_dnn_maker *maker) {
    memset(maker, 0, sizeof *maker);
    lockstep_dnn_use_threads();
    maker->type = dnnl_f32;
    maker->made = calloc(1, sizeof *maker->made);
    maker->status = maker->made ? dnnl_success : dnnl_out_of_memory;
    if (!maker->status) maker->status = dnnl_engine_create(&maker->made->engine, dnnl_cpu, 0);
    if (!maker->status)
        maker->status = dnnl_stream_create(&maker->made->stream, maker->made->engine, dnnl_stream_default_flags);
    if (!maker->status) maker->status = dnnl_primitive_attr_create(&maker->attributes);
    if (!maker->status)
        maker->status = dnnl_primitive_attr_set_scratchpad_mode(maker->attributes, dnnl_scratchpad_mode_user);
}

void lockstep_dnn_maker_use(lockstep_dnn_maker *maker, lockstep_dnn_type type) {
    maker->type = type == LOCKSTEP_DNN_BFLOAT16 ? dnnl_bf16 : dnnl_f32;
}

// A layout with strides or, unless it is undefined, a oneDNN format.
static lockstep_dnn_layout add_layout(
    lockstep_dnn_maker *maker, int rank, const int64_t *extents, const int64_t *strides, dnnl_format_tag_t format) {
    if (maker->status) return NULL;
    if (rank < 1 || rank > MAXIMUM_RANK || maker->layout_count == MAXIMUM_LAYOUTS) {
        maker->status = dnnl_invalid_arguments;
        return NULL;
    }
    dnnl_dims_t dims, steps;
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        dims[i] = extents[i];
        steps[i] = strides ? strides[i] : step;
        step *= extents[i];
    }
    dnnl_memory_desc_t *layout = &maker->layouts[maker->layout_count];
#if LOCKSTEP_DNN_V3
    maker->status = format
        ? dnnl_memory_desc_create_with_tag(layout, rank, dims, maker->type, format)
        : dnnl_memory_desc_create_with_strides(layout, rank, dims, maker->type, steps);
    if (maker->status) return NULL;
    maker->layout_count++;
    return *layout;
#else
    maker->status = format ? dnnl_memory_desc_init_by_tag(layout, rank, dims, maker->type, format)
                           : dnnl_memory_desc_init_by_strides(layout, rank, dims, maker->type, steps);
    if (maker->status) return NULL;
    maker->layout_count++;
    return layout;
#endif
}

lockstep_dnn_layout lockstep_dnn_maker_layout(
    lockstep_dnn_maker *maker, int rank, const int64_t *extents, const int64_t *strides) {
    return add_layout(maker, rank, extents, strides, dnnl_format_tag_undef);
}

lockstep_dnn_layout lockstep_dnn_maker_images(
    lockstep_dnn_maker *maker, int64_t n, int64_t h, int64_t w, int64_t c) {
    const int64_t extents[] = {n, c, h, w};
    const int64_t strides[] = {h * w * c, 1, w * c, c};
    return lockstep_dnn_maker_layout(maker, 4, extents, strides);
}

lockstep_dnn_layout lockstep_dnn_maker_any(lockstep_dnn_maker *maker, int rank, const int64_t *extents) {
    return add_layout(maker, rank, extents, NULL, dnnl_format_tag_any);
}

lockstep_dnn_layout lockstep_dnn_maker_blocked_images(
    lockstep_dnn_maker *maker, int64_t n, int64_t h, int64_t w, int64_t c) {
    const int64_t extents[] = {n, c, h, w};
    return add_layout(maker, 4, extents, NULL, dnnl_nChw16c);
}

void lockstep_dnn_maker_accumulate(lockstep_dnn_maker *maker) {
    if (maker->status) return;
    dnnl_post_ops_t operations = NULL;
    maker->status = dnnl_post_ops_create(&operations);
    if (maker->status) return;
    maker->status = dnnl_post_ops_append_sum(operations, 1.0f
#if LOCKSTEP_DNN_V3
        , 0, dnnl_data_type_undef
#endif
    );
    if (!maker->status) maker->status = dnnl_primitive_attr_set_post_ops(maker->attributes, operations);
    dnnl_status_t freed = dnnl_post_ops_destroy(operations);
    if (!maker->status) maker->status = freed;
}

#if !LOCKSTEP_DNN_V3
void lockstep_dnn_maker_describe(
    lockstep_dnn_maker *maker, const void *operation, const lockstep_dnn_primitive *forward) {
    if (maker->status) return;
    maker->status = dnnl_primitive_desc_create(&maker->made->description, operation, maker->attributes,
        maker->made->engine, forward ? forward->description : NULL);
}
#endif

static dnnl_status_t add_argument(
    lockstep_dnn_primitive *made, int argument, lockstep_dnn_layout layout, void *data) {
    if (!layout) return dnnl_success;
    if (made->argument_count == MAXIMUM_ARGUMENTS) return dnnl_invalid_arguments;
    int index = made->argument_count;
    dnnl_status_t status
        = dnnl_memory_create(&made->arguments[index].memory, layout, made->engine, data ? data : DNNL_MEMORY_NONE);
    if (status) return status;
    made->arguments[index].arg = argument;
    made->pointers[index] = data;
    made->argument_count++;
    return dnnl_success;
}

static dnnl_status_t add_scratchpad(lockstep_dnn_primitive *made, int borrows) {
    lockstep_dnn_layout layout = lockstep_dnn_argument_layout(made, DNNL_ARG_SCRATCHPAD);
    if (!layout) return dnnl_success;
    made->scratchpad_bytes = dnnl_memory_desc_get_size(layout);
    if (borrows) return add_argument(made, DNNL_ARG_SCRATCHPAD, layout, NULL);
    if (posix_memalign(&made->scratchpad, 64, made->scratchpad_bytes)) {
        made->scratchpad = NULL;
        return dnnl_out_of_memory;
    }
    return add_argument(made, DNNL_ARG_SCRATCHPAD, layout, made->scratchpad);
}

static void free_tools(lockstep_dnn_maker *maker) {
    if (maker->attributes) {
        dnnl_status_t freed = dnnl_primitive_attr_destroy(maker->attributes);
        if (!maker->status) maker->status = freed;
    }
#if LOCKSTEP_DNN_V3
    for (int i = 0; i < maker->layout_count; i++) {
        dnnl_status_t freed = dnnl_memory_desc_destroy(maker->layouts[i]);
        if (!maker->status) maker->status = freed;
    }
#endif
}

void lockstep_dnn_maker_abandon(lockstep_dnn_maker *maker) {
    free_tools(maker);
    lockstep_dnn_destroy(maker->made);
}

lockstep_dnn_status lockstep_dnn_maker_finish(
    lockstep_dnn_maker *maker, lockstep_dnn_primitive **result, int count, const int *arguments) {
    lockstep_dnn_primitive *made = maker->made;
    *result = NULL;
    if (!maker->status) maker->status = dnnl_primitive_create(&made->primitive, made->description);
    for (int i = 0; i < count && !maker->status; i++) {
        const int argument = abs(arguments[i]);
        lockstep_dnn_layout layout
            = arguments[i] < 0 ? maker->vector : lockstep_dnn_argument_layout(made, argument);
        maker->status = add_argument(made, argument, layout, NULL);
    }
    if (!maker->status) maker->status = add_scratchpad(made, maker->borrows_scratchpad);
    free_tools(maker);
    if (maker->status) {
        lockstep_dnn_destroy(made);
        return maker->status;
    }
    made->operations = lockstep_dnn_count_operations(made);
    *result = made;
    return dnnl_success;
}
