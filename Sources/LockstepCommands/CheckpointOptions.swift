import ArgumentParser
import LockstepCollectives
import LockstepInference
import LockstepTraining

/// The common options of commands that use a checkpoint: which checkpoint, and which data.
struct CheckpointOptions: ParsableArguments {
    @OptionGroup var checkpoint: CheckpointArguments

    @Option(
        help:
            "The set: test, validation or training. Default: test; of a text the part held back for validation."
    )
    var split: DatasetPart?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a value of the configuration, such as the data.", valueName: "key=value"))
    var overrides: [String] = []

    /// Loads the checkpoint and the data, and warns of damaged checkpoints that were skipped.
    /// - Parameters:
    ///   - command: the name of the command.
    ///   - more: further changes of the configuration.
    func load(
        _ communicator: Communicator, _ parts: ProgramParts, command: String, more: [String] = []
    ) throws -> TrainedModel {
        let model = try TrainedModel(
            communicator: communicator, path: checkpoint.path, choice: checkpoint.choice,
            configuration: checkpoint.config, overrides: overrides + more, model: parts.model,
            registry: parts.registry,
            command: LoadingCommand(program: ProgramParts.programName, name: command))
        if communicator.rank == 0 { CheckpointArguments.warn(of: model.refusals) }
        return model
    }

    /// Warns if --set replaces the inputs of a set, but not their targets.
    func warnOfKeptTargets(_ part: DatasetPart, _ parts: ProgramParts, _ communicator: Communicator) {
        guard communicator.rank == 0, part != .training,
            let key = parts.registry.keptTargets(isValidation: part == .validation, after: overrides)
        else { return }
        ErrorReport.write(
            "warning: --set names other \(part.rawValue) inputs, but the targets remain those of the run file (\(key)); "
                + "if they belong to other samples, set them, too")
    }

    /// Prints the warnings about a set's data, once. Collective.
    func warn(_ model: TrainedModel, _ part: DatasetPart, _ communicator: Communicator) throws {
        let warnings = try model.warnings(part)
        guard communicator.rank == 0 else { return }
        for warning in warnings { ErrorReport.write("warning: \(warning)") }
    }
}

extension DatasetPart: ExpressibleByArgument {}
