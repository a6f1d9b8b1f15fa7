/// The allowed values of a number in the configuration.
///
/// Each is declared once; the keys of a `KeyTable` refer to it.
public struct LegalRange<Value: Comparable & Sendable>: Sendable {
    private let lowest: Value?
    private let includesLowest: Bool
    private let highest: Value?
    private let includesHighest: Bool

    private init(_ lowest: Value?, _ includesLowest: Bool, _ highest: Value?, _ includesHighest: Bool) {
        self.lowest = lowest
        self.includesLowest = includesLowest
        self.highest = highest
        self.includesHighest = includesHighest
    }

    /// Every value.
    public static var any: LegalRange { .init(nil, true, nil, true) }
    /// `value >= lowest`.
    public static func atLeast(_ lowest: Value) -> LegalRange { .init(lowest, true, nil, true) }
    /// `value > lowest`.
    public static func above(_ lowest: Value) -> LegalRange { .init(lowest, false, nil, true) }
    /// `range.lowerBound <= value <= range.upperBound`.
    public static func within(_ range: ClosedRange<Value>) -> LegalRange {
        .init(range.lowerBound, true, range.upperBound, true)
    }
    /// `range.lowerBound <= value < range.upperBound`.
    public static func within(_ range: Range<Value>) -> LegalRange {
        .init(range.lowerBound, true, range.upperBound, false)
    }
    /// `lowest < value <= highest`.
    public static func above(_ lowest: Value, upTo highest: Value) -> LegalRange {
        .init(lowest, false, highest, true)
    }
    /// `lowest < value < highest`.
    public static func between(_ lowest: Value, _ highest: Value) -> LegalRange {
        .init(lowest, false, highest, false)
    }

    /// Whether `value` is allowed.
    public func contains(_ value: Value) -> Bool {
        // Written so that NaN is outside every bounded range.
        if let lowest, !(includesLowest ? value >= lowest : value > lowest) { return false }
        if let highest, !(includesHighest ? value <= highest : value < highest) { return false }
        return true
    }

    /// The error message for a value; nil for an allowed value.
    package func problem(with value: Value) -> String? {
        contains(value) ? nil : "must be \(what); got \(Self.text(value))"
    }

    /// A description of a value: `a number of at least 0 and below 1`.
    public var what: String { (Value.self == Int.self ? "a whole number" : "a number") + words }

    /// A description of the range, to follow "a number": ` of at least 0 and below 1`; empty if every value is allowed.
    public var words: String {
        if let lowest, let highest, includesLowest, includesHighest {
            return " from \(Self.text(lowest)) to \(Self.text(highest))"
        }
        var words: [String] = []
        if let lowest { words.append("\(includesLowest ? "of at least" : "above") \(Self.text(lowest))") }
        if let highest { words.append("\(includesHighest ? "of at most" : "below") \(Self.text(highest))") }
        return words.isEmpty ? "" : " " + words.joined(separator: " and ")
    }

    /// A value in short notation: `1`, not `1.0`, and `1e+18` rather than all digits.
    package static func text(_ value: Value) -> String {
        if let number = value as? Double, abs(number) < 1e15, let whole = Int(exactly: number) {
            return "\(whole)"
        }
        return "\(value)"
    }
}
