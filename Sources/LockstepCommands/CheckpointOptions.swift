import ArgumentParser
import LockstepCollectives
import LockstepInference
import LockstepTraining

/// The common options of commands that use a checkpoint: which checkpoint, and which data.
struct CheckpointOptions: ParsableArguments {
    @Argument(
        help:
            "The directory of a run, whose newest checkpoint is taken (with early_stopping.restore_best the best one), or of a checkpoint.",
        completion: .directory)
    var path: String

    @Flag(help: "Take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help:
            "The set: test, validation or training. Default: test; of a text the part held back for validation."
    )
    var split: DatasetPart?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a value of the configuration, such as the data.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(
        help: ArgumentHelp(
            "The run file, for a checkpoint that is no longer in its run's directory.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// Loads the checkpoint and the data, and warns of damaged checkpoints that were skipped.
    /// - Parameters:
    ///   - command: the name of the command.
    ///   - more: further changes of the configuration.
    func load(
        _ communicator: Communicator, _ parts: ProgramParts, command: String, more: [String] = []
    ) throws -> TrainedModel {
        let model = try TrainedModel(
            communicator: communicator, path: path, choice: best ? .best : .configured, configuration: config,
            overrides: overrides + more,
            model: parts.model, registry: parts.registry,
            command: LoadingCommand(program: ProgramParts.programName, name: command))
        if communicator.rank == 0 {
            for refusal in model.refusals { ErrorReport.write("warning: \(refusal)") }
        }
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
