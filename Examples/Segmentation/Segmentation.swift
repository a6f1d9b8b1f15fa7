import Lockstep

/// Classification of every pixel, with softmax cross-entropy averaged over all pixels.
final class Segmentation: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "segmentation"
        static let metrics = ["loss", "mean_iou", "pixel_accuracy"]
        static var keys: KeyTable<Self> { KeyTable() }
        func make(_ context: TaskContext) throws -> any LearningTask { try Segmentation(context) }
    }

    typealias Sums = LossAnd<IntersectionOverUnion>

    let classes: Int
    let (image, target): (Int, Int)
    private let model: any Model

    init(_ context: TaskContext) throws {
        (image, target) = (try context.onlyField(.input), try context.onlyField(.target))
        let field = context.schema.fields[target]
        guard let classes = field.classes, field.type == .int32, field.shape.rank == 2 else {
            throw TrainingError.model("segmentation needs pixel classes, not \(context.schema.description)")
        }
        self.classes = classes
        model = try context.model(input: image, outputs: classes)
    }

    /// The logits of each pixel's classes: [n, H, W, classes].
    func logits(_ images: Variable) -> Variable { cast(model(images), to: .float32) }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        crossEntropy(logits(batch[image]), labels: batch.tensor(target))
    }

    func makeSums(_ request: MetricRequest) -> Sums { Sums(IntersectionOverUnion(classes: classes)) }

    func evaluate(_ batch: Batch, into sums: inout Sums) throws {
        let logits = logits(batch[image])
        sums.loss.add(crossEntropy(logits, labels: batch.tensor(target)))
        sums.metrics.add(labels(logits), batch.tensor(target).int32s)
    }

    /// The class with the largest logit for each pixel, in order of the pixels.
    func labels(_ logits: Variable) -> [Int32] {
        (0..<logits.shape.elementCount / classes).map {
            Int32(ClassificationSums.best(of: logits.value.floats + $0 * classes, classes))
        }
    }

    /// The share of each class among the pixels of an image.
    func predict(_ batch: Batch) throws -> [PredictedField] {
        let found = labels(logits(batch[image]))
        let pixels = found.count / batch.count
        return (0..<classes).map { label in
            let shares = stride(from: 0, to: found.count, by: pixels).map { first in
                Double(found[first..<first + pixels].count { $0 == label }) / Double(pixels)
            }
            return PredictedField("\(label)", numbers: shares)
        }
    }
}
