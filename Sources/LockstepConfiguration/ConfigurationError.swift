/// A run file, or an override of it, that cannot be used: what is wrong, where it was written, what would be legal.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of mistake.
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
        /// A value of another type than the key has.
        case wrongType
        /// A value of the right type that is not legal.
        case illegalValue
        /// A value that is legal alone but not together with another.
        case conflict
    }

    /// The kind of mistake.
    public let kind: Kind
    /// The run file as the user named it; nil for a configuration made in code.
    public let file: String?
    /// Where the value was written.
    public let location: ConfigurationLocation
    /// The path of the key, such as `optimizer.adam.learning_rate`; empty when the whole file is meant.
    public let path: String
    /// What is wrong, and what would be right.
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
