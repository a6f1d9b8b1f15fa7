import LockstepCheckpoints
import LockstepDatasets

extension StateSections {
    /// What the training split decided about all samples. A state has a section for each value; its other sections are no
    /// values that a data set asks for.
    package var datasetConstants: DatasetConstants {
        var constants = DatasetConstants()
        for name in names { constants[json: name] = text(name) }
        return constants
    }

    /// Puts what the training split decided into sections.
    package mutating func set(_ constants: DatasetConstants) {
        for name in constants.names { constants[json: name].map { set(name, json: $0) } }
    }

    /// Uses constants of a state.
    /// - Throws: `CheckpointError.state` for constants that cannot be used.
    package static func using<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatasetConstantsError {
            throw CheckpointError.state(section: error.name, reason: error.reason)
        }
    }
}
