import LockstepCheckpoints
import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepTasks
import LockstepText

/// The command line that loads a checkpoint, as far as messages need it.
public struct LoadingCommand: Sendable {
    /// The name of the running program.
    public var program: String
    /// The command, such as `evaluate`.
    public var name: String

    /// A command.
    public init(program: String = "lockstep", name: String = "evaluate") {
        self.program = program
        self.name = name
    }
}

/// A run that this program cannot load, because another program with components of its own trained it.
public struct OtherProgramError: Error, CustomStringConvertible {
    /// What this program could not load.
    public let reason: any Error
    /// The name of the program that trained the run.
    public let program: String
    /// The command that loads the run there.
    public let advice: String

    public var description: String {
        "\(reason)\nthis run was trained by the program '\(program.printable)': use \(advice.printable)"
    }
}

extension LoadingCommand {
    /// Loads something of a checkpoint; an error that the components of another program explain says which one it is.
    /// - Parameter path: the checkpoint or run, as the user named it.
    func loading<Result>(
        _ path: String, _ checkpoint: Checkpoint, _ work: () throws -> Result
    ) throws -> Result {
        do {
            return try work()
        } catch {
            guard let other = checkpoint.manifest.versions[Versions.programKey], other != program,
                error.isOfComponents
            else { throw error }
            throw RunFailure(
                error: OtherProgramError(
                    reason: error, program: other, advice: "\(other) \(name) \(path)"),
                status: ExitStatus(ofRunning: error))
        }
    }
}

extension Error {
    /// Whether components that the program does not have can be the cause: a name that is unknown, or tensors that do not fit.
    fileprivate var isOfComponents: Bool {
        switch self as any Error {
        case let error as ConfigurationError:
            if case .override = error.location { false } else { true }
        case is ComponentError, is DatasetConstantsError, TrainingError.model, CheckpointError.mismatch: true
        default: false
        }
    }
}
