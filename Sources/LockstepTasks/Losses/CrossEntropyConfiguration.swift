import LockstepConfiguration

/// Softmax cross-entropy of logits against one label per sample.
public struct CrossEntropyConfiguration: Configurable, Equatable {
    /// The weights of samples by class.
    public enum ClassWeighting: Sendable, Equatable {
        /// All weights are 1.
        case none
        /// Inversely proportional to the number of training samples of the class.
        case balanced
        /// One weight per class, in class order.
        case weights([Double])
    }

    /// The fraction of the target's probability that is spread evenly over all classes.
    public var labelSmoothing: Double
    /// The weights of samples by class.
    public var classWeights: ClassWeighting

    /// Makes a configuration.
    public init(labelSmoothing: Double = 0, classWeights: ClassWeighting = .none) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }

    public init() { self.init(labelSmoothing: 0) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .number(
                "label_smoothing", \.labelSmoothing, .labelSmoothing,
                "share of the target's probability that is spread evenly over all classes; also in the validation loss"
            ),
            .init(\.classWeights, .initial) {
                try ClassWeighting.read($0, "class_weights", default: $1 ?? .none)
            })
    }
}

extension LegalRange<Double> {
    /// The range of `label_smoothing`.
    fileprivate static var labelSmoothing: Self { .within(0...0.999_999_9) }
}

extension CrossEntropyConfiguration.ClassWeighting {
    private enum Word: String, CaseIterable {
        case none
        case balanced
    }
    private static let weight = LegalRange<Double>.weight
    private static let meaning =
        "weight of each class, also in the validation loss; balanced: inversely proportional to its number of samples"

    /// Reads a word or a list of weights.
    fileprivate static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        func read(_ weights: [Double]?) throws -> [Double] {
            let weights = try section.value(
                key, meaning, default: weights, .numbers(weight, count: .atLeast(2)))
            // The reciprocal of a smaller sum would overflow in 32 bits.
            if let index = weights.firstIndex(where: { $0 > 0 && $0 < 1e-30 }) {
                throw section.error(
                    .illegalValue, "\(key)[\(index)]",
                    "must be 0, or a number from 1e-30 to 1e+30; got \(weights[index])")
            }
            return weights
        }
        let weights: [Double]? = if case .weights(let weights) = value { weights } else { nil }
        switch section.written(key) {
        case .sequence: return .weights(try read(weights))
        case nil where weights != nil: return .weights(try read(weights))
        default: break
        }
        let format = ValueFormat<Word>.word(orElse: "a list of weights\(weight.words)")
        let word = value == .balanced ? Word.balanced : Word.none
        switch try section.value(key, meaning, default: word, format) {
        case .none: return .none
        case .balanced: return .balanced
        }
    }
}
