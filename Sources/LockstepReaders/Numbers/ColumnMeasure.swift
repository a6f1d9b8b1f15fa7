/// The mean, the standard deviation and the range of a column of numbers, in double precision, without missing numbers.
package struct ColumnMeasure {
    /// The mean; 0 if there are no numbers.
    package private(set) var mean = 0.0
    /// The standard deviation; 0 if there are no numbers.
    package private(set) var deviation = 0.0
    /// The largest difference between a number and the nearest 32-bit number.
    package private(set) var largestRounding = 0.0
    private var count = 0
    private var origin = 0.0
    private var smallest = Double.infinity
    private var largest = -Double.infinity
    private var sum = 0.0

    /// Whether all numbers are equal, or there are none.
    package var isConstant: Bool { !(largest > smallest) }

    /// The largest power of two that is at most the deviation.
    package var quantum: Double {
        max(deviation.binade, Double(sign: .plus, exponent: -1000, significand: 1))
    }

    /// Whether 32-bit numbers would lose more than a thousandth of the deviation.
    package var isLost: Bool { !isConstant && largestRounding > deviation / 1000 }

    /// An empty column. Add all numbers by `first`, and then once more by `second`.
    package init() {}

    /// Measures columns of finite numbers; NaN marks a missing one.
    /// - Parameters:
    ///   - count: the number of numbers; number i belongs to column i modulo `columns`.
    ///   - difference: number i minus an origin, as exact as a double allows.
    @inline(__always)
    package static func measure(
        columns: Int, count: Int, _ difference: (_ index: Int, _ origin: Double) -> Double
    ) -> [ColumnMeasure] {
        var measures = [ColumnMeasure](repeating: ColumnMeasure(), count: columns)
        measures.withUnsafeMutableBufferPointer { measures in
            var column = 0
            for index in 0..<count {
                measures[column].first { difference(index, $0) }
                column = column + 1 == columns ? 0 : column + 1
            }
            for column in 0..<columns { measures[column].closeFirst() }
            column = 0
            for index in 0..<count {
                measures[column].second { difference(index, $0) }
                column = column + 1 == columns ? 0 : column + 1
            }
            for column in 0..<columns { measures[column].closeSecond() }
        }
        return measures
    }

    /// The first pass: the mean and the range, relative to the first number.
    @inline(__always)
    package mutating func first(_ difference: (Double) -> Double) {
        let value = difference(0)
        guard !value.isNaN else { return }
        if count == 0 { origin = value }
        count += 1
        let distance = difference(origin)
        sum += distance
        smallest = min(smallest, distance)
        largest = max(largest, distance)
        largestRounding = max(largestRounding, abs(difference(Double(Float(value)))))
    }

    package mutating func closeFirst() {
        guard count > 0 else { return }
        mean = origin + sum / Double(count)
        sum = 0
    }

    /// The second pass: squared distances from the mean, divided by the range to avoid underflow.
    @inline(__always)
    package mutating func second(_ difference: (Double) -> Double) {
        guard !isConstant else { return }
        let distance = difference(mean) / (largest - smallest)
        if !distance.isNaN { sum += distance * distance }
    }

    package mutating func closeSecond() {
        guard !isConstant else { return }
        deviation = (sum / Double(count)).squareRoot() * (largest - smallest)
    }
}
