import LockstepConfiguration

/// An invalid value in the configuration of a data set.
public struct DataConfigurationError: Error, Sendable, Hashable {
    /// The path of the value as in a run file, below `data`: `fashion_mnist.validation`.
    public var path: String
    /// What is wrong, and which values are allowed.
    public var problem: String

    static func require(
        _ condition: Bool, _ path: String, _ problem: @autoclosure () -> String
    ) throws(DataConfigurationError) {
        if !condition { throw DataConfigurationError(path: path, problem: problem()) }
    }

    static func require<Value>(
        _ value: Value, in legal: LegalRange<Value>, _ path: String
    ) throws(DataConfigurationError) {
        if let problem = legal.problem(with: value) {
            throw DataConfigurationError(path: path, problem: problem)
        }
    }

    func under(_ parent: String) -> DataConfigurationError {
        DataConfigurationError(path: "\(parent).\(path)", problem: problem)
    }
}

extension DataConfigurationError: CustomStringConvertible {
    public var description: String { "data.\(path) \(problem)" }
}
