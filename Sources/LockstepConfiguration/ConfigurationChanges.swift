/// The differences between two effective configurations.
package enum ConfigurationChanges {
    /// A text for each value that differs, such as `batch: 64 instead of 32`, in the order of `new`, then of `old`.
    package static func between(_ old: ConfigurationNode, _ new: ConfigurationNode) -> [String] {
        let (before, now) = (values(of: old), values(of: new))
        // A hand-written file may spell a value in another way.
        let oldTexts = Dictionary(before) { $1 }
        let newTexts = Dictionary(now) { $1 }
        let changed = now.compactMap { path, text in
            oldTexts[path] == text
                ? nil : "\(path): \(text)\(oldTexts[path].map { " instead of \($0)" } ?? "")"
        }
        let gone = before.compactMap { path, text in
            newTexts[path] == nil && !now.contains { isInside(path, $0.path) || isInside($0.path, path) }
                ? "\(path): no longer \(text)" : nil
        }
        return changed + gone
    }

    /// The differing values, in the order of `old`, then of `new`; nil for a missing value.
    package static func differences(_ old: ConfigurationNode, _ new: ConfigurationNode) -> [(
        path: String, old: String?, new: String?
    )] {
        let (before, now) = (values(of: old), values(of: new))
        let oldTexts = Dictionary(before) { $1 }
        let newTexts = Dictionary(now) { $1 }
        let paths = before.map(\.path) + now.map(\.path).filter { oldTexts[$0] == nil }
        return paths.filter { oldTexts[$0] != newTexts[$0] }.map { ($0, oldTexts[$0], newTexts[$0]) }
    }

    /// Whether a value is below the key of another value, as when `none` becomes a map.
    private static func isInside(_ path: String, _ parent: String) -> Bool { path.hasPrefix(parent + ".") }

    /// The values that are not maps, with their paths.
    private static func values(of node: ConfigurationNode, at path: String = "") -> [(
        path: String, text: String
    )] {
        guard case .mapping(let entries) = node.content else { return [(path, text(of: node))] }
        return entries.flatMap { values(of: $0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }

    private static func text(of node: ConfigurationNode) -> String {
        switch node.content {
        case .empty: "nothing"
        case .scalar(let text, _): text
        case .sequence(let nodes): "[" + nodes.map(text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\($0.key): \(text(of: $0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
