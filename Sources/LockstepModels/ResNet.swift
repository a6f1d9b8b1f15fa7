import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A residual network for small images, see `ResNetConfiguration`.
///
/// Where a stage halves the image and doubles the channels, the shortcut is a 1 x 1 convolution with stride 2
/// and batch normalization (option B of the paper). Parameters have torchvision's names: `conv1.weight`,
/// `bn1.*`, `layer<g>.<b>.conv1.weight`, `.bn1.*`, `.conv2.weight`, `.bn2.*`, `.downsample.0.weight`,
/// `.downsample.1.*`, `fc.*`. Shapes: images [N, H, W, C] to [N, outputs].
public struct ResNet: Model {
    private struct Block {
        let conv1: Convolution2D
        let bn1: BatchNormalization
        let conv2: Convolution2D
        let bn2: BatchNormalization
        let shortcut: (convolution: Convolution2D, normalization: BatchNormalization)?

        init(
            _ scope: ParameterScope, inputs: Int, outputs: Int, stride: Int,
            initializer: @escaping ParameterInitializer
        ) {
            let step = Extent2D(height: stride, width: stride)
            conv1 = Convolution2D(
                scope["conv1"], inputChannels: inputs, outputChannels: outputs, kernelSize: 3, stride: step,
                padding: 1, bias: false, initializer: initializer)
            bn1 = BatchNormalization(scope["bn1"], channels: outputs, activation: .relu)
            conv2 = Convolution2D(
                scope["conv2"], inputChannels: outputs, outputChannels: outputs, kernelSize: 3, padding: 1,
                bias: false, initializer: initializer)
            bn2 = BatchNormalization(scope["bn2"], channels: outputs)
            guard stride != 1 || inputs != outputs else {
                shortcut = nil
                return
            }
            let place = scope["downsample"]
            shortcut = (
                Convolution2D(
                    place[0], inputChannels: inputs, outputChannels: outputs, kernelSize: 1, stride: step,
                    bias: false, initializer: initializer),
                BatchNormalization(place[1], channels: outputs)
            )
        }

        func callAsFunction(_ x: Variable) -> Variable {
            let branch = bn2(conv2(bn1(conv1(x))))
            guard let shortcut else { return add(branch, x, activation: .relu) }
            return add(branch, shortcut.normalization(shortcut.convolution(x)), activation: .relu)
        }
    }

    private let conv1: Convolution2D
    private let bn1: BatchNormalization
    private let blocks: [Block]
    private let dropout: Dropout?
    private let fc: Linear

    /// Registers the parameters. `inputShape` is [H, W, C].
    public init(
        _ scope: ParameterScope, _ configuration: ResNetConfiguration, inputShape: Shape, outputs: Int
    ) {
        let initializer = configuration.initializer.initializer
        conv1 = Convolution2D(
            scope["conv1"], inputChannels: inputShape[2], outputChannels: configuration.width, kernelSize: 3,
            padding: 1, bias: false, initializer: initializer)
        bn1 = BatchNormalization(scope["bn1"], channels: configuration.width, activation: .relu)
        var blocks: [Block] = []
        var channels = configuration.width
        for group in 0..<3 {
            let wide = configuration.width << group
            for number in 0..<configuration.blocksPerGroup {
                blocks.append(
                    Block(
                        scope["layer\(group + 1)"][number], inputs: channels, outputs: wide,
                        stride: group > 0 && number == 0 ? 2 : 1, initializer: initializer))
                channels = wide
            }
        }
        self.blocks = blocks
        dropout = configuration.dropout > 0 ? Dropout(scope, probability: Float(configuration.dropout)) : nil
        fc = Linear(scope["fc"], inputs: channels, outputs: outputs)
    }

    public func callAsFunction(_ input: Variable) -> Variable {
        var x = bn1(conv1(input))
        for block in blocks { x = block(x) }
        x = globalAveragePool2d(x)
        if let dropout { x = dropout(x) }
        return fc(x)
    }
}
