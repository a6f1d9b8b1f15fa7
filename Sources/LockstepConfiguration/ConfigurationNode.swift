/// A node of the tree of a run file: its value and location.
package struct ConfigurationNode: Sendable, Equatable {
    /// One key of a map with its value.
    package struct Entry: Sendable, Equatable {
        package var key: String
        package var location: ConfigurationLocation
        package var value: ConfigurationNode
    }

    /// The content of a node.
    package indirect enum Content: Sendable, Equatable {
        /// Nothing: an empty value, `~` or `null`.
        case empty
        /// A number, word or text; `quoted` if it is in quotes and can therefore only be a text.
        case scalar(String, quoted: Bool)
        case sequence([ConfigurationNode])
        case mapping([Entry])
    }

    package var content: Content
    package var location: ConfigurationLocation

    package init(_ content: Content, _ location: ConfigurationLocation) {
        self.content = content
        self.location = location
    }

    /// A description for messages: `the text "x"`, `a list`.
    package var words: String {
        switch content {
        case .empty: "nothing"
        case .scalar(let text, quoted: true): "the text \"\(Self.shortened(text))\""
        case .scalar(let text, quoted: false): Self.shortened(text)
        case .sequence: "a list"
        case .mapping: "a map of keys"
        }
    }

    /// Whether the node is a text, or a list of texts, as `config.yaml` writes this value.
    func isText(_ value: EffectiveConfiguration) -> Bool {
        switch (content, value) {
        case (.scalar(let written, quoted: true), .text(let text)): written == text
        case (.scalar(let written, quoted: false), .text): written == value.inline
        case (.sequence(let written), .list(let values)):
            written.count == values.count && zip(written, values).allSatisfy { $0.isText($1) }
        default: false
        }
    }

    private static func shortened(_ text: String) -> String {
        (text.unicodeScalars.count <= 60 ? text : "\(String(text.unicodeScalars.prefix(57)))...").printable()
    }
}

extension ConfigurationNode {
    /// Every scalar and every list as text, by the path of its key, such as `optimizer.adam.beta1`.
    package var values: [(name: String, value: String)] { values(at: "") }

    private func values(at path: String) -> [(name: String, value: String)] {
        switch content {
        case .mapping(let entries):
            return entries.flatMap { $0.value.values(at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        default: return [(path, text)]
        }
    }

    /// The node on one line, including nested lists and maps.
    private var text: String {
        switch content {
        case .empty: ""
        case .scalar(let text, quoted: _): text
        case .sequence(let nodes): "[" + nodes.map(\.text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }
}
