import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A network of depthwise separable convolutions, see `MobileNetConfiguration`.
///
/// Parameters: `stem.conv.weight`, `stem.bn.*`; `blocks.<i>.depthwise.weight`, `.depthwise_bn.*`,
/// `.pointwise.weight`, `.pointwise_bn.*`, numbered through all stages; `fc.weight`, `.bias`. Shapes: images
/// [N, H, W, C] to [N, outputs].
public struct MobileNet: Model {
    private struct Unit {
        let convolution: Convolution2D
        let normalization: BatchNormalization

        func callAsFunction(_ x: Variable) -> Variable { normalization(convolution(x)) }
    }

    private let units: [Unit]
    private let dropout: Dropout?
    private let fc: Linear

    /// Registers the parameters. `inputShape` is [H, W, C].
    public init(
        _ scope: ParameterScope, _ configuration: MobileNetConfiguration, inputShape: Shape, outputs: Int
    ) {
        let initializer = configuration.initializer.initializer
        var channels = configuration.scaled(configuration.stem)
        let stem = scope["stem"]
        var units = [
            Unit(
                convolution: Convolution2D(
                    stem["conv"], inputChannels: inputShape[2], outputChannels: channels, kernelSize: 3,
                    stride: Extent2D(height: configuration.stemStride, width: configuration.stemStride),
                    padding: 1,
                    bias: false, initializer: initializer),
                normalization: BatchNormalization(stem["bn"], channels: channels, activation: .relu))
        ]
        var number = 0
        for stage in configuration.stages {
            for index in 0..<stage.blocks {
                let place = scope["blocks"][number]
                let stride = index == 0 ? stage.stride : 1
                let wide = configuration.scaled(stage.channels)
                units.append(
                    Unit(
                        convolution: Convolution2D(
                            place["depthwise"], inputChannels: channels, outputChannels: channels,
                            kernelSize: 3,
                            stride: Extent2D(height: stride, width: stride), padding: 1, groups: channels,
                            bias: false, initializer: initializer),
                        normalization: BatchNormalization(
                            place["depthwise_bn"], channels: channels, activation: .relu)))
                units.append(
                    Unit(
                        convolution: Convolution2D(
                            place["pointwise"], inputChannels: channels, outputChannels: wide, kernelSize: 1,
                            bias: false, initializer: initializer),
                        normalization: BatchNormalization(
                            place["pointwise_bn"], channels: wide, activation: .relu)))
                channels = wide
                number += 1
            }
        }
        self.units = units
        dropout = configuration.dropout > 0 ? Dropout(scope, probability: Float(configuration.dropout)) : nil
        fc = Linear(scope["fc"], inputs: channels, outputs: outputs)
    }

    public func callAsFunction(_ input: Variable) -> Variable {
        var x = input
        for unit in units { x = unit(x) }
        x = globalAveragePool2d(x)
        if let dropout { x = dropout(x) }
        return fc(x)
    }
}
