import LockstepConfiguration
import LockstepModels

extension ModelConfiguration {
    /// Reads `model: {mlp: {...}}`. What is more than a range is checked by `validate()`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self?) throws
        -> Self
    {
        try section.choice(
            key, "architecture of the network", default: value,
            [
                .map("mlp", from: { if case .mlp(let it) = $0 { it } else { nil } }, to: Self.mlp, read: mlp),
                .map("cnn", from: { if case .cnn(let it) = $0 { it } else { nil } }, to: Self.cnn, read: cnn),
                .map(
                    "resnet", from: { if case .resnet(let it) = $0 { it } else { nil } }, to: Self.resnet,
                    read: resnet),
                .map(
                    "mobilenet", from: { if case .mobilenet(let it) = $0 { it } else { nil } },
                    to: Self.mobilenet,
                    read: mobilenet),
                .map("gpt", from: { if case .gpt(let it) = $0 { it } else { nil } }, to: Self.gpt, read: gpt),
                .map("rnn", from: { if case .rnn(let it) = $0 { it } else { nil } }, to: Self.rnn, read: rnn),
                .map(
                    "lstm", from: { if case .lstm(let it) = $0 { it } else { nil } }, to: Self.lstm,
                    read: recurrent),
                .map(
                    "gru", from: { if case .gru(let it) = $0 { it } else { nil } }, to: Self.gru,
                    read: recurrent),
            ])
    }

    private static func mlp(_ section: ConfigurationSection, _ value: MLPConfiguration?) throws
        -> MLPConfiguration
    {
        let usual = value ?? MLPConfiguration()
        let hidden = try section.integers(
            "hidden", "units of each hidden layer", default: usual.hidden, count: .layers, .width)
        let activation = try section.word(
            "activation", "function after each hidden layer", default: usual.activation)
        return MLPConfiguration(
            hidden: hidden, activation: activation,
            dropout: try section.double(
                "dropout", "probability with which a unit is dropped in training",
                default: usual.dropout, .dropout),
            batchNormalization: try section.boolean(
                "batch_norm", "normalise each hidden layer before its activation",
                default: usual.batchNormalization),
            // The usual initialiser depends on the activation that was just read.
            initializer: try section.word(
                "initializer",
                "distribution of the initial weights; by default the usual one for the activation",
                default: value?.initializer ?? activation.usualInitializer))
    }

    private static func cnn(_ section: ConfigurationSection, _ value: CNNConfiguration?) throws
        -> CNNConfiguration
    {
        let usual = value ?? CNNConfiguration()
        let stages = try section.sections(
            "stages", "stages of convolutions on images of one size", default: usual.stages,
            count: .stages
        ) { section, stage in
            CNNConfiguration.Stage(
                channels: try section.integer(
                    "channels", "output channels of each convolution of the stage", default: stage?.channels,
                    .channels),
                kernel: try section.integer(
                    "kernel", "side of the kernels, odd", default: stage?.kernel ?? 3, .kernelSide),
                layers: try section.integer(
                    "layers", "number of convolutions", default: stage?.layers ?? 1, .stageDepth),
                pool: try section.word(
                    "pool", "2 x 2 pooling after the last convolution", default: stage?.pool ?? .max),
                batchNormalization: try section.boolean(
                    "batch_norm", "normalise each convolution before its activation",
                    default: stage?.batchNormalization ?? false))
        }
        let dense = try section.integers(
            "dense", "units of each dense layer after the stages", default: usual.dense, count: .layers,
            .width)
        let dropout = try section.double(
            "dropout", "probability with which a unit is dropped in training", default: usual.dropout,
            .dropout)
        let activation = try section.word(
            "activation", "function after each convolution and dense layer", default: usual.activation)
        return CNNConfiguration(
            stages: stages, dense: dense, dropout: dropout, activation: activation,
            initializer: try section.word(
                "initializer",
                "distribution of the initial weights; by default the usual one for the activation",
                default: value?.initializer ?? activation.usualInitializer))
    }

