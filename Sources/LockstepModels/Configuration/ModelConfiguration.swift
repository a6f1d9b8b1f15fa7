import LockstepTensors

/// The architecture of a network, as a run file or a program names it.
public enum ModelConfiguration: Codable, Sendable, Equatable {
    /// A multilayer perceptron.
    case mlp(MLPConfiguration)
    /// A convolutional network: stages of convolutions, then dense layers.
    case cnn(CNNConfiguration)
    /// A residual network for small images.
    case resnet(ResNetConfiguration)
    /// A network of depthwise separable convolutions.
    case mobilenet(MobileNetConfiguration)
    /// A decoder-only Transformer.
    case gpt(GPTConfiguration)
    /// A language model of plain recurrent layers.
    case rnn(RecurrentConfiguration)
    /// A language model of long short-term memory.
    case lstm(RecurrentConfiguration)
    /// A language model of gated recurrent units.
    case gru(RecurrentConfiguration)

    /// The word for the architecture in a run file, and the recipe part of a run's name.
    public var name: String {
        switch self {
        case .mlp: "mlp"
        case .cnn: "cnn"
        case .resnet: "resnet"
        case .mobilenet: "mobilenet"
        case .gpt: "gpt"
        case .rnn: "rnn"
        case .lstm: "lstm"
        case .gru: "gru"
        }
    }

    /// Whether what it says of a token depends on tokens behind it.
    public var seesAhead: Bool {
        switch self {
        case .rnn(let configuration), .lstm(let configuration), .gru(let configuration):
            configuration.isBidirectional
        case .mlp, .cnn, .resnet, .mobilenet, .gpt: false
        }
    }

    /// Checks every value against its legal range.
    ///
    /// - Throws: `ModelConfigurationError` for the first one that is not legal.
    public func validate() throws {
        do throws(ModelConfigurationError) {
            switch self {
            case .mlp(let configuration): try configuration.validate()
            case .cnn(let configuration): try configuration.validate()
            case .resnet(let configuration): try configuration.validate()
            case .mobilenet(let configuration): try configuration.validate()
            case .gpt(let configuration): try configuration.validate()
            case .rnn(let configuration), .lstm(let configuration), .gru(let configuration):
                try configuration.validate()
            }
        } catch {
            throw error.inside(name)
        }
    }

    /// Checks that samples can go through the network.
    ///
    /// - Parameter input: what one sample is.
    /// - Throws: `ModelConfigurationError` when they cannot.
    public func validate(input: ModelInput) throws {
        do throws(ModelConfigurationError) {
            switch self {
            case .mlp: _ = try requireNumbers(input)
            case .cnn(let configuration): try configuration.validate(sampleShape: requireNumbers(input))
            case .resnet, .mobilenet: try requireImage(requireNumbers(input))
            case .gpt, .rnn, .lstm, .gru: _ = try requireTokens(input)
            }
        } catch {
            throw error.inside(name)
        }
    }
}

/// The shape of a sample of numbers; throws for tokens.
func requireNumbers(_ input: ModelInput) throws(ModelConfigurationError) -> [Int] {
    guard case .numbers(let shape) = input else {
        throw ModelConfigurationError(
            path: "", problem: "needs numbers or images, and the data are a text. Use a language model")
    }
    return shape.extents
}

/// The vocabulary and the context of a text; throws for numbers.
func requireTokens(
    _ input: ModelInput
) throws(ModelConfigurationError) -> (vocabulary: Int, context: Int) {
    guard case .tokens(let vocabulary, let context) = input else {
        throw ModelConfigurationError(
            path: "",
            problem:
                "is a language model and needs a text; samples of this data set are numbers of the shape "
                + "\(input.sampleShape). Use the data text, king_james or shakespeare, or another model")
    }
    return (vocabulary, context)
}

/// Throws unless samples are images: [height, width, channels].
func requireImage(_ sampleShape: [Int]) throws(ModelConfigurationError) {
    guard sampleShape.count == 3 else {
        throw ModelConfigurationError(
            path: "",
            problem: "needs images (height, width, channels); a sample of this data set has the shape "
                + "\(sampleShape). Use the model mlp, or reshape the data"
                + (sampleShape.count == 2 ? "; for images of one channel, set layout: grey" : ""))
    }
}
