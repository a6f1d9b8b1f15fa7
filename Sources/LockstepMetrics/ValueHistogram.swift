/// How many of a tensor's values lie in which range. The buckets are fixed, so that the histograms of parts of a tensor can be added.
///
/// A bucket is an eighth of a factor of two: magnitudes from 2^e (1 + k/8) to 2^e (1 + (k + 1)/8), for k = 0 ... 7, of one sign.
/// Magnitudes below 2^-40 share one bucket, and those from 2^66 on share the outermost one of their sign. Values that are not finite
/// are left out.
public struct ValueHistogram: Sendable, Equatable {
    /// The bits of 2^-40, the smallest magnitude with a bucket of its sign.
    private static let first = Float(sign: .plus, exponent: -40, significand: 1).bitPattern
    /// The number of buckets of a sign: 106 exponents of eight buckets.
    private static let side = 106 * 8
    /// The bits of a number that do not decide its bucket: all but sign, exponent and the first three of the fraction.
    private static let shift: UInt32 = 20

    /// The least value; infinity without values.
    public private(set) var minimum = Float.infinity
    /// The greatest value; -infinity without values.
    public private(set) var maximum = -Float.infinity
    /// The number of values in each bucket, from the lowest to the highest. Shape: [2 side + 1].
    private var counts = [Int](repeating: 0, count: 2 * side + 1)
    /// The sum of the values of each part that was added, and of their squares, in the order of the parts.
    private var sums: [SIMD2<Double>] = []

    /// A histogram of no values.
    public init() {}

    /// A histogram of values, each multiplied by `scale`.
    public init(_ values: some Collection<Float>, scale: Float = 1) {
        Array(values).withUnsafeBufferPointer { add($0, scale: scale) }
    }

    /// The number of values.
    public var count: Int { counts.reduce(0, +) }
    /// The sum of the values.
    public var sum: Double { sums.reduce(.zero, +).x }
    /// The sum of their squares.
    public var sumOfSquares: Double { sums.reduce(.zero, +).y }

    /// Adds a part of a tensor, each value multiplied by `scale`.
    public mutating func add(_ values: UnsafeBufferPointer<Float>, scale: Float = 1) {
        var part = SIMD2<Double>.zero
        var (least, greatest) = (minimum, maximum)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values {
                let value = value * scale
                guard value.isFinite else { continue }
                let bits = value.magnitude.bitPattern
                let distance =
                    bits < Self.first ? 0 : min(Int((bits - Self.first) >> Self.shift) + 1, Self.side)
                counts[Self.side + (value < 0 ? -distance : distance)] += 1
                least = min(least, value)
                greatest = max(greatest, value)
                part += SIMD2(Double(value), Double(value) * Double(value))
            }
        }
        (minimum, maximum) = (least, greatest)
        sums.append(part)
    }

    /// Adds the histogram of values that follow.
    public static func += (sum: inout Self, next: Self) {
        sum.minimum = min(sum.minimum, next.minimum)
        sum.maximum = max(sum.maximum, next.maximum)
        for index in sum.counts.indices { sum.counts[index] += next.counts[index] }
        sum.sums += next.sums
    }

    /// The buckets from the lowest to the highest with a value: the upper end of each, and the number of its values. Empty
    /// neighbors are one bucket.
    public var buckets: [(limit: Double, count: Int)] {
        guard let low = counts.firstIndex(where: { $0 > 0 }), let high = counts.lastIndex(where: { $0 > 0 })
        else { return [] }
        var buckets: [(limit: Double, count: Int)] = []
        for index in low...high {
            if counts[index] == 0, let last = buckets.last, last.count == 0 { buckets.removeLast() }
            buckets.append((Self.limit(index), counts[index]))
        }
        return buckets
    }

    /// The upper end of a bucket.
    private static func limit(_ index: Int) -> Double {
        let distance = index - side
        if distance == side { return Double(Float.greatestFiniteMagnitude) }
        let steps = distance < 0 ? -distance - 1 : distance
        let magnitude = Double(Float(bitPattern: first + UInt32(steps) << shift))
        return distance < 0 ? -magnitude : magnitude
    }
}

extension ValueHistogram {
    /// The histogram as words, which `init(words:)` reads: to send it to another rank.
    public var words: [UInt64] {
        var words = [UInt64(minimum.bitPattern), UInt64(maximum.bitPattern), UInt64(sums.count)]
        for part in sums { words += [part.x.bitPattern, part.y.bitPattern] }
        let filled = counts.indices.filter { counts[$0] > 0 }
        words.append(UInt64(filled.count))
        for index in filled { words.append(UInt64(index) << 48 | UInt64(counts[index])) }
        return words
    }

    /// Reads a histogram from the front of words, and removes them.
    public init(words: inout ArraySlice<UInt64>) {
        minimum = Float(bitPattern: UInt32(words.removeFirst()))
        maximum = Float(bitPattern: UInt32(words.removeFirst()))
        for _ in 0..<words.removeFirst() {
            let sum = Double(bitPattern: words.removeFirst())
            sums.append(SIMD2(sum, Double(bitPattern: words.removeFirst())))
        }
        for _ in 0..<words.removeFirst() {
            let word = words.removeFirst()
            counts[Int(word >> 48)] = Int(word & (1 << 48 - 1))
        }
    }
}
