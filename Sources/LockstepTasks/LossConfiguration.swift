import LockstepConfiguration

/// The loss that training makes small.
public enum LossConfiguration: ConfigurableChoice, Equatable {
    /// Cross-entropy where the data set has classes, the mean squared error where it has numbers.
    case automatic
    /// Softmax cross-entropy of logits against one label a sample.
    case crossEntropy(CrossEntropyConfiguration)
    /// The mean of (prediction - target)^2.
    case meanSquaredError
    /// Sigmoid cross-entropy of one logit a sample against 0 or 1.
    case binaryCrossEntropy
    /// The mean of Huber's loss: squared below `delta`, linear above it.
    case huber(delta: Double)

    /// The word for the loss in a run file.
    public var name: String {
        switch self {
        case .automatic: "auto"
        case .crossEntropy: "cross_entropy"
        case .meanSquaredError: "mean_squared_error"
        case .binaryCrossEntropy: "binary_cross_entropy"
        case .huber: "huber"
        }
    }

    public static var choices: [ConfigurationChoice<Self>] {
        [
            .word("auto", .automatic),
            .map(
                "cross_entropy", from: { if case .crossEntropy(let it) = $0 { it } else { nil } },
                to: Self.crossEntropy),
            .word("mean_squared_error", .meanSquaredError),
            .word("binary_cross_entropy", .binaryCrossEntropy),
            .map(
                "huber", from: { if case .huber(let delta) = $0 { delta } else { nil } }, to: Self.huber,
                KeyTable(
                    defaults: 1,
                    .number(
                        "delta", \.self, .squaredMagnitude, "error from which on the loss is linear"))),
        ]
    }
}

/// The refinements of cross-entropy.
public struct CrossEntropyConfiguration: Configurable, Equatable {
    /// How much a sample counts by its class.
    public enum ClassWeighting: Sendable, Equatable {
        /// Every sample counts 1.
        case none
        /// In inverse proportion to the number of training samples of its class.
        case balanced
        /// By the weight of its class, one for each class in their order.
        case weights([Double])
    }

    /// The share of the target's probability that is spread evenly over all classes.
    public var labelSmoothing: Double
    /// How much a sample counts by its class.
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
                "share of the target's probability that is spread over all classes, in the validation loss, too"
            ),
            .init(\.classWeights, .initial) {
                try ClassWeighting.read($0, "class_weights", default: $1 ?? .none)
            })
    }
}

extension LegalRange<Double> {
    /// The share of the target's probability that is spread over all classes.
    fileprivate static var labelSmoothing: Self { .within(0..<1) }
}

extension CrossEntropyConfiguration.ClassWeighting {
    private enum Word: String, CaseIterable {
        case none
        case balanced
    }
    private static let weight = LegalRange<Double>.weight
    private static let meaning =
        "weight of each class, in the validation loss, too: balanced is in inverse proportion to its samples"

    /// Reads one of the words, or a list of weights.
    fileprivate static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        func read(_ weights: [Double]?) throws -> [Double] {
            try section.value(key, meaning, default: weights, .numbers(weight, count: .atLeast(2)))
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
