/// Where a value of a run file was written.
public enum ConfigurationLocation: Sendable, Equatable {
    /// In the file, on this line (the first is 1).
    case line(Int)
    /// On the command line, as `--set` with this text.
    case override(String)
    /// Nowhere: the value is a default, or the configuration was made in code.
    case unwritten
}

/// Where each key of a run file was written, so that checks after reading can name the line.
public struct ConfigurationLocations: Sendable, Equatable {
    /// The run file as the user named it; nil for a configuration made in code.
    public let file: String?
    /// The location of every written key, by its path, such as `optimizer.adam.learning_rate`.
    private var locations: [String: ConfigurationLocation] = [:]

    /// The locations of a configuration without any written value.
    public init(file: String? = nil) {
        self.file = file
    }

    /// The location of a key, or of the longest prefix of its path that was written.
    public subscript(path: String) -> ConfigurationLocation {
        var path = Substring(path)
        while true {
            if let location = locations[String(path)] { return location }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return .unwritten }
            path = path[..<end]
        }
    }

    package mutating func record(_ path: String, _ location: ConfigurationLocation) {
        if location != .unwritten { locations[path] = location }
    }

    /// An error about the value of a key, with its location.
    public func error(
        _ kind: ConfigurationError.Kind, _ path: String, _ problem: String
    ) -> ConfigurationError {
        ConfigurationError(kind: kind, file: file, location: self[path], path: path, problem: problem)
    }
}
