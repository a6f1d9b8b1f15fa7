import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A residual network, see `ResNetConfiguration`.
///
/// Where a stage halves the image or changes the channels, the shortcut is a 1 x 1 convolution with the same
/// stride and batch normalization (option B of the paper). Parameters have torchvision's names: `conv1.weight`,
/// `bn1.*`, `layer<g>.<b>.conv1.weight`, `.bn1.*`, `.conv2.weight`, `.bn2.*` (`.conv3.weight`, `.bn3.*`),
/// `.downsample.0.weight`, `.downsample.1.*`, `fc.*`. Shapes: images [N, H, W, C] to [N, outputs].
public struct ResNet: Model {
    /// A convolution without bias, and its normalization.
    private struct Layer {
        let convolution: Convolution2D
        let normalization: BatchNormalization

        init(
            _ scope: ParameterScope, _ names: (String, String), inputs: Int, outputs: Int, kernel: Int,
            stride: Int = 1, activation: FusedActivation = .none,
            initializer: @escaping ParameterInitializer
        ) {
            convolution = Convolution2D(
                scope[names.0], inputChannels: inputs, outputChannels: outputs,
                kernelSize: Extent2D(height: kernel, width: kernel),
                stride: Extent2D(height: stride, width: stride),
                padding: Extent2D(height: kernel / 2, width: kernel / 2), bias: false,
                initializer: initializer)
            normalization = BatchNormalization(scope[names.1], channels: outputs, activation: activation)
        }

        func callAsFunction(_ x: Variable) -> Variable { normalization(convolution(x)) }
    }

    private struct Block: Model {
        let layers: [Layer]
        let shortcut: Layer?

        init(
            _ scope: ParameterScope, _ kind: ResNetConfiguration.BlockKind, inputs: Int, width: Int,
            stride: Int, initializer: @escaping ParameterInitializer
        ) {
            let outputs = width * kind.expansion
            func layer(
                _ number: Int, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1,
                _ activation: FusedActivation = .none
            ) -> Layer {
                Layer(
                    scope, ("conv\(number)", "bn\(number)"), inputs: inputs, outputs: outputs, kernel: kernel,
                    stride: stride, activation: activation, initializer: initializer)
            }
            switch kind {
            case .basic:
                layers = [
                    layer(1, inputs, width, kernel: 3, stride: stride, .relu),
                    layer(2, width, outputs, kernel: 3),
                ]
            case .bottleneck:
                layers = [
                    layer(1, inputs, width, kernel: 1, .relu),
                    layer(2, width, width, kernel: 3, stride: stride, .relu),
                    layer(3, width, outputs, kernel: 1),
                ]
            }
            shortcut =
                stride == 1 && inputs == outputs
                ? nil
                : Layer(
                    scope["downsample"], ("0", "1"), inputs: inputs, outputs: outputs, kernel: 1,
                    stride: stride, initializer: initializer)
        }

        func callAsFunction(_ x: Variable) -> Variable {
            var branch = x
            for layer in layers { branch = layer(branch) }
            guard let shortcut else { return add(branch, x, activation: .relu) }
            return add(branch, shortcut(x), activation: .relu)
        }
    }

    private let stem: Layer
    private let isPooled: Bool
    private let blocks: [any Model]
    private let dropout: Dropout?
    private let fc: Linear

    /// Registers the parameters. `inputShape` is [H, W, C].
    public init(
        _ scope: ParameterScope, _ configuration: ResNetConfiguration, inputShape: Shape, outputs: Int
    ) {
        let initializer = configuration.initializer.initializer
        isPooled = configuration.stem == .conv7Pool
        stem = Layer(
            scope, ("conv1", "bn1"), inputs: inputShape[2], outputs: configuration.width,
            kernel: isPooled ? 7 : 3, stride: isPooled ? 2 : 1, activation: .relu,
            initializer: initializer)
        var blocks: [any Model] = []
        var channels = configuration.width
        for (group, count) in configuration.stageBlocks.enumerated() {
            let width = configuration.width << group
            for number in 0..<count {
                blocks.append(
                    Block(
                        scope["layer\(group + 1)"][number], configuration.block, inputs: channels,
                        width: width, stride: group > 0 && number == 0 ? 2 : 1, initializer: initializer
                    ).checkpointed(configuration.checkpointActivations))
                channels = width * configuration.block.expansion
            }
        }
        self.blocks = blocks
        dropout =
            configuration.dropout > 0 ? Dropout(scope, probability: Float(configuration.dropout)) : nil
        fc = Linear(scope["fc"], inputs: channels, outputs: outputs)
    }

    public func callAsFunction(_ input: Variable) -> Variable {
        var x = stem(input)
        if isPooled { x = maxPool2d(x, kernel: 3, stride: 2, padding: 1) }
        for block in blocks { x = block(x) }
        x = globalAveragePool2d(x)
        if let dropout { x = dropout(x) }
        return fc(x)
    }
}
