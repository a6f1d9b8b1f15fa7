/// How the numbers of columns are converted to 32 bits: y = (x - offset) factor, where the factor is a power of two.
///
/// A 32-bit float has 24 binary digits. If the mean of a column is large compared to its standard deviation, as with Unix
/// times, most of these digits are the same for all samples, and the differences between samples would be lost by
/// rounding, here or when x scale + shift is computed. If the deviation is tiny, the column would be treated as a
/// constant. Such columns are shifted by an offset or scaled up; all others are only rounded. Means and
/// deviations in checkpoints are those of y.
///
/// In a table, a column is a column of numbers; in other samples it is a channel or an element, as in normalization.
package struct NumberNarrowing: Sendable, Equatable {
    /// The number that is subtracted from each column, in double precision.
    package let offsets: [Double]
    /// The factor of the difference.
    package let factors: [Double]

    /// A column with a smaller deviation is treated as a constant.
    package static let smallestDeviation = 1e-12

    /// A mean that is this many deviations away from zero leaves 16 binary digits for the differences between samples.
    private static let farMean = 256.0

    /// Decides for measured columns.
    /// - Returns: nil if all columns are only rounded.
    package init?(_ columns: [ColumnMeasure]) {
        guard columns.contains(where: { Self.isFar($0) || Self.isTiny($0) }) else { return nil }
        offsets = columns.map { column in
            // A multiple of a power of two below the deviation keeps integers integers and differences exact.
            Self.isFar(column) ? (column.mean / column.quantum).rounded() * column.quantum : 0
        }
        factors = columns.map { Self.isTiny($0) ? 1 / $0.quantum : 1 }
    }

    private static func isFar(_ column: ColumnMeasure) -> Bool {
        !column.isConstant && abs(column.mean) > farMean * column.deviation
    }

    private static func isTiny(_ column: ColumnMeasure) -> Bool {
        !column.isConstant && column.deviation <= smallestDeviation
    }

    /// Whether a column is certain to be only rounded.
    /// - Parameters:
    ///   - largest: no smaller than the magnitude of any number.
    ///   - deviation: no larger than the standard deviation.
    package static func isExcluded(largest: Double, deviation: Double) -> Bool {
        largest <= farMean * deviation && deviation > smallestDeviation
    }

    /// The 32-bit number of an element.
    /// - Parameter difference: the number minus an offset.
    package func narrow(_ element: Int, _ difference: (_ origin: Double) -> Double) -> Float {
        let column = element % offsets.count
        return Float(difference(offsets[column]) * factors[column])
    }

    /// Converts a number of a column back to the units of the file.
    package func widen(_ value: Double, column: Int) -> Double { value / factors[column] + offsets[column] }
}

extension NumberNarrowing: Codable {
    private enum Key: String, CodingKey {
        case offsets, factors
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        offsets = try values.decode([Double].self, forKey: .offsets)
        factors = try values.decode([Double].self, forKey: .factors)
        guard !offsets.isEmpty, offsets.count == factors.count, offsets.allSatisfy(\.isFinite),
            factors.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .factors, in: values, debugDescription: "the numbers of offsets and factors differ")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(offsets, forKey: .offsets)
        try values.encode(factors, forKey: .factors)
    }
}
