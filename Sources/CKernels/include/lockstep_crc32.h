#pragma once
#include <stddef.h>
#include <stdint.h>

/// Extends a CRC-32 as in gzip (ISO 3309) by the beginning of `bytes`, by carry-less products: several times faster than zlib.
/// Returns how many bytes were taken: all but a rest of less than 64, which is zlib's; none where the processor lacks the
/// instruction.
size_t lockstep_crc32_extend(uint32_t *crc, const void *bytes, size_t count);
