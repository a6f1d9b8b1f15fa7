/// Run files of the tests: small versions of the shipped ones, on data made from a seed or on Fashion-MNIST.
enum RunFiles {
    /// The learning problem of the tests.
    enum Data: String {
        case fashion = "{fashion_mnist: {validation: 0.1}}"
        case fashionBytes = "{fashion_mnist: {normalize: none}}"
        case fashionAugmented =
            "{fashion_mnist: {validation: 0.1, augment: [{random_crop: {padding: 2}}, horizontal_flip]}}"
        case text = "{king_james: {context: 32, validation: 0.02}}"
        /// Of the example program Recommender.
        case ratings = "{ratings: {users: 5000, items: 900, count: 100000}}"
    }

    static let mlp = "{mlp: {hidden: [512, 256], activation: relu}}"
    static let cnn = "{cnn: {stages: [{channels: 16}, {channels: 32}], dense: [64], dropout: 0.25}}"
    static let resnet = "{resnet: {depth: 8}}"
    static let checkpointedResNet = "{resnet: {depth: 8, checkpoint_activations: true}}"
    static let gpt = "{gpt: {layers: 2, width: 64, heads: 4, dropout: 0.1}}"
    static let checkpointedGPT =
        "{gpt: {layers: 2, width: 64, heads: 4, dropout: 0.1, checkpoint_activations: true}}"
    static let llama =
        "{gpt: {layers: 2, width: 64, heads: 4, kv_heads: 2, dropout: 0.1, positions: rotary, norm: rms, activation: swiglu, bias: false}}"
    static let lstm = "{lstm: {layers: 2, embedding: 32, hidden: 48, dropout: 0.1}}"
    static let gru = "{gru: {embedding: 32, hidden: 48}}"

    /// A run file; `extra` holds further top-level lines.
    static func text(
        model: String, data: Data, batch: Int, shards: Int, steps: Int, checkpointEvery: Int = 1000,
        optimizer: String = "{adam: {learning_rate: 0.001}}", extra: String = ""
    ) -> String {
        """
        model: \(model)
        data: \(data.rawValue)
        batch: \(batch)
        shards: \(shards)
        threads: 1
        max_steps: \(steps)
        optimizer: \(optimizer)
        schedule: {cosine: {warmup_steps: 10}}
        clip: {norm: 1.0}
        checkpoint: {every_steps: \(checkpointEvery), keep: 3}
        log_every_steps: 1
        seed: 1
        \(extra)
        """
    }
}
