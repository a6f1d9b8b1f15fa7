import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepModels
import LockstepTasks
import LockstepTensors

/// Builds the task of a configuration with its networks: for training, for trained models, and for
/// measurements.
package struct TaskBuilder {
    private let configuration: TrainingConfiguration
    private let model: ModelBuilder?
    private let requiresLossUse: Bool
    private let beforeModel: (ModelInput, _ outputs: Int) throws -> Void

    /// - Parameters:
    ///   - model: the model of a program; nil for that of the configuration.
    ///   - requiresLossUse: whether a loss in the run file that the task does not read is an error.
    ///   - beforeModel: called before a model of the configuration is built.
    package init(
        _ configuration: TrainingConfiguration, model: ModelBuilder?, requiresLossUse: Bool = false,
        beforeModel: @escaping (ModelInput, Int) throws -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.model = model
        self.requiresLossUse = requiresLossUse
        self.beforeModel = beforeModel
    }

    /// Checks that a network of one shape gets no samples of different lengths.
    private func requireOneShape(_ schema: BatchSchema, _ input: ModelInput) throws(TrainingError) {
        let varying = schema.fields.first { $0.role == .input && $0.isVarying && ModelInput($0) == input }
        guard let varying, configuration.model.needsOneShape else { return }
        throw .model(
            "model: \(configuration.model.name) needs samples of one shape, and the sequences in '\(varying.name)' have different "
                + "lengths, up to \(varying.shape[0]). Use a network that reads their lengths, as in Examples/SpeechDigits."
        )
    }

    /// Builds the task and registers its parameters in a store.
    /// - Throws: `TrainingError.model`, `ModelConfigurationError`; errors of a program's model.
    package func make(_ schema: BatchSchema, _ store: ParameterStore) throws -> any LearningTask {
        let loss = configuration.loss
        let component = try configuration.task ?? DefaultTask.make(schema, loss: loss)
        let context = TaskContext(schema: schema, scope: store.root, loss: loss) { scope, input, outputs in
            if let model { return try model(scope, input.sampleShape, outputs) }
            try configuration.model.validate(input: input)
            try requireOneShape(schema, input)
            try beforeModel(input, outputs)
            return configuration.model.make(scope, input: input, outputs: outputs)
        }
        let task = try component.make(context)
        if requiresLossUse, let loss, !context.isLossRead {
            let tasks = Registry.standard.tasks.map { $0.name }.joined(separator: ", ")
            throw TrainingError.model(
                "loss: \(type(of: loss).name) has no effect: the task \(type(of: component).name) does not read "
                    + "this key, it computes its loss "
                    + "itself. Remove loss from the run file. Tasks that read it are \(tasks), and those of a program that use "
                    + "TaskContext.loss.")
        }
        return task
    }
}
