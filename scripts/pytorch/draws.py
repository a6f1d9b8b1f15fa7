"""The keyed random draws of Lockstep in Python: the order of samples and normal noise, equal to rounding.

Source: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011).
"""

import numpy

MASK = (1 << 64) - 1
SHUFFLE, AUGMENTATION, SYNTHETIC, NOISE = 2, 4, 6, 11


def mix(value):
    """The finalizer of SplitMix64."""
    z = (value + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def blocks(indices, seed, purpose, layer=0, major=0, minor=0):
    """Four words of 32 random bits for each block number: [n, 4]."""
    key = mix(((mix(seed) ^ (purpose * 0x9E3779B97F4A7C15 & MASK)) + layer) & MASK)
    stream = mix((mix(major) + minor) & MASK)
    words = numpy.uint64(0xFFFFFFFF)
    shift = numpy.uint64(32)
    indices = numpy.asarray(indices, dtype=numpy.uint64)
    a, b = indices & words, indices >> shift
    c = numpy.full_like(indices, stream & 0xFFFFFFFF)
    d = numpy.full_like(indices, stream >> 32)
    low, high = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        first, second = a * numpy.uint64(0xD2511F53), c * numpy.uint64(0xCD9E8D57)
        a, b = (second >> shift) ^ b ^ numpy.uint64(low), second & words
        c, d = (first >> shift) ^ d ^ numpy.uint64(high), first & words
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return numpy.stack([a, b, c, d], axis=1)


def normal(count, **key):
    """Standard normal numbers, float32 [count], as in `normalNoise`."""
    words = blocks(numpy.arange((count + 3) // 4), purpose=NOISE, **key).astype(numpy.float64)
    radius = numpy.sqrt(-2 * numpy.log((words[:, 0::2] + 0.5) * 2.0**-32))
    angle = 2 * numpy.pi * words[:, 1::2] * 2.0**-32
    pairs = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], axis=2)
    return pairs.reshape(-1)[:count].astype(numpy.float32)


def uniform(first, count, **key):
    """Numbers in [0, 1) of elements first ..< first + count, float32: `RandomKey.uniform`."""
    elements = numpy.arange(first, first + count)
    words = blocks(elements // 4, **key)
    chosen = numpy.take_along_axis(words, (elements % 4)[:, None], axis=1)[:, 0]
    return ((chosen >> numpy.uint64(8)).astype(numpy.float64) * 2.0**-24).astype(numpy.float32)


def order(count, seed, epoch):
    """The order of an epoch's samples."""
    words = blocks(numpy.arange(count), seed=seed, purpose=SHUFFLE, major=epoch)
    wide = [int(a) << 32 | int(b) for a, b in words[:, :2]]
    result = list(range(count))
    for index in range(count - 1, 0, -1):
        other = wide[index] * (index + 1) >> 64
        result[index], result[other] = result[other], result[index]
    return result
