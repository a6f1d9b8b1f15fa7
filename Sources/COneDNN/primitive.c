// Executes, queries and frees primitives of any kind.
#include <stdlib.h>

#include "lockstep_dnn_internal.h"
#include "oneapi/dnnl/dnnl_debug.h"

const char *lockstep_dnn_status_text(lockstep_dnn_status status) {
    return dnnl_status2str((dnnl_status_t)status);
}

int lockstep_dnn_version(void) {
    const dnnl_version_t *version = dnnl_version();
    return version->major * 10000 + version->minor * 100 + version->patch;
}

int lockstep_dnn_header_version(void) {
    return DNNL_VERSION_MAJOR * 10000 + DNNL_VERSION_MINOR * 100 + DNNL_VERSION_PATCH;
}

int lockstep_dnn_has_bfloat16(void) {
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

const char *lockstep_dnn_instruction_set(void) {
    static const struct {
        dnnl_cpu_isa_t isa;
        const char *name;
    } sets[] = {
        {dnnl_cpu_isa_avx512_core_amx, "AMX"},
        {dnnl_cpu_isa_avx512_core_bf16, "AVX-512 BF16"},
        {dnnl_cpu_isa_avx512_core_vnni, "AVX-512 VNNI"},
        {dnnl_cpu_isa_avx512_core, "AVX-512"},
        {dnnl_cpu_isa_avx2, "AVX2"},
        {dnnl_cpu_isa_avx, "AVX"},
        {dnnl_cpu_isa_sse41, "SSE4.1"},
    };
    unsigned effective = dnnl_get_effective_cpu_isa();
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if ((effective & (unsigned)sets[i].isa) == (unsigned)sets[i].isa) return sets[i].name;
    }
    return "none of its instruction sets";
}

lockstep_dnn_layout lockstep_dnn_argument_layout(const lockstep_dnn_primitive *primitive, int argument) {
    lockstep_dnn_layout layout = argument == DNNL_ARG_SCRATCHPAD
        ? dnnl_primitive_desc_query_md(primitive->description, dnnl_query_scratchpad_md, 0)
        : dnnl_primitive_desc_query_md(primitive->description, dnnl_query_exec_arg_md, argument);
    return layout && dnnl_memory_desc_get_size(layout) > 0 ? layout : NULL;
}

size_t lockstep_dnn_argument_bytes(const lockstep_dnn_primitive *primitive, int argument) {
    lockstep_dnn_layout layout = lockstep_dnn_argument_layout(primitive, argument);
    return layout ? dnnl_memory_desc_get_size(layout) : 0;
}

int lockstep_dnn_input_count(const lockstep_dnn_primitive *primitive) {
    int count = 0;
    if (!primitive->description) return 0;
    return dnnl_primitive_desc_query(primitive->description, dnnl_query_num_of_inputs_s32, 0, &count) ? 0 : count;
}

// Ignore failures to free: the caller cannot do anything about them.
void lockstep_dnn_destroy(lockstep_dnn_primitive *primitive) {
    if (!primitive) return;
    for (int i = 0; i < primitive->argument_count; i++) (void)dnnl_memory_destroy(primitive->arguments[i].memory);
    if (primitive->primitive) (void)dnnl_primitive_destroy(primitive->primitive);
    if (primitive->description) (void)dnnl_primitive_desc_destroy(primitive->description);
    if (primitive->stream) (void)dnnl_stream_destroy(primitive->stream);
    if (primitive->engine) (void)dnnl_engine_destroy(primitive->engine);
    free(primitive->scratchpad);
    free(primitive);
}

size_t lockstep_dnn_scratchpad_bytes(const lockstep_dnn_primitive *primitive) {
    return primitive->scratchpad_bytes;
}

const char *lockstep_dnn_implementation(const lockstep_dnn_primitive *primitive) {
    const char *text = NULL;
    dnnl_status_t status = dnnl_primitive_desc_query(primitive->description, dnnl_query_impl_info_str, 0, &text);
    return status || !text ? "unknown" : text;
}

lockstep_dnn_status lockstep_dnn_bind(lockstep_dnn_primitive *primitive, int argument, const void *data) {
    for (int i = 0; i < primitive->argument_count; i++) {
        if (primitive->arguments[i].arg != argument) continue;
        if (!data) return dnnl_invalid_arguments;
        if (primitive->pointers[i] == data) return dnnl_success;
        dnnl_status_t status = dnnl_memory_set_data_handle(primitive->arguments[i].memory, (void *)data);
        // After a failure the pointer is unknown: the next call must set it again.
        primitive->pointers[i] = status ? NULL : (void *)data;
        return status;
    }
    return dnnl_success;
}

// A counter of the calling thread, like its processor time; a measurement takes the difference of two
// readings.
static _Thread_local double executed_operations;

double lockstep_dnn_executed_operations(void) { return executed_operations; }

void lockstep_dnn_add_operations(double operations) { executed_operations += operations; }

double lockstep_dnn_operations(const lockstep_dnn_primitive *primitive) { return primitive->operations; }

lockstep_dnn_status lockstep_dnn_run(lockstep_dnn_primitive *primitive) {
    lockstep_dnn_use_threads();
    executed_operations += primitive->operations;
    dnnl_status_t status = dnnl_primitive_execute(
        primitive->primitive, primitive->stream, primitive->argument_count, primitive->arguments);
    return status ? status : dnnl_stream_wait(primitive->stream);
}
