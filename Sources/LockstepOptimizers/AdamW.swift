import LockstepConfiguration

/// AdamW: Adam with decoupled weight decay.
public enum AdamW {
    /// Adam's constants, with PyTorch's default for the weight decay.
    public struct Configuration: OptimizerComponent, Hashable {
        /// The constants.
        public var adam: Adam.Configuration

        /// A configuration.
        public init(_ adam: Adam.Configuration) { self.adam = adam }
        public init() { adam = Adam.Configuration(weightDecay: 0.01) }

        public static let name = "adamw"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-7...0.1
        public static var keys: KeyTable<Self> { KeyTable(.including(\.adam)) }

        public var learningRate: Double { adam.learningRate }
        public func make() -> any Optimizer { Adam(adam, decoupled: true) }
    }
}
