import Lockstep

/// A generator of images of a class and a discriminator, which take turns: two phases with optimizers of their own.
///
/// Losses, averaged over images x of class y and noise z; D is a logit, and s the logistic function:
///
///     discriminator:  -log s(D(x, y)) - log(1 - s(D(G(z, y), y)))
///     generator:      -log s(D(G(z, y), y)) + diversity |z - z'| / |G(z, y) - G(z', y)|
///
/// The second term keeps images of a class apart: z' is a second noise, and |.| the mean of the absolute values.
/// Sources: Goodfellow et al.: Generative Adversarial Nets (arXiv 1406.2661); Mao et al.: Mode Seeking Generative
/// Adversarial Networks for Diverse Image Synthesis (arXiv 1903.05628).
final class ConditionalGAN: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "conditional_gan"
        static let metrics = ["loss", "real", "generated"]

        var latent = 64
        var channels = 32
        var diversity = 0.2
        var images = 1000

        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("latent", \.latent, .within(1...4096), "numbers of the noise for an image"),
                .integer(
                    "channels", \.channels, .within(1...4096), "channels of the layers next to the image"),
                .number(
                    "diversity", \.diversity, .within(0...1000),
                    "weight of the term that keeps images of a class apart"),
                .integer(
                    "images", \.images, .within(0...1_000_000),
                    "images that are written at the end of the run"))
        }

        func make(_ context: TaskContext) throws -> any LearningTask { try ConditionalGAN(self, context) }
    }

    let phases = [
        TrainingPhase("discriminator", scope: "discriminator", sums: ["real", "generated"]),
        TrainingPhase("generator", scope: "generator"),
    ]
    let lossDescription = "logistic loss of the discriminator"

    let configuration: Configuration
    let classes: Int
    let generator: Generator
    private let discriminator: Discriminator
    /// The fields of the data.
    private let (image, label): (Int, Int)
    /// The numbers of the two noises among all random draws.
    private let noises: [UInt64]

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        self.configuration = configuration
        (image, label) = (try context.onlyField(.input), try context.onlyField(.target))
        let (images, labels) = (context.schema.fields[image], context.schema.fields[label])
        guard images.shape == Shape(28, 28, 1), let classes = labels.classes else {
            throw TrainingError.model(
                "conditional_gan needs grey images of 28 x 28 pixels with classes, and the data have: "
                    + context.schema.description)
        }
        self.classes = classes
        generator = Generator(
            context.scope["generator"], latent: configuration.latent, channels: configuration.channels,
            classes: classes)
        discriminator = Discriminator(
            context.scope["discriminator"], channels: configuration.channels, classes: classes)
        noises = [context.scope.randomLayerNumber(), context.scope.randomLayerNumber()]
    }

    /// Images of the batch's classes, and the noise they are made of: [n, 28, 28, 1] and [n, latent].
    private func generate(_ batch: Batch, noise number: Int) -> (images: Variable, noise: Variable) {
        let z = normalNoise(Shape(batch.count, configuration.latent), layer: noises[number], on: batch.tape)
        return (generator(z, labels: batch.tensor(label)), z)
    }

    /// The discriminator's logits for images: [n].
    private func judge(_ images: Variable, _ batch: Batch) -> Variable {
        discriminator(images, labels: batch.tensor(label))
    }

    /// How alike two images of a class are for the noises they are made of, summed over the batch.
    private func sameness(_ batch: Batch, _ a: (images: Variable, noise: Variable)) -> Variable {
        let b = generate(batch, noise: 1)
        let noises = mean(abs(a.noise - b.noise), over: Axes(1))
        return sum(noises / (mean(abs(a.images - b.images), over: Axes(1, 2, 3)) + 1e-5))
    }

    /// The discriminator's logits for the images of the batch: [n].
    private func judgeReal(_ batch: Batch) -> Variable {
        judge(batch[image] / 127.5 - 1, batch)
    }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let made = generate(batch, noise: 0)
        let generated = judge(made.images, batch)
        guard phase == 0 else {
            var total = sum(softplus(-generated))
            if configuration.diversity > 0 {
                total = total + sameness(batch, made) * Float(configuration.diversity)
            }
            return WeightedLoss(sum: total, weight: Double(batch.count))
        }
        let real = judgeReal(batch)
        batch.record(0, sum: Double(sum(sigmoid(real)).value.floats[0]))
        batch.record(1, sum: Double(sum(sigmoid(generated)).value.floats[0]))
        return WeightedLoss(
            sum: sum(softplus(-real) + softplus(generated)), weight: Double(batch.count))
    }

    func makeSums(_ request: MetricRequest) -> NamedMeans { NamedMeans(Configuration.metrics) }

    func evaluate(_ batch: Batch, into sums: inout NamedMeans) throws {
        let (real, generated) = (judgeReal(batch), judge(generate(batch, noise: 0).images, batch))
        let all = [softplus(-real) + softplus(generated), sigmoid(real), sigmoid(generated)]
        sums.add(all.map { Double(sum($0).value.floats[0]) }, samples: batch.count)
    }

    /// The probability that the discriminator gives to each image of the data.
    func predict(_ batch: Batch) throws -> [PredictedField] {
        [PredictedField("real", numbers: sigmoid(judgeReal(batch)).value.floatArray.map(Double.init))]
    }
}
