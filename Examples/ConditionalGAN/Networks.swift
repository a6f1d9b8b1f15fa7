import Lockstep

/// Makes images of a class from noise: a dense layer, and two transposed convolutions that double the size.
///
/// Images are normalized one by one: running statistics of batch normalization would not fit the averaged
/// parameters, with which images are made.
/// Shapes: noise [N, latent] and labels [N] (int32) to [N, 28, 28, 1], from -1 for black to 1.
/// Source: Radford, Metz, Chintala: Unsupervised Representation Learning with Deep Convolutional GANs (arXiv 1511.06434).
struct Generator {
    let classes: Embedding
    let dense: Linear
    let norms: [GroupNormalization]
    let enlarge: [ConvolutionTranspose2D]
    let channels: Int

    init(_ scope: ParameterScope, latent: Int, channels: Int, classes count: Int) {
        self.channels = channels
        classes = Embedding(scope["classes"], entries: count, width: latent)
        dense = Linear(
            scope["dense"], inputs: 2 * latent, outputs: 7 * 7 * 2 * channels,
            initializer: Initializers.normal(0.02))
        norms = [2 * channels, channels].enumerated().map {
            GroupNormalization(scope["norms"][$0], groups: 1, channels: $1)
        }
        enlarge = [(2 * channels, channels, false), (channels, 1, true)].enumerated().map {
            ConvolutionTranspose2D(
                scope["enlarge"][$0], inputChannels: $1.0, outputChannels: $1.1, kernelSize: 4, stride: 2,
                padding: 1, bias: $1.2, initializer: Initializers.normal(0.02))
        }
    }

    func callAsFunction(_ noise: Variable, labels: Tensor) -> Variable {
        let x = dense(concatenate(noise, classes(labels, on: noise.tape), axis: 1))
        let small = relu(norms[0](reshape(x, to: Shape(noise.shape[0], 7, 7, 2 * channels))))
        return tanh(enlarge[1](relu(norms[1](enlarge[0](small)))))
    }
}

/// Judges images by their class: the logit of the probability that an image is real.
///
/// Features of the image are weighted for all classes, and once more for its own class.
/// Shapes: images [N, 28, 28, 1] and labels [N] (int32) to [N].
/// Source: Miyato, Koyama: cGANs with Projection Discriminator (arXiv 1802.05637).
struct Discriminator {
    let shrink: [Convolution2D]
    let dense: Linear
    let score: Linear
    let classes: Embedding
    let dropout: Dropout

    init(_ scope: ParameterScope, channels: Int, classes count: Int) {
        shrink = [(1, channels), (channels, 2 * channels)].enumerated().map {
            Convolution2D(
                scope["shrink"][$0], inputChannels: $1.0, outputChannels: $1.1, kernelSize: 4, stride: 2,
                padding: 1, initializer: Initializers.normal(0.02))
        }
        dense = Linear(scope["dense"], inputs: 7 * 7 * 2 * channels, outputs: 256)
        score = Linear(scope["score"], inputs: 256, outputs: 1)
        classes = Embedding(
            scope["classes"], entries: count, width: 256, initializer: Initializers.normal(0.02))
        dropout = Dropout(scope, probability: 0.3)
    }

    func callAsFunction(_ images: Variable, labels: Tensor) -> Variable {
        var x = images
        for layer in shrink { x = leakyReLU(layer(x), slope: 0.2) }
        x = leakyReLU(dense(dropout(x)), slope: 0.2)
        let own = sum(x * classes(labels, on: images.tape), over: Axes(1))
        return squeeze(score(x), axis: 1) + own
    }
}
