import LockstepConfiguration

/// An impossible value in the configuration of an optimizer, a schedule, or clipping.
public struct OptimizerError: Error, Sendable, Hashable {
    /// The name of the value, as in a run file.
    public let field: String
    /// The value that was given.
    public let value: Double
    /// What is legal.
    public let legal: String

    static func require(
        _ condition: Bool, _ field: String, _ value: Double, _ legal: String
    ) throws(OptimizerError) {
        if !condition { throw OptimizerError(field: field, value: value, legal: legal) }
    }

    static func require(
        _ value: Double, in legal: LegalRange<Double>, _ field: String
    ) throws(OptimizerError) {
        try require(legal.contains(value), field, value, legal.what)
    }

    static func require(_ value: Int, in legal: LegalRange<Int>, _ field: String) throws(OptimizerError) {
        try require(legal.contains(value), field, Double(value), legal.what)
    }
}

extension OptimizerError: CustomStringConvertible {
    public var description: String { "\(field) is \(value), but must be \(legal)" }
}
