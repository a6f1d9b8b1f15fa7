import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A convolutional network, see `CNNConfiguration`.
///
/// Parameters: `stages.<s>.convolutions.<l>.weight`, `.bias`; `stages.<s>.normalizations.<l>.*` with batch
/// normalization (the convolution then has no bias); `dense.<i>.weight`, `.bias`; `output.weight`, `.bias`.
/// The first dense layer reads the image in PyTorch's order (C, H, W). Shapes: images [N, H, W, C] to [N,
/// outputs].
public struct CNN: Model {
    private struct Stage {
        var convolutions: [Convolution2D] = []
        var normalizations: [BatchNormalization] = []
        let pool: CNNConfiguration.Pooling
    }

    private let stages: [Stage]
    private let dense: [Linear]
    private let dropout: [Dropout]
    private let activation: ActivationKind
    private let output: Linear

    /// Registers the parameters. `inputShape` is [H, W, C].
    public init(_ scope: ParameterScope, _ configuration: CNNConfiguration, inputShape: Shape, outputs: Int) {
        activation = configuration.activation
        let initializer = configuration.initializer.initializer
        let fused = configuration.activation.fused
        var (height, width, channels) = (inputShape[0], inputShape[1], inputShape[2])
        var stages: [Stage] = []
        for (number, description) in configuration.stages.enumerated() {
            let place = scope["stages"][number]
            var stage = Stage(pool: description.pool)
            let normalizes = description.batchNormalization
            for layer in 0..<description.layers {
                stage.convolutions.append(
                    // With maximum pooling the activation follows the pooling.
                    Convolution2D(
                        place["convolutions"][layer], inputChannels: channels,
                        outputChannels: description.channels,
                        kernelSize: Extent2D(height: description.kernel, width: description.kernel),
                        padding: Extent2D(height: description.kernel / 2, width: description.kernel / 2),
                        bias: !normalizes,
                        activation: normalizes || description.pool == .max && layer == description.layers - 1
                            ? .none : fused,
                        initializer: initializer))
                if normalizes {
                    stage.normalizations.append(
                        BatchNormalization(
                            place["normalizations"][layer], channels: description.channels, activation: fused)
                    )
                }
                channels = description.channels
            }
            if description.pool != .none { (height, width) = (height / 2, width / 2) }
            stages.append(stage)
        }
        self.stages = stages
        var features = height * width * channels
        var dense: [Linear] = []
        var dropout: [Dropout] = []
        for (index, units) in configuration.dense.enumerated() {
            if configuration.dropout > 0 {
                dropout.append(Dropout(scope, probability: Float(configuration.dropout)))
            }
            dense.append(
                Linear(
                    scope["dense"][index], inputs: features, outputs: units, activation: fused,
                    initializer: initializer))
            features = units
        }
        if configuration.dropout > 0 {
            dropout.append(Dropout(scope, probability: Float(configuration.dropout)))
        }
        self.dense = dense
        self.dropout = dropout
        output = Linear(scope["output"], inputs: features, outputs: outputs, initializer: initializer)
    }

    public func callAsFunction(_ input: Variable) -> Variable {
        var x = input
        for stage in stages {
            for layer in stage.convolutions.indices {
                x = stage.convolutions[layer](x)
                if !stage.normalizations.isEmpty { x = stage.normalizations[layer](x) }
                x = activation.applyUnlessFused(x)
            }
            switch stage.pool {
            case .max:
                x = maxPool2d(
                    x, kernel: 2, activation: stage.normalizations.isEmpty ? activation.fused : .none)
            case .average: x = averagePool2d(x, kernel: 2)
            case .none: break
            }
        }
        for index in dense.indices {
            if !dropout.isEmpty { x = dropout[index](x) }
            x = activation.applyUnlessFused(dense[index](x))
        }
        if let last = dropout.last { x = last(x) }
        return output(x)
    }
}
