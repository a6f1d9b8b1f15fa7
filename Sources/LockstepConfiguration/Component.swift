/// A part of the configuration that is a map of keys in a run file.
public protocol Configurable: Sendable {
    /// The defaults, with placeholders for required keys.
    init()

    /// The keys.
    static var keys: KeyTable<Self> { get }

    /// Checks conditions beyond the ranges of single keys, which have already been checked.
    func check() throws(ComponentError)
}

extension Configurable {
    /// The defaults, with changes: `CosineSchedule { $0.final = 0.1 }`.
    public init(_ change: (inout Self) -> Void) {
        self.init()
        change(&self)
    }

    public func check() throws(ComponentError) {}

    /// Checks the range of every key, then `check()`, for a value that is made in code.
    ///
    /// - Throws: `ConfigurationError` for the first invalid key.
    public func validate() throws {
        _ = try Self.keys.effective(self)
        do {
            try check()
        } catch {
            throw ConfigurationLocations().error(.illegalValue, error.path, error.problem)
        }
    }
}

/// One alternative of a key such as `optimizer`: a configuration type with a name and keys.
///
/// A component of another package works like the built-in ones once it has been added to a registry.
public protocol Component: Configurable {
    /// Its name in a run file.
    static var name: String { get }
}

extension Component {
    /// Its name in a run file.
    public var name: String { Self.name }

    /// Whether another component has the same type and the same values.
    public func isSame(as other: any Component) -> Bool {
        guard let other = other as? Self, let mine = try? Self.keys.effective(self) else { return false }
        return mine == (try? Self.keys.effective(other))
    }
}

/// An error for a value of a component that does not fit another value or the data.
public struct ComponentError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The path of the key below the component's own map, such as `stages[1].kernel`; empty for the whole component.
    public let path: String
    /// What is wrong, and which values are allowed.
    public let problem: String

    /// Makes an error.
    public init(path: String = "", problem: String) {
        self.path = path
        self.problem = problem
    }

    /// The path and the problem.
    public var description: String { "\(path): \(problem)" }

    /// The same error with its path relative to the map that holds the key `name`.
    public func inside(_ name: String) -> ComponentError {
        .init(path: path.isEmpty ? name : "\(name).\(path)", problem: problem)
    }
}
