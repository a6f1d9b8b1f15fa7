import LockstepAutograd
import LockstepLayers
import LockstepTensors

extension ModelConfiguration {
    /// Builds the network and registers its parameters.
    /// - Parameters:
    ///   - input: what one sample is; `validate(input:)` has been called.
    ///   - outputs: the number of classes, or of values; to predict the next token the vocabulary.
    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        let inputShape = input.sampleShape
        let vocabulary = if case .tokens(let vocabulary, _) = input { vocabulary } else { outputs }
        return switch self {
        case .mlp(let configuration):
            MLP(scope, configuration, inputs: inputShape.elementCount, outputs: outputs)
        case .cnn(let configuration): CNN(scope, configuration, inputShape: inputShape, outputs: outputs)
        case .resnet(let configuration):
            ResNet(scope, configuration, inputShape: inputShape, outputs: outputs)
        case .mobilenet(let configuration):
            MobileNet(scope, configuration, inputShape: inputShape, outputs: outputs)
        case .gpt(let configuration):
            GPT(scope, configuration, vocabulary: outputs, context: inputShape[0])
        case .rnn(let configuration):
            RecurrentLanguageModel(
                scope, name: name, cell: configuration.nonlinearity == .tanh ? .tanh : .relu, configuration,
                vocabulary: vocabulary, outputs: outputs)
        case .lstm(let configuration):
            RecurrentLanguageModel(
                scope, name: name, cell: .lstm, configuration, vocabulary: vocabulary, outputs: outputs)
        case .gru(let configuration):
            RecurrentLanguageModel(
                scope, name: name, cell: .gru, configuration, vocabulary: vocabulary, outputs: outputs)
        }
    }

    /// Builds the network for samples of numbers.
    /// - Parameter inputShape: of one sample: [features] or [H, W, C].
    public func make(_ scope: ParameterScope, inputShape: Shape, outputs: Int) -> any Model {
        make(scope, input: .numbers(inputShape), outputs: outputs)
    }
}
