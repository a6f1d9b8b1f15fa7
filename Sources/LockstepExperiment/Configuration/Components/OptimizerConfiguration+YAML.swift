import LockstepConfiguration
import LockstepOptimizers

extension OptimizerConfiguration {
    /// The word for the optimizer in a run file.
    public var name: String {
        switch self {
        case .sgd: "sgd"
        case .adam: "adam"
        case .adamW: "adamw"
        case .rmsProp: "rmsprop"
        case .adagrad: "adagrad"
        }
    }

    /// Reads `optimizer: {adam: {learning_rate: 0.001}}`. What depends on two keys is checked by `validate()`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self?) throws
        -> Self
    {
        let choices: [ConfigurationChoice<Self>] = [
            .map("sgd", from: { if case .sgd(let it) = $0 { it } else { nil } }, to: Self.sgd, read: sgd),
            .map("adam", from: { if case .adam(let it) = $0 { it } else { nil } }, to: Self.adam, read: adam),
            .map(
                "adamw", from: { if case .adamW(let it) = $0 { it } else { nil } }, to: Self.adamW,
                read: adamW),
            .map(
                "rmsprop", from: { if case .rmsProp(let it) = $0 { it } else { nil } }, to: Self.rmsProp,
                read: rmsProp),
            .map(
                "adagrad", from: { if case .adagrad(let it) = $0 { it } else { nil } }, to: Self.adagrad,
                read: adagrad),
        ]
        return try section.choice(key, "rule of the update", default: value, choices)
    }

    private static func sgd(_ section: ConfigurationSection, _ value: SGD.Configuration?) throws
        -> SGD.Configuration
    {
        let usual = value ?? SGD.Configuration()
        return SGD.Configuration(
            learningRate: try section.double(
                "learning_rate", "learning rate that the schedule starts from", default: usual.learningRate,
                .learningRate),
            momentum: try section.double(
                "momentum", "factor on the velocity", default: usual.momentum, .decay),
            nesterov: try section.boolean(
                "nesterov", "look ahead along the velocity; needs momentum", default: usual.nesterov),
            weightDecay: try section.double(
                "weight_decay",
                "weight decay of all parameters, biases and normalisation included; added to the gradient",
                default: usual.weightDecay,
                .weightDecay))
    }

    private static func adam(
        _ section: ConfigurationSection, _ value: Adam.Configuration?
    ) throws -> Adam.Configuration {
        try adam(section, usual: value ?? Adam.Configuration())
    }

    /// As PyTorch's, AdamW's usual weight decay is 0.01, and Adam's 0.
    private static func adamW(
        _ section: ConfigurationSection, _ value: Adam.Configuration?
    ) throws -> Adam.Configuration {
        try adam(section, usual: value ?? Adam.Configuration(weightDecay: 0.01))
    }

    private static func adam(
        _ section: ConfigurationSection, usual: Adam.Configuration
    ) throws -> Adam.Configuration {
        Adam.Configuration(
            learningRate: try section.double(
                "learning_rate", "learning rate that the schedule starts from", default: usual.learningRate,
                .learningRate),
            beta1: try section.double(
                "beta1", "decay of the averaged gradients", default: usual.beta1, .decay),
            beta2: try section.double(
                "beta2", "decay of the averaged squares", default: usual.beta2, .decay),
            epsilon: try section.double(
                "epsilon", "added to the root of the squares", default: usual.epsilon, .epsilon),
            weightDecay: try section.double(
                "weight_decay",
                "weight decay of all parameters, biases and normalisation included; adam adds it to the gradient, adamw applies it to the parameters",
                default: usual.weightDecay, .weightDecay))
    }

    private static func rmsProp(
        _ section: ConfigurationSection, _ value: RMSprop.Configuration?
    ) throws -> RMSprop.Configuration {
        let usual = value ?? RMSprop.Configuration()
        return RMSprop.Configuration(
            learningRate: try section.double(
                "learning_rate", "learning rate that the schedule starts from", default: usual.learningRate,
                .learningRate),
            alpha: try section.double(
                "alpha", "decay of the averaged squares", default: usual.alpha, .decay),
            epsilon: try section.double(
                "epsilon", "added to the root of the squares", default: usual.epsilon, .epsilon),
            momentum: try section.double(
                "momentum", "factor on the velocity", default: usual.momentum, .decay),
            centered: try section.boolean(
                "centered", "divide by an estimate of the variance", default: usual.centered),
            weightDecay: try section.double(
                "weight_decay",
                "weight decay of all parameters, biases and normalisation included; added to the gradient",
                default: usual.weightDecay,
                .weightDecay))
    }

    private static func adagrad(
        _ section: ConfigurationSection, _ value: Adagrad.Configuration?
    ) throws -> Adagrad.Configuration {
        let usual = value ?? Adagrad.Configuration()
        return Adagrad.Configuration(
            learningRate: try section.double(
                "learning_rate", "learning rate that the schedule starts from", default: usual.learningRate,
                .learningRate),
            learningRateDecay: try section.double(
                "learning_rate_decay", "the rate is divided by 1 + this times the number of steps",
                default: usual.learningRateDecay, .learningRateDecay),
            epsilon: try section.double(
                "epsilon", "added to the root of the squares", default: usual.epsilon, .epsilon),
            initialAccumulator: try section.double(
                "initial_accumulator", "value that the sums of squares begin with",
                default: usual.initialAccumulator, .initialAccumulator),
            weightDecay: try section.double(
                "weight_decay",
                "weight decay of all parameters, biases and normalisation included; added to the gradient",
                default: usual.weightDecay,
                .weightDecay))
    }
}
