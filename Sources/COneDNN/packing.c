// Converts weights between PyTorch's plain layout and those chosen by oneDNN.
#include "lockstep_dnn_packing.h"
#include "lockstep_dnn_internal.h"

static lockstep_dnn_layout chosen_layout(const lockstep_dnn_primitive *primitive) {
    lockstep_dnn_layout gradient = lockstep_dnn_argument_layout(primitive, DNNL_ARG_DIFF_WEIGHTS);
    return gradient ? gradient : lockstep_dnn_argument_layout(primitive, DNNL_ARG_WEIGHTS);
}

static lockstep_dnn_layout plain_layout(lockstep_dnn_maker *maker, lockstep_dnn_layout like) {
    if (maker->status) return NULL;
    if (!like) {
        maker->status = dnnl_invalid_arguments;
        return NULL;
    }
#if LOCKSTEP_DNN_V3
    int rank = 0;
    dnnl_dims_t *extents = NULL;
    maker->status = dnnl_memory_desc_query(like, dnnl_query_data_type, &maker->type);
    if (!maker->status) maker->status = dnnl_memory_desc_query(like, dnnl_query_ndims_s32, &rank);
    if (!maker->status) maker->status = dnnl_memory_desc_query(like, dnnl_query_dims, &extents);
    return maker->status ? NULL : lockstep_dnn_maker_layout(maker, rank, *extents, NULL);
#else
    maker->type = like->data_type;
    return lockstep_dnn_maker_layout(maker, like->ndims, like->dims, NULL);
#endif
}

int lockstep_dnn_weights_are_plain(const lockstep_dnn_primitive *primitive) {
    lockstep_dnn_layout chosen = chosen_layout(primitive);
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    lockstep_dnn_layout plain = plain_layout(&maker, chosen);
    int same = !maker.status && dnnl_memory_desc_equal(chosen, plain);
    lockstep_dnn_maker_abandon(&maker);
    return same;
}

size_t lockstep_dnn_weights_bytes(const lockstep_dnn_primitive *primitive) {
    lockstep_dnn_layout chosen = chosen_layout(primitive);
    return chosen ? dnnl_memory_desc_get_size(chosen) : 0;
}

static lockstep_dnn_status create(
    lockstep_dnn_primitive **primitive, lockstep_dnn_layout chosen, int to_plain, int accumulate) {
    lockstep_dnn_maker maker;
    lockstep_dnn_maker_start(&maker);
    if (accumulate) lockstep_dnn_maker_accumulate(&maker);
    lockstep_dnn_layout plain = plain_layout(&maker, chosen);
    if (!maker.status)
        maker.status = dnnl_reorder_primitive_desc_create(&maker.made->description, to_plain ? chosen : plain,
            maker.made->engine, to_plain ? plain : chosen, maker.made->engine, maker.attributes);
    const int arguments[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    return lockstep_dnn_maker_finish(&maker, primitive, 2, arguments);
}

lockstep_dnn_status lockstep_dnn_pack_create(lockstep_dnn_primitive **primitive, const lockstep_dnn_primitive *user) {
    return create(primitive, chosen_layout(user), 0, 0);
}

lockstep_dnn_status lockstep_dnn_unpack_create(
    lockstep_dnn_primitive **primitive, const lockstep_dnn_primitive *user, int accumulate) {
    return create(primitive, chosen_layout(user), 1, accumulate);
}

lockstep_dnn_status lockstep_dnn_packing_execute(lockstep_dnn_primitive *primitive, const void *from, void *to) {
    lockstep_dnn_status status = lockstep_dnn_bind(primitive, DNNL_ARG_FROM, from);
    if (!status) status = lockstep_dnn_bind(primitive, DNNL_ARG_TO, to);
    return status ? status : lockstep_dnn_run(primitive);
}
