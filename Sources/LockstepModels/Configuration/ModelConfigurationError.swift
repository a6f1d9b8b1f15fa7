import LockstepConfiguration

/// A value of a model's configuration that is not legal.
public struct ModelConfigurationError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The path of the value in the run file below `model`, such as `resnet.depth` or `cnn.stages[1].kernel`.
    public let path: String
    /// What is wrong, and what would be legal.
    public let problem: String

    /// Makes an error.
    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    /// The path and the problem.
    public var description: String { "\(path): \(problem)" }

    /// The same error, seen from the map that holds `name`.
    func inside(_ name: String) -> ModelConfigurationError {
        .init(path: path.isEmpty ? name : "\(name).\(path)", problem: problem)
    }
}

/// The checks that several architectures share.
enum ModelConfigurationCheck {
    /// A number that has to be in a range.
    static func require<Value>(
        _ path: String, _ value: Value, in legal: LegalRange<Value>
    ) throws(ModelConfigurationError) {
        if let problem = legal.problem(with: value) { throw .init(path: path, problem: problem) }
    }

    /// A number of channels of a convolution.
    static func channels(_ path: String, _ value: Int) throws(ModelConfigurationError) {
        try require(path, value, in: .channels)
    }

    /// A number of units or heads.
    static func width(_ path: String, _ value: Int) throws(ModelConfigurationError) {
        try require(path, value, in: .width)
    }

    /// A probability of dropping an element.
    static func dropout(_ value: Double) throws(ModelConfigurationError) {
        try require("dropout", value, in: .dropout)
    }

    /// The side of a square convolution kernel that keeps the size of an image.
    static func kernel(_ path: String, _ value: Int) throws(ModelConfigurationError) {
        try require(path, value, in: .kernelSide)
        guard value % 2 == 1 else {
            throw .init(
                path: path,
                problem:
                    "must be an odd number\(LegalRange<Int>.kernelSide.words), so that images keep their size; got \(value)"
            )
        }
    }
}
