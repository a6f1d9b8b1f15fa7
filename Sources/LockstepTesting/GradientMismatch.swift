/// A gradient that is not the slope of the function: one input's, along a random direction.
public struct GradientMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the input.
    public let input: String
    /// The change of sum(y * upstream) along the direction, by the gradient that backward computed; nil if backward gave none.
    public let gradient: Double?
    /// The same change by central differences of forward passes.
    public let difference: Double

    public var description: String {
        guard let gradient else { return "backward gave no gradient of \(input)" }
        return
            "gradient of \(input): backward says \(gradient) along a random direction, central differences \(difference)"
    }
}
