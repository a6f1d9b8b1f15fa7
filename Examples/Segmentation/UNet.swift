import Lockstep

/// A U-Net: convolutions at several sizes of an image on the way down; on the way up, each size also gets the features of the
/// same size from the way down.
///
/// Shapes: [N, H, W, C] to [N, H, W, outputs].
/// Source: Ronneberger, Fischer, Brox: U-Net (arXiv 1505.04597), with padding and batch normalization.
struct UNet: Model {
    struct Configuration: ModelComponent {
        static let name = "unet"

        var channels = 8
        var levels = 3

        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("channels", \.channels, .within(1...4096), "channels of the first level"),
                .integer("levels", \.levels, .within(1...8), "levels: half the size, twice the channels"))
        }

        func check(input: ModelInput) throws(ComponentError) {
            let (image, factor) = (try input.requireImage(), 1 << (levels - 1))
            guard image[0] % factor == 0, image[1] % factor == 0 else {
                throw ComponentError(
                    path: "levels", problem: "images of shape \(image) cannot be halved \(levels - 1) times")
            }
        }

        func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
            UNet(scope, self, inputs: input.sampleShape[2], outputs: outputs)
        }
    }

    private let down: [Sequential]
    private let up: [Sequential]
    private let head: Convolution2D

    init(_ scope: ParameterScope, _ configuration: Configuration, inputs: Int, outputs: Int) {
        let channels = (0..<configuration.levels).map { configuration.channels << $0 }
        down = channels.indices.map {
            Self.block(scope["down"][$0], inputs: $0 == 0 ? inputs : channels[$0 - 1], outputs: channels[$0])
        }
        up = channels.indices.dropLast().map {
            Self.block(scope["up"][$0], inputs: channels[$0] + channels[$0 + 1], outputs: channels[$0])
        }
        head = Convolution2D(
            scope["head"], inputChannels: channels[0], outputChannels: outputs, kernelSize: 1)
    }

    /// Two convolutions, each with batch normalization.
    private static func block(_ scope: ParameterScope, inputs: Int, outputs: Int) -> Sequential {
        func layers(_ number: Int, _ inputs: Int) -> [any Model] {
            let convolution = Convolution2D(
                scope[number], inputChannels: inputs, outputChannels: outputs, kernelSize: 3, padding: 1,
                bias: false, initializer: Initializers.heNormal)
            return [convolution, BatchNormalization(scope[number + 1], channels: outputs, activation: .relu)]
        }
        return Sequential(layers(0, inputs) + layers(2, outputs))
    }

    func callAsFunction(_ x: Variable) -> Variable { head(level(0, x)) }

    /// The features of a level, from the images of its size.
    private func level(_ number: Int, _ x: Variable) -> Variable {
        let own = down[number](x)
        guard number < up.count else { return own }
        let below = level(number + 1, maxPool2d(own, kernel: 2))
        return up[number](concatenate(own, upsample2d(below, by: 2), axis: 3))
    }
}
