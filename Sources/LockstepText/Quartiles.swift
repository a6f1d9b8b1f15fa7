/// The median and the quartiles of measurements.
package struct Quartiles: Equatable {
    package var median: Double
    package var lower: Double
    package var upper: Double

    /// Interpolates linearly between the two nearest values; all three are NaN without values.
    package init(_ values: [Double]) {
        let sorted = values.sorted()
        func value(at share: Double) -> Double {
            guard let last = sorted.indices.last else { return .nan }
            let place = share * Double(last)
            let low = Int(place)
            return sorted[low] + (sorted[min(last, low + 1)] - sorted[low]) * (place - Double(low))
        }
        median = value(at: 0.5)
        lower = value(at: 0.25)
        upper = value(at: 0.75)
    }

    package var json: JSONText {
        .object([("median", .number(median)), ("lower", .number(lower)), ("upper", .number(upper))])
    }
}
