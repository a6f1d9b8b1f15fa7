import Lockstep

/// Reads mean and log-variance of the latent variables from an image.
///
/// Shapes: [N, 28, 28, 1], from 0 to 1, to two of [N, latent].
struct Encoder {
    let shrink: [Convolution2D]
    let mean: Linear
    let logVariance: Linear

    init(_ scope: ParameterScope, latent: Int, channels: Int) {
        shrink = [(1, channels), (channels, 2 * channels)].enumerated().map {
            Convolution2D(
                scope["shrink"][$0], inputChannels: $1.0, outputChannels: $1.1, kernelSize: 4, stride: 2,
                padding: 1, activation: .relu)
        }
        mean = Linear(scope["mean"], inputs: 7 * 7 * 2 * channels, outputs: latent)
        logVariance = Linear(scope["log_variance"], inputs: 7 * 7 * 2 * channels, outputs: latent)
    }

    func callAsFunction(_ images: Variable) -> (mean: Variable, logVariance: Variable) {
        let features = shrink[1](shrink[0](images))
        return (mean(features), logVariance(features))
    }
}

/// Makes images of latent variables.
///
/// Shapes: [N, latent] to the logits of pixels, [N, 28, 28, 1].
struct Decoder {
    let dense: Linear
    let enlarge: [ConvolutionTranspose2D]
    let channels: Int

    init(_ scope: ParameterScope, latent: Int, channels: Int) {
        self.channels = channels
        dense = Linear(
            scope["dense"], inputs: latent, outputs: 7 * 7 * 2 * channels, activation: .relu)
        enlarge = [(2 * channels, channels), (channels, 1)].enumerated().map {
            ConvolutionTranspose2D(
                scope["enlarge"][$0], inputChannels: $1.0, outputChannels: $1.1, kernelSize: 4, stride: 2,
                padding: 1)
        }
    }

    func callAsFunction(_ latent: Variable) -> Variable {
        let small = reshape(dense(latent), to: Shape(latent.shape[0], 7, 7, 2 * channels))
        return enlarge[1](relu(enlarge[0](small)))
    }
}
