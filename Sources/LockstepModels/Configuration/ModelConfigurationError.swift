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
    /// No layer of a network that fits into memory is wider; more is a typing mistake.
    static let widest = 1 << 20

    /// A number of channels, units or layers.
    static func size(
        _ path: String, _ value: Int, upTo highest: Int = widest
    ) throws(ModelConfigurationError) {
        guard 1...highest ~= value else {
            throw .init(path: path, problem: "must be a whole number from 1 to \(highest); got \(value)")
        }
    }

    /// A probability of dropping an element.
    static func dropout(_ value: Double) throws(ModelConfigurationError) {
        guard value >= 0, value < 1 else {
            throw .init(path: "dropout", problem: "must be a number of at least 0 and below 1; got \(value)")
        }
    }

    /// The side of a square convolution kernel that keeps the size of an image.
    static func kernel(_ path: String, _ value: Int) throws(ModelConfigurationError) {
        guard 1...31 ~= value, value % 2 == 1 else {
            throw .init(
                path: path,
                problem: "must be an odd number from 1 to 31, so that images keep their size; got \(value)")
        }
    }
}
