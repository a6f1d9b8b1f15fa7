/// An error in a run file or in an override: what is wrong, where it was written, and what is allowed.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of error.
    public enum Kind: Sendable, Equatable {
        /// The file cannot be opened or read, or is not text.
        case unreadable
        /// The text is not YAML.
        case syntax
        /// An unknown key.
        case unknownKey
        /// A key that is given twice in one map.
        case duplicateKey
        /// A key that has no default and is absent.
        case missingKey
        /// A value of the wrong type.
        case wrongType
        /// A value of the right type that is not allowed.
        case illegalValue
        /// A value that conflicts with another value.
        case conflict
    }

    /// The kind of error.
    public let kind: Kind
    /// The run file as the user named it; nil for a configuration made in code.
    public let file: String?
    /// Where the value was written.
    public let location: ConfigurationLocation
    /// The path of the key, such as `optimizer.adam.learning_rate`; empty for the whole file.
    public let path: String
    /// What is wrong, and what is allowed.
    public let problem: String

    /// Makes an error.
    public init(
        kind: Kind, file: String?, location: ConfigurationLocation, path: String, problem: String
    ) {
        self.kind = kind
        self.file = file
        self.location = location
        self.path = path
        self.problem = problem
    }

    /// One line: `FILE:LINE: key.path: problem`.
    public var description: String {
        var parts: [String] = []
        switch location {
        case .line(let line): parts.append(file.map { "\($0):\(line)" } ?? "line \(line)")
        case .override(let text): parts.append("--set \(text.printable())")
        case .unwritten: if let file { parts.append(file) }
        }
        if !path.isEmpty { parts.append(path.printable()) }
        parts.append(problem.printable(upTo: 4000))
        return parts.joined(separator: ": ")
    }
}
