#pragma once

/// One function body compiled for several processors, selected when the program is loaded. All clones must
/// give the same bits: no contraction of floating-point operations (`#pragma clang fp contract(off)`), or
/// explicit fused operations in every clone, which are slow function calls in the default one for processors
/// without AVX2; and reductions over an explicit number of lanes.
#if defined(__x86_64__)
#define LOCKSTEP_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
// Not inlined, as clones are not: lockstep_subnormal_inline.h relies on it.
#define LOCKSTEP_CLONES __attribute__((noinline))
#endif
