import Lockstep

/// A variational autoencoder of images: it learns a distribution of images by the evidence lower bound.
///
/// The loss of an image x is the negative bound with one draw z = m + exp(v / 2) e, e ~ N(0, 1), where m and
/// v are the encoder's mean and log-variance, and p the decoder's probability of a white pixel:
///
///     reconstruction = -sum over pixels (x log p(z) + (1 - x) log(1 - p(z)))
///     kl             = 1/2 sum over latent variables (m^2 + e^v - v - 1)
///
/// Source: Kingma, Welling: Auto-Encoding Variational Bayes (arXiv 1312.6114).
final class VAE: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "vae"
        static let metrics = ["loss", "reconstruction", "kl"]

        var latent = 16
        var channels = 32

        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("latent", \.latent, .within(1...4096), "latent variables of an image"),
                .integer(
                    "channels", \.channels, .within(1...4096), "channels of the layers next to the image"))
        }

        func make(_ context: TaskContext) throws -> any LearningTask { try VAE(self, context) }
    }

    let phases = [TrainingPhase(sums: ["reconstruction", "kl"])]
    let lossDescription = "negative evidence lower bound"

    let latent: Int
    let decoder: Decoder
    private let encoder: Encoder
    private let image: Int
    /// The number of the noise among all random draws.
    private let noise: UInt64

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        image = try context.field("input")
        guard context.schema.fields[image].shape == Shape(28, 28, 1) else {
            throw TrainingError.model(
                "vae needs grey images of 28 x 28 pixels, and the data have: \(context.schema.description)")
        }
        let (latent, channels) = (configuration.latent, configuration.channels)
        self.latent = latent
        encoder = Encoder(context.scope["encoder"], latent: latent, channels: channels)
        decoder = Decoder(context.scope["decoder"], latent: latent, channels: channels)
        noise = context.scope.randomLayerNumber()
    }

    /// What the bound of each image consists of.
    struct Terms {
        /// [n]
        var reconstruction: Variable
        /// [n]
        var kl: Variable
        /// The encoder's means: [n, latent].
        var mean: Variable
    }

    /// - Parameter images: [n, 28, 28, 1], from 0 to 255.
    func terms(_ images: Variable) -> Terms {
        let x = images / 255
        let (mean, logVariance) = encoder(x)
        let draws = normalNoise(Shape(x.shape[0], latent), layer: noise, on: x.tape)
        let logits = decoder(mean + exp(logVariance * 0.5) * draws)
        return Terms(
            reconstruction: sum(softplus(logits) - x * logits, over: Axes(1, 2, 3)),
            kl: 0.5 * sum(square(mean) + exp(logVariance) - logVariance - 1, over: Axes(1)), mean: mean)
    }

    /// What the decoder makes of the encoder's means: [n, 28, 28, 1], from 0 to 1.
    func reconstructions(_ images: Variable) -> Variable { sigmoid(decoder(encoder(images / 255).mean)) }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let terms = terms(batch[image])
        let (reconstruction, kl) = (sum(terms.reconstruction), sum(terms.kl))
        batch.record(0, sum: Double(reconstruction.value.floats[0]))
        batch.record(1, sum: Double(kl.value.floats[0]))
        return WeightedLoss(sum: reconstruction + kl, weight: Double(batch.count))
    }

    func makeSums(_ request: MetricRequest) -> NamedMeans { NamedMeans(Configuration.metrics) }

    func evaluate(_ batch: Batch, into sums: inout NamedMeans) throws {
        let terms = terms(batch[image])
        let values = [terms.reconstruction, terms.kl].map { Double(sum($0).value.floats[0]) }
        sums.add([values[0] + values[1]] + values, samples: batch.count)
    }

    /// The terms of the bound, and where each image is in the space of latent variables.
    func predict(_ batch: Batch) throws -> [PredictedField] {
        let terms = terms(batch[image])
        func column(_ name: String, _ numbers: [Float]) -> PredictedField {
            PredictedField(name, numbers: numbers.map(Double.init))
        }
        let means = terms.mean.value.floatArray
        return [
            column("reconstruction", terms.reconstruction.value.floatArray),
            column("kl", terms.kl.value.floatArray),
        ]
            + (0..<latent).map { number in
                column("z\(number)", (0..<batch.count).map { means[$0 * latent + number] })
            }
    }
}
