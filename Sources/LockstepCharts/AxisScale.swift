import Foundation
import LockstepText

/// The numbers along an axis: from value to place, and where numbers are written.
public struct AxisScale: Sendable, Equatable {
    /// How values are placed.
    public enum Kind: Sendable {
        case linear
        /// By their logarithms; values that are not positive have no place.
        case logarithmic
    }

    /// A number that is written at the axis.
    public struct Tick: Sendable, Equatable {
        public let value: Double
        public let text: String
    }

    public let kind: Kind
    /// The values at both ends.
    public let range: ClosedRange<Double>
    public let ticks: [Tick]
    /// The power of ten that the numbers at the axis have to be multiplied with; 0 for none.
    public let exponent: Int

    /// A scale for values; those that are not finite do not count.
    /// - Parameters:
    ///   - count: how many numbers the axis has place for.
    ///   - isRounded: whether the ends move outwards to the next tick.
    public init(
        covering values: [Double], kind: Kind = .linear, count: Int = 5, isRounded: Bool = true,
        including fixed: ClosedRange<Double>? = nil
    ) {
        // Far from the ends of the range of a Double, so that no difference and no quotient leaves it.
        let usable = values.filter { abs($0) <= 1e290 && (kind == .linear || $0 > 0) }.map {
            abs($0) < 1e-290 && kind == .linear ? 0 : $0
        }
        var low = usable.min() ?? 1
        var high = usable.max() ?? (usable.isEmpty ? 10 : low)
        if let fixed { (low, high) = (min(low, fixed.lowerBound), max(high, fixed.upperBound)) }
        switch kind {
        case .logarithmic where log10(high / low) >= 1:
            self.init(logarithmicFrom: low, to: high, count: count)
        default:
            self.init(linearFrom: low, to: high, count: count, isRounded: isRounded, kind: .linear)
        }
    }

    private init(
        linearFrom low: Double, to high: Double, count: Int, isRounded: Bool, kind: Kind
    ) {
        var (low, high) = (low, high)
        let values = low...high
        // A width that a Double cannot resolve, or none, is widened around the value.
        let smallest = max(abs(low), abs(high)) * 1e-9
        if !(high - low > smallest) {
            let margin = low == 0 ? 1 : max(abs(low) * 0.1, smallest)
            (low, high) = (low - margin, high + margin)
        }
        let step = Self.niceStep((high - low) / Double(max(1, count)))
        if isRounded {
            low = (low / step + 1e-9).rounded(.down) * step
            high = (high / step - 1e-9).rounded(.up) * step
        }
        let first = Int((low / step - 1e-9).rounded(.up))
        let last = Int((high / step + 1e-9).rounded(.down))
        let largest = max(abs(low), abs(high))
        let exponent = largest >= 1e6 || largest < 1e-2 ? Int(log10(largest).rounded(.down)) : 0
        let unit = pow(10, Double(exponent))
        let digits = max(0, -Int((log10(step / unit) + 1e-9).rounded(.down)))
        self.kind = kind
        // A multiple of the step may be rounded to the wrong side of the value that it was made for.
        range = min(low, values.lowerBound)...max(high, values.upperBound)
        self.exponent = exponent
        // Multiples of the step, not sums of it: those would end as 0.30000000000000004.
        ticks = (first <= last ? first...last : first...first).map { index in
            Tick(value: Double(index) * step, text: Self.text(Double(index) * step / unit, digits: digits))
        }
    }

    private init(logarithmicFrom low: Double, to high: Double, count: Int) {
        let (first, last) = (Int(log10(low).rounded(.down)), Int((log10(high) - 1e-9).rounded(.up)))
        let decades = max(1, last - first)
        var values: [Tick] = []
        let every = max(1, (decades + count - 1) / max(1, count))
        for power in stride(from: first, through: last, by: every) {
            values.append(Tick(value: pow(10, Double(power)), text: Self.power(power)))
        }
        var bounds = pow(10, Double(first))...pow(10, Double(last))
        if decades <= 2 {
            // Few powers of ten: 2 and 5 between them, and no more empty space than needed.
            values = (first...last).flatMap { power in
                [1.0, 2, 5].map { digit in
                    let value = digit * pow(10, Double(power))
                    return Tick(value: value, text: Self.text(value, digits: max(0, -power)))
                }
            }
            let lower = values.last { $0.value <= low * (1 + 1e-9) }?.value ?? bounds.lowerBound
            let upper = values.first { $0.value >= high * (1 - 1e-9) }?.value ?? bounds.upperBound
            bounds = lower...upper
            values = values.filter { bounds.contains($0.value) }
        }
        kind = .logarithmic
        range = bounds
        exponent = 0
        ticks = values
    }

    /// The share of the axis at which a value lies, from 0 to 1; nil for a value without a place.
    public func place(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        switch kind {
        case .linear: return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        case .logarithmic:
            guard value > 0 else { return nil }
            return log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
        }
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is no less than a width.
    static func niceStep(_ width: Double) -> Double {
        let power = pow(10, log10(width).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= width * (1 - 1e-9) { return factor * power }
        return 10 * power
    }

    private static func text(_ value: Double, digits: Int) -> String {
        let text =
            digits == 0 && abs(value) < 1e15 ? grouped(Int(value.rounded())) : decimals(value, Int32(digits))
        return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }

    /// Ten to a power, such as 10⁻⁴; small powers as numbers.
    static func power(_ power: Int) -> String {
        if (-2...3).contains(power) { return text(pow(10, Double(power)), digits: max(0, -power)) }
        return "10" + superscript(power)
    }

    static func superscript(_ number: Int) -> String {
        let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        return String("\(number)".map { $0 == "-" ? "⁻" : $0.wholeNumberValue.map { digits[$0] } ?? $0 })
    }
}
