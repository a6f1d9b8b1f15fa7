/// The norms over all elements of one parameter, by which a `LayerwiseOptimizer` scales its step.
public struct LayerNorms: Sendable, Hashable {
    /// The Euclidean norm of the weights before the update.
    public var weights: Double
    /// The Euclidean norm of the gradient or the direction that `LayerwiseOptimizer.squares` measures.
    public var direction: Double

    /// Norms.
    public init(weights: Double, direction: Double) {
        self.weights = weights
        self.direction = direction
    }
}

/// The sums of squares of a part of a parameter.
public struct LayerSquares: Sendable, Hashable, BitwiseCopyable {
    /// Of the weights before the update.
    public var weights: Double
    /// Of the gradient or the direction.
    public var direction: Double

    /// Sums of squares.
    public init(weights: Double = 0, direction: Double = 0) {
        self.weights = weights
        self.direction = direction
    }
}
