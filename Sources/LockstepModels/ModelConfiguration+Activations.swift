import LockstepTensors

extension ModelConfiguration {
    /// A lower bound for the number of elements in the layers' outputs of one sample, which a training step keeps for backward.
    ///
    /// It serves to estimate memory before anything is allocated. It is a floating-point number, so that no product overflows.
    /// - Parameters:
    ///   - input: the form of a sample; `validate(input:)` has been called.
    ///   - outputs: the number of the network's outputs.
    package func activationCount(input: ModelInput, outputs: Int) -> Double {
        let shape = input.sampleShape.extents.map(Double.init)
        let outputs = Double(outputs)
        switch self {
        case .mlp(let configuration): return configuration.hidden.reduce(outputs) { $0 + Double($1) }
        case .cnn(let configuration):
            var pixels = shape[0] * shape[1]
            var count = configuration.dense.reduce(outputs) { $0 + Double($1) }
            for stage in configuration.stages {
                count += pixels * Double(stage.channels) * Double(stage.layers)
                if stage.pool != .none { pixels /= 4 }
            }
            return count
        case .resnet(let configuration):
            // The groups have 1, 2 and 4 times the channels on 1, 1/4 and 1/16 of the pixels, two convolutions to a block.
            return outputs + shape[0] * shape[1] * Double(configuration.width)
                * (1 + 3.5 * Double(configuration.blocksPerGroup))
        case .mobilenet(let configuration):
            var pixels = shape[0] * shape[1] / Double(configuration.stemStride * configuration.stemStride)
            var count = outputs + pixels * Double(configuration.scaled(configuration.stem))
            for stage in configuration.stages {
                pixels /= Double(stage.stride * stage.stride)
                count += pixels * Double(configuration.scaled(stage.channels)) * Double(stage.blocks)
            }
            return count
        case .gpt(let configuration):
            // Per block at least queries, keys, values, two normalisations, two branches, and 4 times the width
            // within the second; and the probabilities of each head, half as large in bfloat16.
            let layers = Double(configuration.layers)
            let probabilities = 0.5 * layers * Double(configuration.heads) * shape[0]
            return shape[0] * (outputs + Double(configuration.width) * (1 + 11 * layers) + probabilities)
        case .rnn(let configuration), .lstm(let configuration), .gru(let configuration):
            return shape[0]
                * (outputs + Double(configuration.embedding)
                    + Double(configuration.hidden) * Double(configuration.layers))
        }
    }
}
