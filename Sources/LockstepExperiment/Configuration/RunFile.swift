import LockstepCheckpoints
import LockstepConfiguration
import LockstepDatasets
import LockstepText

/// A run file with its overrides: the configuration, and the position of each value.
public struct RunFile: Sendable {
    /// The configuration.
    public let configuration: TrainingConfiguration
    /// The position of each value, for the messages of later checks.
    public let locations: ConfigurationLocations
    /// The registry that it was read with.
    public let registry: Registry

    /// Reads a run file.
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - overrides: texts of the form `key.path=value` that replace or add values, in order.
    ///   - registry: the components that the file can name.
    ///   - isForeign: whether another user may have written it, such as the configuration of a run: then only
    ///     `overrides` can name a program to execute.
    /// - Throws: `ConfigurationError` for a file that cannot be read, keys that are unknown or missing, and
    ///   values of the wrong type, out of range, or in conflict with each other.
    public init(
        path: String, overrides: [String] = [], registry: Registry = .standard, isForeign: Bool = false
    ) throws {
        try HomePath.require(path, option: "The run file")
        try self.init(
            root: ConfigurationNode.file(path), file: path, overrides: overrides, registry: registry,
            isForeign: isForeign)
    }

    /// Reads the text of a run file.
    public init(
        yaml: String, file: String? = nil, overrides: [String] = [], registry: Registry = .standard
    ) throws {
        try self.init(
            root: ConfigurationNode.yaml(yaml, file: file), file: file, overrides: overrides,
            registry: registry, isForeign: false)
    }

    private init(
        root: ConfigurationNode, file: String?, overrides: [String], registry: Registry, isForeign: Bool
    ) throws {
        var root = root
        for override in overrides { try ConfigurationOverride(override).apply(to: &root) }
        let section = try ConfigurationSection(root: root, file: file, isForeign: isForeign)
        configuration = try TrainingConfiguration.read(section, nil, registry)
        try section.finish()
        locations = section.source.locations
        self.registry = registry
        try configuration.validate(at: locations)
        if let path = configuration.initialize?.from, let problem = HomePath.problem(path) {
            throw locations.error(.illegalValue, "initialize.from", "\(path.printable): \(problem)")
        }
        for path in (try? configuration.data.files) ?? [] {
            if let problem = HomePath.problem(path) {
                throw locations.error(.illegalValue, "data", "\(path.printable): \(problem)")
            }
        }
    }
}

extension RunFile: Equatable {
    /// Whether both have the same values at the same positions.
    public static func == (one: Self, other: Self) -> Bool {
        one.configuration == other.configuration && one.locations == other.locations
    }
}
