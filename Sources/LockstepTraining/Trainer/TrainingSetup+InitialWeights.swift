import LockstepCollectives
import LockstepConfiguration
import LockstepDataParallel
import LockstepExperiment

extension TrainingSetup {
    /// Opens the weights that a new run starts from, on rank 0, and checks that they fit. Collective.
    /// - Returns: nil on all other ranks, and where the run starts from random weights.
    /// - Throws: `AgreedFailure` when they do not fit.
    func initialWeights(_ runFile: RunFile, _ communicator: Communicator) throws -> InitialWeights? {
        guard let initialize = configuration.initialize else { return nil }
        return try communicator.together {
            guard communicator.rank == 0 else { return nil }
            return try InitialWeights(initialize, for: dataParallel.modelState, at: runFile.locations)
        }
    }
}

extension DataParallel {
    /// Reads weights on rank 0 and gives every host a copy: so bits do not depend on the number of ranks, and the file need not be
    /// on every host. Collective; after `initialize(seed:)`.
    /// - Parameter weights: nil on all ranks but the first.
    /// - Throws: `AgreedFailure` when they cannot be read.
    func read(
        _ weights: InitialWeights?, at locations: ConfigurationLocations, _ communicator: Communicator
    ) throws {
        try communicator.together { try weights?.read(at: locations) }
        try shareInitialParameters()
    }
}
