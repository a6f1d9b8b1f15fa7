import LockstepCollectives
import LockstepConfiguration
import LockstepDataParallel
import LockstepExperiment

extension TrainingSetup {
    /// Opens the initial weights of a new run on rank 0, and checks that they fit the model. Collective.
    /// - Returns: nil on all other ranks, and if the run starts from random weights.
    /// - Throws: `AgreedFailure` if they do not fit.
    func initialWeights(_ runFile: RunFile, _ communicator: Communicator) throws -> InitialWeights? {
        guard let initialize = configuration.initialize else { return nil }
        return try communicator.together {
            guard communicator.rank == 0 else { return nil }
            return try InitialWeights(initialize, for: dataParallel.modelState, at: runFile.locations)
        }
    }
}

extension DataParallel {
    /// Reads weights on rank 0 and copies them to every host, so that bits do not depend on the number of ranks, and the file need not be
    /// on every host. Collective; after `initialize(seed:)`.
    /// - Parameter weights: nil on all ranks except rank 0.
    /// - Throws: `AgreedFailure` if they cannot be read.
    func read(
        _ weights: InitialWeights?, at locations: ConfigurationLocations, _ communicator: Communicator
    ) throws {
        try communicator.together { try weights?.read(at: locations) }
        try shareInitialParameters()
    }
}
