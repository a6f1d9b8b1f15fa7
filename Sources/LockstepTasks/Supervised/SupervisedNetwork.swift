import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepTensors

/// A model with one input and one target, shared by the supervised tasks.
struct SupervisedNetwork {
    let model: any Model
    /// The input field of the model.
    let input: Int
    /// The target field.
    let target: Int
    let targetField: BatchField
    /// The field of the samples' weights; nil if all weights are 1.
    let weight: Int?
    /// The number of outputs, K.
    let outputs: Int
    private let sampleShape: Shape

    /// - Parameter outputs: the number of the model's outputs for the target field.
    /// - Throws: `TrainingError.model` if the data do not have one input and one target.
    init(_ context: TaskContext, outputs: (BatchField) throws -> Int) throws {
        input = try context.onlyField(.input)
        target = try context.onlyField(.target)
        targetField = context.schema.fields[target]
        weight = context.schema.indices(.weight).first
        if let field = weight.map({ context.schema.fields[$0] }),
            field.shape.rank > 0 || field.type != .float32
        {
            throw TrainingError.model(
                "The field '\(field.name)' has the role of a weight, but is not one float32 number per sample."
            )
        }
        self.outputs = try outputs(targetField)
        sampleShape = context.schema.fields[input].shape
        model = try context.model(input: input, outputs: self.outputs)
    }

    /// The model's outputs in float32: [n, K], or [n, context, K] for tokens.
    /// - Throws: `TrainingError.model` if the model has another number of outputs.
    func callAsFunction(_ batch: Batch) throws -> Variable {
        let outputs = model.outputs(batch[input])
        // Ignore dimensions of extent 1.
        let expected =
            batch.count * self.outputs * (targetField.type == .int32 ? targetField.shape.elementCount : 1)
        guard outputs.shape.elementCount == expected else {
            throw TrainingError.model(
                "The model returns \(outputs.shape) for \(batch.count) samples of the shape \(sampleShape), but the data need "
                    + "\(self.outputs) outputs per sample.")
        }
        return outputs
    }

    func targets(_ batch: Batch) -> Tensor { batch.tensor(target) }

    /// The weights of the samples [n]; nil if all weights are 1.
    func weights(_ batch: Batch) -> Tensor? { weight.map { batch.tensor($0) } }

    /// Whether samples have weights.
    var hasWeights: Bool { weight != nil }

    /// Checks that a loss supports the samples' weights.
    func require(_ loss: SupervisedLoss) throws -> SupervisedLoss {
        guard hasWeights, !loss.takesWeights else { return loss }
        throw TrainingError.model(
            "The loss \(loss.text) does not support sample weights, but the data have them. Remove them, or use another loss."
        )
    }
}
