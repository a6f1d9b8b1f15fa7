/// How the numbers of some columns become 32-bit ones: y = (x - offset) factor, with a power of two as the factor.
///
/// A 32-bit number has 24 binary digits. Where the mean of a column is far from zero for its deviation, as with Unix times, most of them
/// are the same for all samples, and what tells samples apart would be rounded away, here or when x scale + shift is computed. Where
/// the deviation is tiny, the column would pass for a constant one. Such columns are kept about an offset, or magnified; all
/// others as they are. Statistics, means and deviations are those of y.
///
/// A column is, of a table, one of numbers; of other samples a channel or an element, as the normalisation has them.
struct NumberNarrowing: Sendable, Equatable {
    /// What is subtracted in double from the numbers of each column.
    let offsets: [Double]
    /// What the difference is multiplied with.
    let factors: [Double]

    /// A mean that is as many deviations away from zero leaves 16 binary digits to tell samples apart.
    private static let farMean = 256.0

    /// Decides for measured columns.
    /// - Returns: nil where all columns stay as they are.
    init?(_ columns: [ColumnMeasure]) {
        guard columns.contains(where: { Self.isFar($0) || Self.isTiny($0) }) else { return nil }
        offsets = columns.map { column in
            // A multiple of a power of two below the deviation: whole numbers stay whole, and differences exact.
            Self.isFar(column) ? (column.mean / column.quantum).rounded() * column.quantum : 0
        }
        factors = columns.map { Self.isTiny($0) ? 1 / $0.quantum : 1 }
    }

    private static func isFar(_ column: ColumnMeasure) -> Bool {
        !column.isConstant && abs(column.mean) > farMean * column.deviation
    }

    private static func isTiny(_ column: ColumnMeasure) -> Bool {
        !column.isConstant && column.deviation <= InputScaling.smallestDeviation
    }

    /// The 32-bit number of an element. - Parameter difference: the number less an offset.
    func narrow(_ element: Int, _ difference: (_ origin: Double) -> Double) -> Float {
        let column = element % offsets.count
        return Float(difference(offsets[column]) * factors[column])
    }

    /// A number of a column in the units of the file.
    func widen(_ value: Double, column: Int) -> Double { value / factors[column] + offsets[column] }
}

extension NumberNarrowing: Codable {
    private enum Key: String, CodingKey {
        case offsets, factors
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        offsets = try values.decode([Double].self, forKey: .offsets)
        factors = try values.decode([Double].self, forKey: .factors)
        guard !offsets.isEmpty, offsets.count == factors.count, offsets.allSatisfy(\.isFinite),
            factors.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .factors, in: values, debugDescription: "offsets and factors do not fit each other")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(offsets, forKey: .offsets)
        try values.encode(factors, forKey: .factors)
    }
}
