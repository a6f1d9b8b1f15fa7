#pragma once

/// Until `lockstep_restore_subnormals` subnormal numbers, those nearer to zero than the smallest normal one (1.2e-38 in float32), count as
/// zero, operands as well as results. Processors that are slow with them take a hundred times longer otherwise (Intel).
/// What lies between must be a call of another function that is not inlined: the compiler knows nothing of this state.
/// On other architectures than x86-64 and AArch64 nothing happens.
/// Returns the state before, for `lockstep_restore_subnormals`.
static inline unsigned long lockstep_flush_subnormals(void) {
#if defined(__x86_64__)
    enum { flush_results = 1 << 15, flush_operands = 1 << 6 };
    unsigned before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | flush_results | flush_operands);
    return before;
#elif defined(__aarch64__)
    enum { flush = 1 << 24 };
    unsigned long before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | flush));
    return before;
#else
    return 0;
#endif
}

static inline void lockstep_restore_subnormals(unsigned long before) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((unsigned)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
    (void)before;
#endif
}
