/// The tree of a run file: what was written, and where.
package struct ConfigurationNode: Sendable, Equatable {
    /// One key of a map with its value.
    package struct Entry: Sendable, Equatable {
        package var key: String
        package var location: ConfigurationLocation
        package var value: ConfigurationNode
    }

    /// What a node holds.
    package indirect enum Content: Sendable, Equatable {
        /// Nothing: an empty value, `~` or `null`.
        case empty
        /// A number, word or text; `quoted` when it stands in quotes, and so can only be text.
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

    /// The node in words, for messages: `the text "x"`, `a list`.
    package var words: String {
        switch content {
        case .empty: "nothing"
        case .scalar(let text, quoted: true): "the text \"\(Self.shortened(text))\""
        case .scalar(let text, quoted: false): Self.shortened(text)
        case .sequence: "a list"
        case .mapping: "a map of keys"
        }
    }

    private static func shortened(_ text: String) -> String {
        (text.unicodeScalars.count <= 60 ? text : "\(String(text.unicodeScalars.prefix(57)))...").printable()
    }
}
