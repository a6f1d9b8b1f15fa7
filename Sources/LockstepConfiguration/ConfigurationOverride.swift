/// One `--set key.path=value` of the command line.
package struct ConfigurationOverride: Sendable, Equatable {
    /// The path of the key, split at its dots; a number selects an element of a list.
    private let path: [String]
    /// The maximum number of parts of a path, since paths are followed by recursion.
    private static let deepest = 32
    private let value: ConfigurationNode
    private let location: ConfigurationLocation

    /// Reads `key.path=value`, where the value is YAML: `batch=128`, `model.mlp.hidden=[64, 64]`.
    ///
    /// - Throws: `ConfigurationError` if there is no `=`, no key before it, or no valid YAML after it.
    package init(_ text: String) throws {
        let location = ConfigurationLocation.override(text)
        func mistake(_ kind: ConfigurationError.Kind, _ problem: String) -> ConfigurationError {
            .init(kind: kind, file: nil, location: location, path: "", problem: problem)
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw mistake(
                .syntax, "has no '='; write key.path=value, such as optimizer.adam.learning_rate=0.01")
        }
        let key = text[..<equals].trimmingPrefix(while: \.isWhitespace)
        path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw mistake(.syntax, "has an empty key; write key.path=value")
        }
        guard path.count <= Self.deepest else {
            throw mistake(.syntax, "has a key of \(path.count) parts, but a key has at most \(Self.deepest)")
        }
        self.location = location
        let value = String(text[text.index(after: equals)...])
        self.value =
            try ConfigurationNode.parse(value, file: nil, location: location)
            ?? ConfigurationNode(.empty, location)
    }

    /// Writes the value into a tree, and creates missing maps on the way.
    ///
    /// - Throws: `ConfigurationError` if the path selects a list element that does not exist.
    package func apply(to root: inout ConfigurationNode) throws {
        try write(path[...], "", into: &root)
    }

    private func write(_ path: ArraySlice<String>, _ above: String, into node: inout ConfigurationNode) throws
    {
        guard let key = path.first else {
            node = value
            return
        }
        switch node.content {
        case .sequence(var elements):
            guard let index = Int(key), elements.indices.contains(index) else {
                throw ConfigurationError(
                    kind: .unknownKey, file: nil, location: location, path: above,
                    problem:
                        "is a list of \(elements.count); '\(key)' is not a position in it (the first is 0)")
            }
            try write(path.dropFirst(), "\(above)[\(index)]", into: &elements[index])
            node.content = .sequence(elements)
        case .mapping(var entries):
            let position: Int
            if let known = entries.firstIndex(where: { $0.key == key }) {
                position = known
            } else {
                position = entries.count
                entries.append(.init(key: key, location: location, value: .init(.empty, location)))
            }
            try write(
                path.dropFirst(), above.isEmpty ? key : "\(above).\(key)", into: &entries[position].value)
            node.content = .mapping(entries)
        case .scalar(let word, quoted: false) where word == key:
            // `optimizer: adam` is short for `optimizer: {adam: {}}`, so a path can continue below it.
            let place = node.location
            node.content = .mapping([.init(key: key, location: place, value: .init(.empty, place))])
            try write(path, above, into: &node)
        case .scalar, .empty:
            node = .init(.mapping([]), location)
            try write(path, above, into: &node)
        }
    }
}
