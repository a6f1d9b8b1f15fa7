#pragma once

/// One body compiled for several processors, chosen when the program is loaded. All clones must give the same bits:
/// no contraction of floating-point operations (`#pragma clang fp contract(off)`, or explicit fma in every clone),
/// reductions over an explicit number of lanes.
#if defined(__x86_64__)
#define LOCKSTEP_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define LOCKSTEP_CLONES
#endif
