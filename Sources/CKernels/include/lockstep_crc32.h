#pragma once
#include <stddef.h>
#include <stdint.h>

/// Extends a CRC-32 as in gzip (ISO 3309) over the beginning of `bytes`, with carry-less multiplication:
/// several times faster than zlib. Returns the number of bytes processed: all but a remainder below 64 for
/// zlib, or none if the processor lacks the instruction.
size_t lockstep_crc32_extend(uint32_t *crc, const void *bytes, size_t count);
