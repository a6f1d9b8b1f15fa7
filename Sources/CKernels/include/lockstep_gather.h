#pragma once
#include <stddef.h>
#include <stdint.h>

/// y[i] = x[i] scale[i] + shift[i], from bytes.
void lockstep_normalize_bytes(float *y, const uint8_t *x, const float *scale, const float *shift, ptrdiff_t count);

/// y[i] = x[i] scale[i] + shift[i]; y may be x.
void lockstep_normalize_floats(float *y, const float *x, const float *scale, const float *shift, ptrdiff_t count);
