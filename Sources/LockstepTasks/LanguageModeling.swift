import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepLayers
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// Next-token prediction on text, with softmax cross-entropy.
///
/// The data have tokens [n, context], the next tokens [n, context], and a field `left_out`: the number of
/// predictions at the beginning of each window that an evaluation does not count.
public final class LanguageModeling: LearningTask {
    /// The task in a run file; it has no keys.
    public struct Configuration: TaskComponent {
        public static var name: String { "language" }
        public static var metrics: [String] { ["loss", "perplexity", "bits_per_byte"] }

        public static var keys: KeyTable<Self> { KeyTable() }

        /// Makes a configuration.
        public init() {}

        public func make(_ context: TaskContext) throws -> any LearningTask { try LanguageModeling(context) }
    }

    public var tokensPerSample: Double { Double(network.targetField.shape.elementCount) }
    /// The network: tokens [n, up to context] to logits [n, up to context, vocabulary].
    package var model: any Model { network.model }
    /// The number of tokens in a window.
    package var context: Int { network.targetField.shape[0] }
    /// The number of different tokens.
    package var vocabulary: Int { network.outputs }

    public var lossDescription: String { loss.text }

    let network: SupervisedNetwork
    private let loss: SupervisedLoss
    private let isPlain: Bool
    private let leftOut: Int?
    /// The number of bytes of each token; empty if it is unknown.
    private let byteCounts: [Int32]
    /// Whether the texts of tokens are known.
    package var hasTexts: Bool { !byteCounts.isEmpty }

    init(_ context: TaskContext) throws {
        network = try SupervisedNetwork(context) { target in
            guard target.type == .int32, target.shape.rank == 1, let vocabulary = target.classes else {
                throw TrainingError.model(
                    "task: language needs a text, but the target is \(target.shape) \(target.type.rawValue). Use another task."
                )
            }
            return vocabulary
        }
        guard let configuration = (context.loss ?? CrossEntropyConfiguration()) as? CrossEntropyConfiguration
        else {
            throw TrainingError.model(
                "loss: \(context.loss.map { type(of: $0).name } ?? "") does not fit a text. Use cross_entropy."
            )
        }
        guard configuration.classWeights == .none else {
            throw TrainingError.model(
                "loss.cross_entropy.class_weights is for classes, but the data are a text. Remove it.")
        }
        isPlain = configuration.isPlain
        loss = try configuration.make(network.targetField)
        leftOut = context.schema.index(of: "left_out")
        byteCounts = network.targetField.byteCounts
    }

    public func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        loss(try network(batch), targets: network.targets(batch))
    }

    public func makeSums(_ request: MetricRequest) -> LossAnd<LanguageSums> {
        LossAnd(LanguageSums(countsBytes: hasTexts))
    }

    public func evaluate(_ batch: Batch, into sums: inout LossAnd<LanguageSums>) throws {
        let outputs = try network(batch)
        let targets = network.targets(batch)
        let (vocabulary, count) = (network.outputs, targets.elementCount)
        let logits = outputs.value.reshaped(to: Shape(count, vocabulary))
        let leftOut = (0..<batch.count).map { row -> Int32 in
            guard let field = self.leftOut else { return 0 }
            return batch.tensor(field).int32s[row]
        }
        for range in Self.countedTokens(context: targets.shape[1], leftOut: leftOut) {
            let rows = batch.tape.constant(logits.rows(range))
            let labels = targets.reshaped(to: Shape(count)).rows(range)
            let value = loss(rows, targets: labels)
            let nats = isPlain ? value.sumValue : crossEntropy(rows, labels: labels).sumValue
            sums.loss.add(value)
            let bytes = hasTexts ? range.reduce(0) { $0 + Int(byteCounts[Int(targets.int32s[$1])]) } : nil
            sums.metrics.merge(LanguageSums(nats: nats, tokens: range.count, bytes: bytes))
        }
    }

    /// The ranges of tokens to count, numbered row by row; adjacent ranges are merged.
    /// - Parameter leftOut: the number of tokens at the beginning of each row that are not counted.
    package static func countedTokens(context: Int, leftOut: some Sequence<Int32>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (row, leftOut) in leftOut.enumerated() {
            let begin = row * context + Int(leftOut)
            let end = (row + 1) * context
            if let last = ranges.last, last.upperBound == begin {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(begin..<end)
            }
        }
        return ranges
    }

    public var predictionRefusal: String? {
        "a language model has no predictions of samples; generate text with lockstep generate, or evaluate it with lockstep evaluate"
    }
}
