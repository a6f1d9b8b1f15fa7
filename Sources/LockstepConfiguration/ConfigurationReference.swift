import LockstepText

/// All keys that a run file can have, with their allowed values, defaults and meanings.
///
/// The code that reads run files fills it: each getter of a `ConfigurationSection` adds its key here, and all alternatives of a
/// choice are read instead of one, so the list has exactly the keys that can be read.
public struct ConfigurationReference: Sendable, Equatable {
    /// One key.
    public struct Key: Sendable, Equatable {
        /// The path, such as `optimizer.adam.learning_rate`; `[]` stands for any position in a list.
        public let path: String
        /// Its allowed values, as text.
        public let values: String
        /// Its default, as in `config.yaml`; nil for a required key.
        public fileprivate(set) var defaultValue: String?
        /// Its meaning.
        public let meaning: String
    }

    /// The keys, in the order of `config.yaml`.
    public private(set) var keys: [Key] = []
    /// The positions of the keys whose default is not known yet.
    private var undecided: [String: Int] = [:]
    private var known: Set<String> = []

    package init() {}

    /// The keys that `read` reads from a section.
    package init(_ read: (ConfigurationSection) throws -> Void) throws {
        let source = ConfigurationSection.Source(file: nil, reference: Self())
        try read(ConfigurationSection(path: "", node: nil, source: source))
        self = source.reference ?? Self()
    }

    /// The key with a name and the keys below it: `optimizer`, `optimizer.adam`. A name that is not the beginning of a path is searched
    /// within paths: `learning_rate`.
    ///
    /// - Throws: `ConfigurationError` for an unknown name.
    public func keys(under name: String) throws -> [Key] {
        func parts(_ path: String) -> [Substring] {
            path.split(separator: ".").map { $0.prefix { $0 != "[" } }
        }
        let wanted = parts(name)
        let below = keys.filter { parts($0.path).starts(with: wanted) }
        if !below.isEmpty { return below }
        let within = keys.filter { parts($0.path).contains(wanted) }
        if !within.isEmpty { return within }
        let names = keys.flatMap { key -> [String] in
            let words = parts(key.path)
            return words.map(String.init) + words.indices.map { words[...$0].joined(separator: ".") }
        }
        let hint = NearestKey.find(name, in: names).map { "; did you mean '\($0)'?" } ?? ";"
        throw ConfigurationError(
            kind: .unknownKey, file: nil, location: .unwritten, path: name,
            problem: "no key of a run file has this name\(hint) the command `keys` lists all")
    }

    /// Keys as a table: path, default, meaning and allowed values.
    public static func table(_ keys: [Key]) -> String {
        TextTable.aligned([heading] + keys.map(cells))
    }

    static let heading = ["key", "default", "meaning"]

    static func cells(_ key: Key) -> [String] {
        [key.path, shortened(key.defaultValue ?? "required"), "\(key.meaning) (\(key.values))"]
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 24 ? text : "\(text.prefix(21))..."
    }

    /// Adds a key. The first call for a key counts: a getter may call another one that has less information.
    package mutating func note(_ path: String, _ values: String, _ meaning: String, isRequired: Bool) {
        guard known.insert(path).inserted else { return }
        if !isRequired { undecided[path] = keys.count }
        keys.append(Key(path: path, values: values, meaning: meaning))
    }

    /// Adds the default of a key.
    package mutating func record(_ path: String, _ value: EffectiveConfiguration) {
        guard let place = undecided.removeValue(forKey: path) else { return }
        keys[place].defaultValue = value.inline
    }
}

extension ConfigurationReference {
    /// The keys as a Markdown page: one table per top-level key with keys below it, and one for all others.
    public var markdown: String {
        var text = """
            # Keys of a run file

            Printed by `lockstep keys --markdown`. A key without a default is *required*: it must be written if the map that contains it
            is. `[]` stands for a position in a list.

            """
        var heading: String?
        for (key, group) in Self.topics(keys) {
            if heading != group {
                heading = group
                text += "\n" + (group.isEmpty ? "" : "## \(group)\n\n")
                text += "| key | default | meaning | values |\n| --- | --- | --- | --- |\n"
            }
            let standard = key.defaultValue.map { "`\($0)`" } ?? "*required*"
            text += "| `\(key.path)` | \(standard) | \(Self.cell(key.meaning)) | \(Self.cell(key.values)) |\n"
        }
        return text
    }

    /// Keys with their topics: the top-level key that they are below; empty for keys without keys below them.
    static func topics(_ keys: [Key]) -> [(key: Key, topic: String)] {
        func top(_ key: Key) -> Substring { key.path.prefix { $0 != "." && $0 != "[" } }
        let groups = Set(keys.filter { top($0).count < $0.path.count }.map(top))
        return keys.map { ($0, groups.contains(top($0)) ? String(top($0)) : "") }
    }

    /// A text for a table cell, with `|`, `<` and `*` escaped.
    private static func cell(_ text: String) -> String {
        var cell = ""
        for character in text {
            if "|<*\\".contains(character) { cell.append("\\") }
            cell.append(character)
        }
        return cell
    }
}
