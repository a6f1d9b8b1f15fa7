import LockstepConfiguration

/// The loss that training makes small.
public enum LossConfiguration: Codable, Sendable, Equatable {
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

    /// Reads `loss: {cross_entropy: {label_smoothing: 0.1}}`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self?) throws
        -> Self
    {
        let choices: [ConfigurationChoice<Self>] = [
            .word("auto", .automatic) { $0 == .automatic },
            .map(
                "cross_entropy", from: { if case .crossEntropy(let it) = $0 { it } else { nil } },
                to: Self.crossEntropy, read: CrossEntropyConfiguration.read),
            .word("mean_squared_error", .meanSquaredError) { $0 == .meanSquaredError },
            .word("binary_cross_entropy", .binaryCrossEntropy) { $0 == .binaryCrossEntropy },
            .map(
                "huber", from: { if case .huber(let delta) = $0 { delta } else { nil } }, to: Self.huber,
                read: {
                    try $0.double(
                        "delta", "error from which on the loss is linear", default: $1 ?? 1,
                        .squaredMagnitude)
                }),
        ]
        return try section.choice(
            key, "what training makes small; auto: cross-entropy of classes, mean squared error of numbers",
            default: value, choices)
    }
}

/// The refinements of cross-entropy.
public struct CrossEntropyConfiguration: Codable, Sendable, Equatable {
    /// How much a sample counts by its class.
    public enum ClassWeighting: Codable, Sendable, Equatable {
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

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let usual = value ?? Self()
        return Self(
            labelSmoothing: try section.double(
                "label_smoothing",
                "share of the target's probability that is spread over all classes, in the validation loss, too",
                default: usual.labelSmoothing, .within(0...0.999_999_9)),
            classWeights: try ClassWeighting.read(section, "class_weights", default: usual.classWeights))
    }
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
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        if section.isList(key) || !section.isWritten(key), case .weights(let weights) = value {
            return .weights(try weightList(section, key, weights))
        }
        if section.isList(key) { return .weights(try weightList(section, key, nil)) }
        switch try section.word(
            key, meaning, default: value == .balanced ? Word.balanced : .none,
            orElse: "a list of weights\(weight.words)")
        {
        case .none: return .none
        case .balanced: return .balanced
        }
    }

    private static func weightList(
        _ section: ConfigurationSection, _ key: String, _ value: [Double]?
    ) throws -> [Double] {
        let weights = try section.doubles(key, meaning, default: value, count: .atLeast(2), weight)
        // The reciprocal of a sum of smaller ones would be infinite in 32 bits.
        if let index = weights.firstIndex(where: { $0 > 0 && $0 < 1e-30 }) {
            throw section.error(
                .illegalValue, "\(key)[\(index)]",
                "must be 0, or a number from 1e-30 to 1e+30; got \(weights[index])")
        }
        return weights
    }
}
