// Copies between layouts, and joining tensors.
#include "lockstep_dnn_movement.h"
#include "lockstep_dnn_internal.h"

lockstep_dnn_status lockstep_dnn_reorder_create(
    lockstep_dnn_primitive **primitive, int rank, const int64_t *extents, const int64_t *strides_x,
    const int64_t *strides_y, int accumulate, lockstep_dnn_type type) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_maker_use(&maker, type);
    if (accumulate) lockstep_dnn_maker_accumulate(&maker);
    lockstep_dnn_layout x = lockstep_dnn_maker_layout(&maker, rank, extents, strides_x);
    lockstep_dnn_layout y = lockstep_dnn_maker_layout(&maker, rank, extents, strides_y);
    if (!maker.status)
        maker.status = dnnl_reorder_primitive_desc_create(
            &maker.made->description, x, maker.made->engine, y, maker.made->engine, maker.attributes);
    const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_reorder_execute(lockstep_dnn_primitive *primitive, const void *x, void *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_FROM, x);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_TO, y);
    return status ? status : lockstep_dnn_run(primitive);
}

lockstep_dnn_status lockstep_dnn_blocks_create(
    lockstep_dnn_primitive **primitive, int64_t n, int64_t h, int64_t w, int64_t c, int to_plain) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_layout plain = lockstep_dnn_maker_images(&maker, n, h, w, c);
    lockstep_dnn_layout blocks = lockstep_dnn_maker_blocked_images(&maker, n, h, w, c);
    if (!maker.status)
        maker.status = dnnl_reorder_primitive_desc_create(&maker.made->description, to_plain ? blocks : plain,
            maker.made->engine, to_plain ? plain : blocks, maker.made->engine, maker.attributes);
    const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_concat_create(
    lockstep_dnn_primitive **primitive, int count, int rank, int axis, const int64_t *extents) {
    *primitive = NULL;
    if (count < 1 || count > LOCKSTEP_DNN_CONCAT_MAXIMUM || rank < 1 || rank > MAXIMUM_RANK || axis < 0
        || axis >= rank)
        return dnnl_invalid_arguments;
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    int64_t joined[MAXIMUM_RANK];
    memcpy(joined, extents, sizeof(int64_t) * (size_t)rank);
    joined[axis] = 0;
    int arguments[LOCKSTEP_DNN_CONCAT_MAXIMUM + 1];
    for (int i = 0; i < count; i++) {
        joined[axis] += extents[i * rank + axis];
        lockstep_dnn_maker_layout(&maker, rank, extents + i * rank, NULL);
        arguments[i] = DNNL_ARG_MULTIPLE_SRC + i;
    }
    arguments[count] = DNNL_ARG_DST;
    lockstep_dnn_layout y = lockstep_dnn_maker_layout(&maker, rank, joined, NULL);
    if (!maker.status) {
#if LOCKSTEP_DNN_V3
        maker.status = dnnl_concat_primitive_desc_create(&maker.made->description, maker.made->engine, y, count, axis,
            (const_dnnl_memory_desc_t const *)maker.layouts, maker.attributes);
#else
        maker.status = dnnl_concat_primitive_desc_create(
            &maker.made->description, y, count, axis, maker.layouts, maker.attributes, maker.made->engine);
#endif
    }
    return lockstep_dnn_maker_finish(&maker, primitive, count + 1, arguments);
}

lockstep_dnn_status lockstep_dnn_concat_execute(
    lockstep_dnn_primitive *primitive, const float *const *sources, float *y) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_DST, y);
    for (int i = 0; i < LOCKSTEP_DNN_CONCAT_MAXIMUM && !status; i++) {
        // The arguments are in order, followed by the destination and perhaps a scratchpad.
        if (i >= primitive->argument_count || primitive->arguments[i].arg != DNNL_ARG_MULTIPLE_SRC + i) break;
        status = lockstep_dnn_bind(primitive, DNNL_ARG_MULTIPLE_SRC + i, sources[i]);
    }
    return status ? status : lockstep_dnn_run(primitive);
}
