#pragma once

/// Treats subnormal numbers, those below the smallest normal one (1.2e-38 in float32), as zero until
/// `lockstep_restore_subnormals`, in operands and results. Some processors (Intel) are a hundred times slower
/// with them. Code in between must be a call of a function that is not inlined: the compiler does not model
/// this state. Only on x86-64 and AArch64; elsewhere it does nothing. Returns the previous state, for
/// `lockstep_restore_subnormals`.
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
