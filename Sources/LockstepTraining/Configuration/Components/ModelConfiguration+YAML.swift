import LockstepModels

extension ModelConfiguration {
    /// Reads `model: {mlp: {...}}`. Ranges are checked by `validate()`, which programs use as well.
    static func read(_ section: ConfigurationSection, _ key: String, default value: Self?) throws -> Self {
        try section.choice(
            key, default: value,
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
        let hidden = try section.integers("hidden", default: usual.hidden)
        let activation = try section.word("activation", default: usual.activation)
        return MLPConfiguration(
            hidden: hidden, activation: activation,
            dropout: try section.double("dropout", default: usual.dropout),
            batchNormalization: try section.boolean("batch_norm", default: usual.batchNormalization),
            // The usual initialiser depends on the activation that was just read.
            initializer: try section.word(
                "initializer", default: value?.initializer ?? activation.usualInitializer))
    }

    private static func cnn(_ section: ConfigurationSection, _ value: CNNConfiguration?) throws
        -> CNNConfiguration
    {
        let usual = value ?? CNNConfiguration()
        let stages = try section.sections("stages", default: usual.stages) { section, stage in
            CNNConfiguration.Stage(
                channels: try section.integer("channels", default: stage?.channels),
                kernel: try section.integer("kernel", default: stage?.kernel ?? 3),
                layers: try section.integer("layers", default: stage?.layers ?? 1),
                pool: try section.word("pool", default: stage?.pool ?? .max),
                batchNormalization: try section.boolean(
                    "batch_norm", default: stage?.batchNormalization ?? false))
        }
        let dense = try section.integers("dense", default: usual.dense)
        let dropout = try section.double("dropout", default: usual.dropout)
        let activation = try section.word("activation", default: usual.activation)
        return CNNConfiguration(
            stages: stages, dense: dense, dropout: dropout, activation: activation,
            initializer: try section.word(
                "initializer", default: value?.initializer ?? activation.usualInitializer))
    }

    private static func resnet(
        _ section: ConfigurationSection, _ value: ResNetConfiguration?
    ) throws -> ResNetConfiguration {
        let usual = value ?? ResNetConfiguration()
        return ResNetConfiguration(
            depth: try section.integer("depth", default: usual.depth),
            width: try section.integer("width", default: usual.width),
            dropout: try section.double("dropout", default: usual.dropout),
            initializer: try section.word("initializer", default: usual.initializer))
    }

    private static func mobilenet(
        _ section: ConfigurationSection, _ value: MobileNetConfiguration?
    ) throws -> MobileNetConfiguration {
        let usual = value ?? MobileNetConfiguration()
        return MobileNetConfiguration(
            width: try section.double("width", default: usual.width),
            stem: try section.integer("stem", default: usual.stem),
            stemStride: try section.integer("stem_stride", default: usual.stemStride),
            stages: try section.sections("stages", default: usual.stages) { section, stage in
                MobileNetConfiguration.Stage(
                    channels: try section.integer("channels", default: stage?.channels),
                    blocks: try section.integer("blocks", default: stage?.blocks ?? 1),
                    stride: try section.integer("stride", default: stage?.stride ?? 1))
            },
            dropout: try section.double("dropout", default: usual.dropout),
            initializer: try section.word("initializer", default: usual.initializer))
    }

    private static func gpt(_ section: ConfigurationSection, _ value: GPTConfiguration?) throws
        -> GPTConfiguration
    {
        let usual = value ?? GPTConfiguration()
        return GPTConfiguration(
            layers: try section.integer("layers", default: usual.layers),
            width: try section.integer("width", default: usual.width),
            heads: try section.integer("heads", default: usual.heads),
            dropout: try section.double("dropout", default: usual.dropout),
            tied: try section.boolean("tied", default: usual.tied))
    }

    private static func recurrent(_ section: ConfigurationSection, _ value: RecurrentConfiguration?) throws
        -> RecurrentConfiguration
    {
        let usual = value ?? RecurrentConfiguration()
        return RecurrentConfiguration(
            layers: try section.integer("layers", default: usual.layers),
            embedding: try section.integer("embedding", default: usual.embedding),
            hidden: try section.integer("hidden", default: usual.hidden),
            dropout: try section.double("dropout", default: usual.dropout),
            isBidirectional: try section.boolean("bidirectional", default: usual.isBidirectional))
    }

    private static func rnn(_ section: ConfigurationSection, _ value: RecurrentConfiguration?) throws
        -> RecurrentConfiguration
    {
        var configuration = try recurrent(section, value)
        configuration.nonlinearity = try section.word(
            "nonlinearity", default: value?.nonlinearity ?? .tanh)
        return configuration
    }
}
