import LockstepReaders

/// Proves for most float32 inputs that no column is narrowed, from the largest number and the variance of some of the rows.
///
/// The variance of N numbers is at least n / N times that of n of them. A column whose mean cannot be 256 deviations away
/// from zero, and whose deviation is not tiny, is thus found without measuring all numbers of each column, which takes several
/// times as long as reading them. If the bound is inconclusive, the columns are measured.
struct NarrowingBound {
    /// One row in this many is measured.
    private static let stride = 16
    /// A margin for rounding errors, which are far smaller.
    private static let margin = 0.9

    private let rows: Int
    private var largest: Float = 0
    private var measures: [(count: Double, origin: Double, sum: Double, squares: Double)]

    /// - Parameter rows: the number of all rows.
    init(columns: Int, rows: Int) {
        self.rows = rows
        measures = Array(repeating: (0, 0, 0, 0), count: columns)
    }

    /// Adds a block of decoded rows.
    mutating func add(_ numbers: UnsafePointer<Float>, rows: Range<Int>, width: Int) {
        // Without the sign, the bits of finite numbers are ordered like their magnitudes.
        var bits: UInt32 = 0
        for index in 0..<rows.count * width {
            bits = max(bits, numbers[index].bitPattern & 0x7FFF_FFFF)
        }
        largest = max(largest, Float(bitPattern: bits))
        let columns = measures.count
        measures.withUnsafeMutableBufferPointer { measures in
            for row in rows where row % Self.stride == 0 {
                let start = numbers + (row - rows.lowerBound) * width
                for element in Swift.stride(from: 0, to: width, by: columns) {
                    for column in 0..<columns {
                        let value = Double(start[element + column])
                        if measures[column].count == 0 { measures[column].origin = value }
                        let distance = value - measures[column].origin
                        measures[column].count += 1
                        measures[column].sum += distance
                        measures[column].squares += distance * distance
                    }
                }
            }
        }
    }

    /// Whether no column is far from zero and none is tiny. Call this after all rows have been added.
    var excludesNarrowing: Bool {
        measures.allSatisfy { measure in
            guard measure.count > 1 else { return false }
            let mean = measure.sum / measure.count
            let square = measure.squares / measure.count
            // A difference of nearly equal numbers proves nothing.
            guard square - mean * mean > square * 1e-6 else { return false }
            let share = 1 / Double(Self.stride + 1)
            let deviation = ((square - mean * mean) * share).squareRoot() * Self.margin
            return rows >= Self.stride
                && NumberNarrowing.isExcluded(largest: Double(largest), deviation: deviation)
        }
    }
}
