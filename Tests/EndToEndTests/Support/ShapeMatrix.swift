/// The data shapes and models of `ShapeMatrixTests`, and which of them fit.
enum ShapeMatrix {
    /// A model as a run file has it, and what it takes.
    struct Network: Sendable, CustomStringConvertible {
        var yaml: String
        var takes: Takes
        /// The smallest side of its images.
        var side = 1

        var description: String { yaml }
    }

    /// What a model takes as a sample.
    enum Takes: Sendable { case numbers, images, text }

    static let networks: [Network] = [
        .init(yaml: "{mlp: {hidden: [8]}}", takes: .numbers),
        .init(yaml: "{mlp: {hidden: []}}", takes: .numbers),
        .init(yaml: "{mlp: {hidden: [8, 4], batch_norm: true, dropout: 0.2}}", takes: .numbers),
        .init(yaml: "{cnn: {stages: [{channels: 4}], dense: [8]}}", takes: .images, side: 2),
        .init(
            yaml: "{cnn: {stages: [{channels: 4, kernel: 31, pool: none, batch_norm: true}], dense: []}}",
            takes: .images),
        .init(
            yaml:
                "{cnn: {stages: [{channels: 4}, {channels: 4, pool: average}, {channels: 4}, {channels: 4}], dropout: 0.1}}",
            takes: .images, side: 16),
        .init(yaml: "{resnet: {depth: 8, width: 4}}", takes: .images),
        .init(yaml: "{mobilenet: {width: 0.25}}", takes: .images),
        .init(yaml: "{gpt: {layers: 1, width: 8, heads: 2}}", takes: .text),
        .init(yaml: "{lstm: {layers: 1, hidden: 8, embedding: 4}}", takes: .text),
        .init(yaml: "{gru: {layers: 1, hidden: 8, embedding: 4}}", takes: .text),
        .init(yaml: "{rnn: {layers: 1, hidden: 8, embedding: 4}}", takes: .text),
    ]

    /// The shapes of samples; an extent of 0 means that there are no numbers, and more than 5 are too many.
    static let samples: [[Int]] = [
        [], [1], [6], [0], [4, 3], [1, 6], [6, 1], [4, 0], [8, 8, 1], [8, 8, 3], [1, 1, 1], [1, 1, 3],
        [1, 8, 1],
        [2, 2, 2], [16, 16, 1], [2, 3, 4, 2], [3, 8, 8, 1], [2, 2, 2, 2, 2], [1, 2, 1, 2, 1, 2],
    ]

    /// Whether a network trains on samples of a shape.
    static func fits(_ network: Network, _ sample: [Int]) -> Bool {
        guard !sample.contains(0), sample.count <= 5 else { return false }
        switch network.takes {
        case .numbers: return true
        case .images: return sample.count == 3 && min(sample[0], sample[1]) >= network.side
        case .text: return false
        }
    }
}
