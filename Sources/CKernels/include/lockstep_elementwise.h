#pragma once
#include <stddef.h>

/// destination[i] += source[i] for i in 0 ..< count.
void lockstep_accumulate(float *destination, const float *source, ptrdiff_t count);