    private static func resnet(
        _ section: ConfigurationSection, _ value: ResNetConfiguration?
    ) throws -> ResNetConfiguration {
        let usual = value ?? ResNetConfiguration()
        return ResNetConfiguration(
            depth: try section.integer(
                "depth", "number of layers: 6n + 2", default: usual.depth, .residualDepth),
            width: try section.integer(
                "width", "channels of the first stage", default: usual.width, .channels),
            dropout: try section.double(
                "dropout", "probability with which a unit is dropped in training",
                default: usual.dropout, .dropout),
            initializer: try section.word(
                "initializer", "distribution of the initial weights", default: usual.initializer))
    }

    private static func mobilenet(
        _ section: ConfigurationSection, _ value: MobileNetConfiguration?
    ) throws -> MobileNetConfiguration {
        let usual = value ?? MobileNetConfiguration()
        return MobileNetConfiguration(
            width: try section.double(
                "width", "factor on all numbers of channels", default: usual.width, .widthFactor),
            stem: try section.integer(
                "stem", "channels of the first convolution, before that factor", default: usual.stem,
                .channels),
            stemStride: try section.integer(
                "stem_stride", "stride of the first convolution", default: usual.stemStride, .stride),
            stages: try section.sections(
                "stages", "stages of depthwise separable convolutions", default: usual.stages,
                count: .stages
            ) { section, stage in
                MobileNetConfiguration.Stage(
                    channels: try section.integer(
                        "channels", "output channels of each block of the stage", default: stage?.channels,
                        .channels),
                    blocks: try section.integer(
                        "blocks", "number of blocks", default: stage?.blocks ?? 1, .stageDepth),
                    stride: try section.integer(
                        "stride", "stride of the first block; 2 halves the image",
                        default: stage?.stride ?? 1,
                        .stride))
            },
            dropout: try section.double(
                "dropout",
                "probability with which a unit before the output layer is dropped in training",
                default: usual.dropout, .dropout),
            initializer: try section.word(
                "initializer", "distribution of the initial weights", default: usual.initializer))
    }

    private static func gpt(_ section: ConfigurationSection, _ value: GPTConfiguration?) throws
        -> GPTConfiguration
    {
        let usual = value ?? GPTConfiguration()
        return GPTConfiguration(
            layers: try section.integer("layers", "number of blocks", default: usual.layers, .depth),
            width: try section.integer("width", "width of the residual stream", default: usual.width, .width),
            heads: try section.integer(
                "heads", "attention heads; divides width", default: usual.heads, .width),
            dropout: try section.double(
                "dropout",
                "probability with which an element of embeddings and branches is dropped in training",
                default: usual.dropout, .dropout),
            tied: try section.boolean(
                "tied", "the output layer has the weights of the token embedding", default: usual.tied))
    }

    private static func recurrent(_ section: ConfigurationSection, _ value: RecurrentConfiguration?) throws
        -> RecurrentConfiguration
    {
        let usual = value ?? RecurrentConfiguration()
        return RecurrentConfiguration(
            layers: try section.integer(
                "layers", "number of recurrent layers", default: usual.layers, .depth),
            embedding: try section.integer(
                "embedding", "width of the token embedding", default: usual.embedding, .width),
            hidden: try section.integer("hidden", "units of each layer", default: usual.hidden, .width),
            dropout: try section.double(
                "dropout", "probability with which an element between layers is dropped in training",
                default: usual.dropout, .dropout),
            isBidirectional: try section.boolean(
                "bidirectional", "read from both ends; refused for texts", default: usual.isBidirectional))
    }

    private static func rnn(_ section: ConfigurationSection, _ value: RecurrentConfiguration?) throws
        -> RecurrentConfiguration
    {
        var configuration = try recurrent(section, value)
        configuration.nonlinearity = try section.word(
            "nonlinearity", "function of the recurrence", default: value?.nonlinearity ?? .tanh)
        return configuration
    }
}
