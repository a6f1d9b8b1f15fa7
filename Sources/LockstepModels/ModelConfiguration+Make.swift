import LockstepAutograd
import LockstepLayers
import LockstepTensors

extension ModelConfiguration {
    /// Builds the network and registers its parameters.
    /// - Parameters:
    ///   - inputShape: of one sample: [features] or [H, W, C]; `validate(sampleShape:)` has been called.
    ///   - outputs: the number of classes, or of values.
    public func make(_ scope: ParameterScope, inputShape: Shape, outputs: Int) -> any Model {
        switch self {
        case .mlp(let configuration):
            MLP(scope, configuration, inputs: inputShape.elementCount, outputs: outputs)
        case .cnn(let configuration): CNN(scope, configuration, inputShape: inputShape, outputs: outputs)
        case .resnet(let configuration):
            ResNet(scope, configuration, inputShape: inputShape, outputs: outputs)
        case .mobilenet(let configuration):
            MobileNet(scope, configuration, inputShape: inputShape, outputs: outputs)
        }
    }
}
