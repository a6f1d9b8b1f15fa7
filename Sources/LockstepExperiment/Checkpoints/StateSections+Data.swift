import LockstepCheckpoints
import LockstepDatasets

extension StateSections {
    /// The constants that the training split determines for all samples. A state has a section for each
    /// value; its other sections are not data constants.
    package var datasetConstants: DatasetConstants {
        var constants = DatasetConstants()
        for name in names { constants[json: name] = text(name) }
        return constants
    }

    /// Stores the constants in sections.
    /// - Throws: `CheckpointError.state` for a name that another section has.
    package mutating func set(_ constants: DatasetConstants) throws {
        for name in constants.names {
            guard let json = constants[json: name] else { continue }
            guard !has(name) else {
                throw CheckpointError.state(
                    section: name, reason: "the constants of the data set have the name of another section")
            }
            set(name, json: json)
        }
    }

    /// Converts errors of constants from a state.
    /// - Throws: `CheckpointError.state` for constants that cannot be used.
    package static func using<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatasetConstantsError {
            throw CheckpointError.state(section: error.name, reason: error.reason)
        }
    }
}
