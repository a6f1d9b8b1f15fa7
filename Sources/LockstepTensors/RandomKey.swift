import Glibc

/// The purpose of a random draw. It is part of the key, so that no two purposes share numbers.
public enum RandomPurpose: UInt32, Sendable {
    /// Initial values of parameters.
    case initialization = 1
    /// The order of samples in an epoch.
    case shuffle = 2
    /// The samples held back for validation.
    case split = 3
    /// Random changes of samples.
    case augmentation = 4
    /// The elements that dropout removes.
    case dropout = 5
    /// Samples of synthetic data.
    case synthetic = 6
    /// Samples drawn with weights.
    case sampling = 7
    /// Inputs of tests.
    case test = 8
    /// The places of text windows.
    case window = 9
    /// Tokens of generated text.
    case generation = 10
    /// Noise in a forward pass, such as `normalNoise`.
    case noise = 11
}

/// A key of random draws. Every number is a pure function of seed, purpose, layer, two further coordinates
/// (step or epoch; sample or shard), and the element. There is no state to save or to restore.
///
/// Source: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011).
public struct RandomKey: Sendable, Hashable {
    /// The generator's 64-bit key: seed, purpose and layer.
    public let key: UInt64
    /// The upper half of the generator's 128-bit counter: the two further coordinates.
    public let stream: UInt64

    /// A key for the draws of one purpose.
    /// - Parameters:
    ///   - layer: the number of the drawing layer; 0 for none.
    ///   - major: a step or an epoch.
    ///   - minor: a shard or a sample id.
    public init(seed: UInt64, purpose: RandomPurpose, layer: UInt64 = 0, major: UInt64 = 0, minor: UInt64 = 0)
    {
        key = RandomKey.mix(RandomKey.mix(seed) ^ UInt64(purpose.rawValue) &* 0x9E37_79B9_7F4A_7C15 &+ layer)
        stream = RandomKey.mix(RandomKey.mix(major) &+ minor)
    }

    /// 32 random bits for an element.
    public func bits(_ element: UInt64) -> UInt32 {
        block(element >> 2)[Int(element & 3)]
    }

    /// A number in [0, 1) on a grid of 2^-24.
    public func uniform(_ element: UInt64) -> Float {
        Float(bits(element) >> 8) * 0x1p-24
    }

    /// An integer in 0 ..< bound; `bound` must be positive. The bias is below bound / 2^64.
    public func index(_ element: UInt64, below bound: UInt64) -> UInt64 {
        let words = block(element)
        let wide = UInt64(words[0]) << 32 | UInt64(words[1])
        return wide.multipliedFullWidth(by: bound).high
    }

    /// A standard normal number (Box-Muller, one block of the generator per number).
    public func normal(_ element: UInt64) -> Float {
        let words = block(element)
        let radius = (-2 * log((Double(words[0]) + 0.5) * 0x1p-32)).squareRoot()
        return Float(radius * cos(2 * Double.pi * Double(words[1]) * 0x1p-32))
    }

    /// Four 32-bit random words: Philox4x32-10 of counter (block, stream).
    public func block(_ index: UInt64) -> SIMD4<UInt32> {
        var counter = SIMD4<UInt32>(
            UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
            UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
        var first = UInt32(truncatingIfNeeded: key)
        var second = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let a = UInt64(counter[0]) &* 0xD251_1F53
            let b = UInt64(counter[2]) &* 0xCD9E_8D57
            counter = SIMD4(
                UInt32(truncatingIfNeeded: b >> 32) ^ counter[1] ^ first, UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ counter[3] ^ second, UInt32(truncatingIfNeeded: a))
            first &+= 0x9E37_79B9
            second &+= 0xBB67_AE85
        }
        return counter
    }

    /// The finalizer of SplitMix64: a bijection that spreads close inputs.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
