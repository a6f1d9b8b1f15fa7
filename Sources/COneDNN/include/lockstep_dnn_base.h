#pragma once
#include <stddef.h>
#include <stdint.h>

/// 0 is success; anything else is oneDNN's code (`lockstep_dnn_status_text`).
typedef int lockstep_dnn_status;

/// A oneDNN primitive with everything needed to execute it. Not thread-safe.
typedef struct lockstep_dnn_primitive lockstep_dnn_primitive;

/// The type of activations and weights. Biases, statistics, scales, shifts and gradients of parameters are
/// always float32.
typedef enum {
    LOCKSTEP_DNN_FLOAT32 = 0,
    LOCKSTEP_DNN_BFLOAT16 = 1,
} lockstep_dnn_type;

/// The name of a status, for messages.
const char *lockstep_dnn_status_text(lockstep_dnn_status status);

/// The version of the loaded oneDNN library, major x 10000 + minor x 100 + patch.
int lockstep_dnn_version(void);

/// The version whose headers this target was compiled with, in the same form.
int lockstep_dnn_header_version(void);

/// Whether the processor, within the limit set for oneDNN, has bfloat16 instructions.
int lockstep_dnn_has_bfloat16(void);

/// The newest of oneDNN's instruction sets that the processor supports within the limit set for oneDNN, for
/// example `AVX2`.
const char *lockstep_dnn_instruction_set(void);

/// Sets the number of threads for creating and executing primitives from now on, in any thread of the
/// process: it applies to oneDNN's OpenMP runtime. 1 until set. Existing primitives keep their number. Fails
/// if the runtime is not OpenMP and `threads` is not 1.
lockstep_dnn_status lockstep_dnn_set_threads(int threads);

/// The number of threads set by `lockstep_dnn_set_threads`.
int lockstep_dnn_threads(void);
/// Starts the compute threads of the calling thread now; otherwise the runtime starts them at first use. If
/// the system refuses a thread, the runtime ends the process, with this message and status.
void lockstep_dnn_start_threads(const char *message, int status);

/// Calls body(context, part) for all parts from 0 on, each on a thread of oneDNN's runtime, and waits for
/// them. Without OpenMP the calls are sequential.
void lockstep_dnn_parallel(int parts, void (*body)(void *context, int part), void *context);

/// Frees a primitive and what it owns. NULL is allowed.
void lockstep_dnn_destroy(lockstep_dnn_primitive *primitive);

/// The size in bytes of the scratchpad that the primitive owns or, if its functions take one, requires.
size_t lockstep_dnn_scratchpad_bytes(const lockstep_dnn_primitive *primitive);

/// oneDNN's name of the implementation it chose, for example `jit:avx512_core`.
const char *lockstep_dnn_implementation(const lockstep_dnn_primitive *primitive);

/// The floating-point operations of one execution: two per multiply-add. Only matrix products count (matmul,
/// inner product, convolution), padding included; 0 for all other primitives.
double lockstep_dnn_operations(const lockstep_dnn_primitive *primitive);

/// The sum of `lockstep_dnn_operations` over all executions by the calling thread so far, plus
/// `lockstep_dnn_add_operations`.
double lockstep_dnn_executed_operations(void);

/// Adds floating-point operations of products that the calling thread computed without oneDNN.
void lockstep_dnn_add_operations(double operations);
