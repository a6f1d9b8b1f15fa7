import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepModels

/// The data, parameters and loss from which a task is built.
public struct TaskContext {
    /// The fields of the data.
    public let schema: BatchSchema
    /// The scope for parameters.
    public let scope: ParameterScope
    /// The loss in the run file; nil for the task's default.
    public var loss: (any LossComponent)? {
        use.isLossRead = true
        return givenLoss
    }
    private let givenLoss: (any LossComponent)?
    private let use = Use()
    /// Whether a task has read the loss; a loss that no task reads has no effect.
    package var isLossRead: Bool { use.isLossRead }

    private final class Use {
        var isLossRead = false
    }
    private let makeModel: (ParameterScope, ModelInput, Int) throws -> any Model

    /// Makes a context.
    /// - Parameter model: builds the run's model for an input and a number of outputs.
    public init(
        schema: BatchSchema, scope: ParameterScope, loss: (any LossComponent)? = nil,
        model: @escaping (ParameterScope, ModelInput, _ outputs: Int) throws -> any Model
    ) {
        self.schema = schema
        self.scope = scope
        givenLoss = loss
        makeModel = model
    }

    /// The index of the field with this name.
    /// - Throws: `TrainingError.model` if the data have no such field.
    public func field(_ name: String) throws(TrainingError) -> Int {
        guard let index = schema.index(of: name) else {
            throw .model("the task needs a field '\(name)', but the data have: \(schema.description)")
        }
        return index
    }

    /// The index of the only field with this role.
    /// - Throws: `TrainingError.model` if the data have no such field or several.
    public func onlyField(_ role: BatchField.Role) throws(TrainingError) -> Int {
        let found = schema.indices(role)
        guard found.count == 1 else {
            throw .model(
                "the task needs one field with the role \(role.rawValue), but the data have \(found.count): "
                    + schema.description)
        }
        return found[0]
    }

    /// Builds the model of the run file or the program, for an input field.
    /// - Throws: `ModelConfigurationError` if it does not fit the field.
    public func model(input field: Int, outputs: Int) throws -> any Model {
        try model(scope, input: ModelInput(schema.fields[field]), outputs: outputs)
    }

    /// Builds the model of the run file or the program in another scope: for tasks with several networks.
    /// - Parameters:
    ///   - scope: the scope of its parameters, such as `context.scope["left"]`.
    ///   - input: the kind and shape of one sample, which need not be a field of the data.
    /// - Throws: `ModelConfigurationError` if the model cannot read the input.
    public func model(_ scope: ParameterScope, input: ModelInput, outputs: Int) throws -> any Model {
        try makeModel(scope, input, outputs)
    }
}

extension ModelInput {
    /// The input of a model that reads a field: tokens if it has integers of a known range, otherwise
    /// numbers.
    public init(_ field: BatchField) {
        if field.type == .int32, let classes = field.classes, field.shape.rank == 1 {
            self = .tokens(vocabulary: classes, context: field.shape[0])
        } else {
            self = .numbers(field.shape)
        }
    }
}
